"""The text that a recogniser gives for one chunk of speech, and whether it can be trusted."""

import math
import re
import unicodedata
import zlib

import msgspec

_HIGHEST_COMPRESSION_RATIO, _LOWEST_LOG_PROBABILITY, HIGHEST_NO_SPEECH = 2.4, -1.0, 0.6
"""Whisper's limits for output that can be trusted (openai/whisper, transcribe.py)."""
_STUCK = re.compile(r"(\S{1,4}?)\1{5,}")
"""One to four characters six times in a row within a word. A decoder that is held to a script can
write "ల్ల్ల్ల్ల్ల్", which is too short for the compression ratio to tell."""


class HeardWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word with the time that the recogniser itself gives it."""

    text: str
    """With the punctuation beside it."""
    start_ms: int
    """From the start of the chunk, as ``end_ms``."""
    end_ms: int
    score: float | None = None
    """The mean probability of its tokens, 0 to 1; None where the engine computed none."""


class DecodedChunk(msgspec.Struct, frozen=True, kw_only=True):
    """The output of an engine for one chunk."""

    text: str
    log_probability: float
    """Mean log probability of the tokens; NaN where the engine computed none."""
    no_speech: float
    """Probability that the chunk has no speech; NaN where the engine computed none."""
    cut_off: bool
    """The engine stopped at its limit of tokens, so words may be missing."""
    words: tuple[HeardWord, ...] = ()
    """The words of ``text`` in order: their texts, joined by spaces, are the text after
    ``clean_text``. Empty where the engine gives no times."""


def trust_rank(decoded: DecodedChunk) -> tuple[bool, bool, float]:
    """Returns a sort key; the better of two outputs for one chunk has the greater key."""
    probability = decoded.log_probability
    return (
        not decoded.cut_off,
        not repeats_itself(decoded.text),
        -math.inf if math.isnan(probability) else probability,
    )


def distrust_note(decoded: DecodedChunk) -> str | None:
    """Returns the note for a segment whose output cannot be trusted; None if it can be trusted."""
    if decoded.cut_off:
        return "recognition stopped at its longest output; words may be missing"
    if repeats_itself(decoded.text):
        return "the recogniser repeats itself here; it may have invented this"
    if not decoded.log_probability >= _LOWEST_LOG_PROBABILITY:
        return "the recogniser was very unsure of this"
    return None


def is_silent(decoded: DecodedChunk) -> bool:
    """Returns whether a chunk probably has no speech and its text is uncertain (Whisper's rule)."""
    return (
        decoded.no_speech > HIGHEST_NO_SPEECH and decoded.log_probability < _LOWEST_LOG_PROBABILITY
    )


def repeats_itself(text: str) -> bool:
    """Returns whether a text repeats itself more than speech does.

    >>> repeats_itself("हा हा हा"), repeats_itself("ల్ల్ల్ల్ల్ల్"), repeats_itself("na " * 30)
    (False, True, True)
    """
    return compression_ratio(text) > _HIGHEST_COMPRESSION_RATIO or bool(_STUCK.search(text))


def compression_ratio(text: str) -> float:
    """Returns the length of a text divided by its compressed length; repetition raises it.

    Each distinct character counts as one byte. Whisper's rule compresses UTF-8, where the three
    bytes of an Indic letter look like repetition.
    """
    ranks = {character: rank for rank, character in enumerate(dict.fromkeys(text))}
    data = bytes(min(ranks[character], 255) for character in text)
    return len(data) / len(zlib.compress(data))


def clean_text(text: str) -> str:
    """Returns the text in one line, without an incomplete character from a cut-off output."""
    return " ".join(text.replace("\N{REPLACEMENT CHARACTER}", "").split())


def has_words(text: str) -> bool:
    """Returns whether a text has a letter or a digit; "!!!!" and "♪" have none."""
    return any(unicodedata.category(character)[0] in "LN" for character in text)
