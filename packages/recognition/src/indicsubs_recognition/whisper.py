"""The prompt and the limit of output tokens, which are the same for all engines of Whisper."""

from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest

_CONTEXT_TOKENS, _PROMPT_TOKENS = 448, 223
"""The length of Whisper's context in tokens, and the most tokens of it that a prompt may take
(openai/whisper, decoding.py)."""
_OUTPUT_TOKENS = 440
"""The most output tokens for a chunk. The engines' default is 224, which is too few for 15 s of
fast Hindi."""

FRAMES_A_SECOND = 50
"""The frames of Whisper's encoder."""


def frame_count(chunk: bytes) -> int:
    """Returns the number of frames of Whisper's encoder that a chunk fills, at least one.

    Args:
        chunk: 16 kHz mono 16-bit samples, at most 30 s.
    """
    return max(1, len(chunk) * FRAMES_A_SECOND // (2 * RATE))


def prompt_text(request: AsrRequest) -> str | None:
    """Returns the text that the model reads before the audio: the hotwords, then the prompt."""
    parts = [part.strip() for part in (request.hotwords, request.initial_prompt) if part]
    return " " + " ".join(parts) if any(parts) else None


def output_token_limit(prompt_tokens: int, start_tokens: int) -> int:
    """Returns the most tokens that may be decoded for a chunk.

    Args:
        prompt_tokens: The length of the prompt in tokens.
        start_tokens: The number of special tokens from ``<|startoftranscript|>`` on.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the prompt is longer than Whisper takes.
    """
    if prompt_tokens > _PROMPT_TOKENS:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The prompt and hotwords are {prompt_tokens} tokens long; Whisper takes"
            f" {_PROMPT_TOKENS}. Shorten them.",
        )
    marker = 1 if prompt_tokens else 0  # <|startofprev|>
    return min(_OUTPUT_TOKENS, _CONTEXT_TOKENS - prompt_tokens - marker - start_tokens)
