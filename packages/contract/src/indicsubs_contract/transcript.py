"""What was said, when, and how surely: the types that lie in the transcript files.

Times are integer milliseconds from the start of the film's own clock, half-open [start, end).
"""

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

SCHEMA = 1
"""Raised when a reader of older files could no longer understand them; new fields have defaults."""


SegmentKind: TypeAlias = Literal["speech", "song", "sound"]
"""What a segment is: said, sung, or the description of a sound."""

TURN = "#"
"""A speaker of this and a number is one of those that a cue of a subtitle file parts with dashes,
counted within that cue: nobody knows who."""


class Timing(StrEnum):
    """Where a segment's times come from."""

    ASR = "asr"
    """The span of speech that the recogniser was given."""
    ALIGNED = "aligned"
    """Forced alignment of its text with the audio."""
    SUBTITLE = "subtitle"
    """A subtitle file that the user brought."""


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One written word, with the punctuation that clings to it."""

    text: str
    start_ms: int
    end_ms: int
    score: float | None = None
    """Mean probability of its characters under the aligner, 0 to 1; None where unknown."""


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of speech: one chunk after recognition, one sentence after alignment."""

    start_ms: int
    end_ms: int
    text: str
    timing: Timing = Timing.ASR
    words: tuple[Word, ...] = ()
    """Empty where no word times are known."""
    confidence: float | None = None
    """exp(mean log-probability of its tokens) under the recogniser, 0 to 1."""
    no_speech: float | None = None
    """The recogniser's probability that nobody speaks here, 0 to 1."""
    note: str | None = None
    """Why the segment is not timed or not trusted as others are; None when it is."""
    kind: SegmentKind = "speech"
    """The text of a song is without its notes, that of a sound without its brackets."""
    speaker: str | None = None
    """A name, or a turn (see ``TURN``); None where unknown."""


class Transcript(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All segments in order of time, in one language (a tag of ``languages.LANGUAGES``)."""

    schema: int = SCHEMA
    language: str
    language_probability: float | None = None
    """How sure the recogniser was of the language; None where it was given."""
    segments: tuple[Segment, ...]


class QualityIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a translated line should be looked at by a person."""

    index: int
    """Of the text, from 0."""
    reason: str
    """One word: ``numbers``, ``script``, ``empty``..."""
    detail: str
    """What was found, for a person."""


class Translation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text per segment of the transcript it was made from, in the same order."""

    schema: int = SCHEMA
    language: str
    source_language: str
    texts: tuple[str, ...]
    issues: tuple[QualityIssue, ...] = msgspec.field(default=(), name="doubts")
    """Lines that failed a check after all tries, in order of their index. The name in the file is
    that of schema 1."""


class SpeechRegion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody speaks from start to end, on the audio file's clock (its first sample is 0)."""

    start_ms: int
    end_ms: int


class Speech(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the dialogue track has speech."""

    schema: int = SCHEMA
    regions: tuple[SpeechRegion, ...]
