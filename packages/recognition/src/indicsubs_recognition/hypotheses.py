"""What a recogniser makes of a chunk of speech, and whether to believe it."""

import math
import unicodedata
import zlib

import msgspec

REPETITION, LOG_PROBABILITY, NO_SPEECH = 2.4, -1.0, 0.6
"""Output above, below and above these is not trusted (openai/whisper, transcribe.py)."""


class Decoded(msgspec.Struct, frozen=True, kw_only=True):
    """What an engine made of one chunk."""

    text: str
    log_probability: float
    """Mean over the tokens; NaN where the engine failed to tell."""
    no_speech: float
    """Probability that nobody speaks; NaN where the engine failed to tell."""
    cut_off: bool
    """It stopped because no more tokens were allowed."""


def trust(decoded: Decoded) -> tuple[bool, bool, float]:
    """The greater, the more an output is to be believed: to choose between two."""
    probability = decoded.log_probability
    return (
        not decoded.cut_off,
        repetition(decoded.text) <= REPETITION,
        -math.inf if math.isnan(probability) else probability,
    )


def fault(decoded: Decoded) -> str | None:
    """Why an output is not to be trusted, or None."""
    if decoded.cut_off:
        return "recognition stopped at its longest output; words may be missing"
    if repetition(decoded.text) > REPETITION:
        return "the recogniser repeats itself here; it may have invented this"
    if not decoded.log_probability >= LOG_PROBABILITY:
        return "the recogniser was very unsure of this"
    return None


def is_silence(decoded: Decoded) -> bool:
    """Whisper's own rule: it thinks that nobody speaks, and is unsure of what it wrote."""
    return decoded.no_speech > NO_SPEECH and decoded.log_probability < LOG_PROBABILITY


def repetition(text: str) -> float:
    """How many times shorter the text gets by compression; above ``REPETITION`` it repeats itself.

    Each distinct character counts as one byte. Whisper's rule compresses UTF-8, where the three
    bytes of an Indic letter look like repetition.
    """
    ranks = {character: rank for rank, character in enumerate(dict.fromkeys(text))}
    data = bytes(min(ranks[character], 255) for character in text)
    return len(data) / len(zlib.compress(data))


def clean(text: str) -> str:
    """One line without the remains of half a character that a cut-off output ends in."""
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())


def has_words(text: str) -> bool:
    """Whether there is a letter or a digit: "!!!!" and "♪" are none."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)
