"""Reasons to doubt that the text of a segment was spoken. Pure."""

import tomllib
import unicodedata
from functools import cache
from pathlib import Path

import msgspec

from indicsubs_contract.transcript import Segment
from indicsubs_recognition.decoded_chunk import HIGHEST_NO_SPEECH

FASTEST_LETTERS_PER_SECOND = 40
"""More letters, digits and vowel signs a second than people can say: English at 400 words a minute,
the pace of an auctioneer, has 33."""
LEAST_RATED_MS = 300
"""The shortest segment whose rate is looked at; a shorter one was cut too tightly."""

_GHOST_LINES = Path(__file__).with_name("ghost_lines.toml")


class GhostLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line that recognisers write where nobody speaks."""

    text: str
    source: str
    """The place where it was read."""


@cache
def ghost_lines() -> dict[str, frozenset[str]]:
    """Returns the letters of the lines that recognisers invent, by language tag."""
    rows = msgspec.convert(
        tomllib.loads(_GHOST_LINES.read_text(encoding="utf-8")), dict[str, list[GhostLine]]
    )
    return {tag: frozenset(letters(line.text) for line in lines) for tag, lines in rows.items()}


def doubts(segment: Segment, language: str) -> list[str]:
    """Returns the reasons to doubt that the text of a segment was spoken; empty for none.

    Args:
        segment: A segment as a recogniser gave it.
        language: Tag of the film's language.
    """
    reasons = [segment.note] if segment.note else []
    if segment.no_speech is not None and segment.no_speech > HIGHEST_NO_SPEECH:
        reasons.append("the recogniser heard no speech here")
    spoken = letters(segment.text)
    length_ms = segment.end_ms - segment.start_ms
    if length_ms >= LEAST_RATED_MS and len(spoken) * 1000 > FASTEST_LETTERS_PER_SECOND * length_ms:
        reasons.append("nobody can say so much in this time")
    known = ghost_lines()
    if spoken in known.get(segment.language or language, ()) or spoken in known["en"]:
        reasons.append("recognisers are known to invent this line")
    return reasons


def letters(text: str) -> str:
    """Returns the letters, signs and digits of a text, without its case and punctuation.

    >>> letters("Thank you!"), letters("ठीक है।")
    ('thankyou', 'ठीकहै')
    """
    return "".join(
        character
        for character in unicodedata.normalize("NFC", text).casefold()
        if unicodedata.category(character)[0] in "LMN"
    )
