"""What the engines of Whisper have in common: the prompt, and the room for new tokens."""

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest

CONTEXT_TOKENS, PROMPT_TOKENS = 448, 223
"""Whisper's whole context, and what of it a prompt may take (openai/whisper, decoding.py)."""
_NEW_TOKENS = 440
"""Engines stop at 224 unless told otherwise, too few for 15 s of brisk Hindi."""


def prompt_text(request: AsrRequest) -> str | None:
    """What the model is told before it listens: hotwords, then the prompt."""
    parts = [part.strip() for part in (request.hotwords, request.initial_prompt) if part]
    return " " + " ".join(parts) if any(parts) else None


def new_tokens(prompt: int, start: int) -> int:
    """How many tokens may be decoded after ``prompt`` tokens of prompt and ``start`` of start.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if the prompt is longer than Whisper takes.
    """
    if prompt > PROMPT_TOKENS:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The prompt and hotwords are {prompt} tokens long; Whisper takes {PROMPT_TOKENS}."
            " Shorten them.",
        )
    marker = 1 if prompt else 0  # <|startofprev|>
    return min(_NEW_TOKENS, CONTEXT_TOKENS - prompt - marker - start)
