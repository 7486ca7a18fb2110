"""The structure of ``report.json``: every cue of a job with its measurements and flags."""

from typing import Literal

import msgspec

from indicsubs_common.report.flags import Flag
from indicsubs_contract.messages.alignment import TimingCount
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import SecondHearing
from indicsubs_text.cues import CueKind

SCHEMA = 1


class ReportCue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cue with its measurements and flags. Times are on the film's own clock."""

    number: int
    """Number in the subtitle file, from 1."""
    start_ms: int
    end_ms: int
    duration_ms: int
    lines: tuple[str, ...]
    line_characters: tuple[int, ...]
    """Grapheme clusters of each line."""
    characters: int
    """Grapheme clusters of all lines, and one for each line break."""
    code_points: int
    characters_per_second: float
    words_per_minute: float
    reading_share: float | None = None
    """The reading time that the profile requires, divided by the cue's duration and rounded up.
    A cue with more than 1 is too fast. None where the profile limits no speed."""
    gap_ms: int | None = None
    """Time since the end of the previous cue; negative if they overlap; None for the first cue."""
    kind: CueKind = "speech"
    confidence: float | None = None
    """The recogniser's lowest confidence in the cue's segments, 0 to 1; None where unknown."""
    word_score: float | None = None
    """The aligner's mean score of the words spoken while the cue is on screen, 0 to 1; None where
    unknown."""
    timed_by: tuple[str, ...] = ()
    """The engines that timed the words of the cue's segments; ``characters`` where the time was
    divided by the length of the texts, ``subtitle`` where it comes from a subtitle file. Empty for
    a cue of a translation, which has the times of its source."""
    timing_confidence: float | None = None
    """The lowest confidence in the times of the cue's segments, 0 to 1; None where unknown, and for
    a cue of a translation."""
    text_language: str | None = None
    """Tag of the text's language, where it is not the language of the subtitles."""
    text_right_to_left: bool = False
    """Whether a text in another language is read from right to left."""
    flags: tuple[Flag, ...] = ()
    points: float = 0.0
    """The sum of the flags' points."""


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """The number of cues in each of equal ranges of values from 0; the last range has no end."""

    step: float
    counts: tuple[int, ...]
    least: float | None
    """The profile's lower limit, in the unit of the values."""
    most: float | None
    """The profile's upper limit."""


class LanguageReport(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, with figures about all of them."""

    tag: str
    name: str
    right_to_left: bool
    source: bool
    """Whether this language is spoken in the film."""
    file: str
    """Name of the SRT file that contains these cues."""
    rules: Rules
    cues: tuple[ReportCue, ...]
    within: dict[str, float]
    """Share of the cues that keep each rule, 0 to 1."""
    speed: Histogram
    speed_of: Literal["characters_per_second", "words_per_minute"] = "characters_per_second"
    """The unit of ``speed``: words only if the profile limits words and not characters."""
    duration: Histogram
    """Durations in milliseconds."""


class NotedSegment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A segment of the transcript that a person may want to hear again.

    It is quarantined, or a second recogniser's text replaced the first one's
    (``second_hearing.replaced``), or it is in another language than the film.
    """

    number: int
    """Number in the transcript, from 1."""
    start_ms: int
    end_ms: int
    text: str
    timed_by: str
    """The method that timed it, by the names that cues have."""
    timing_confidence: float | None = None
    """The confidence in its times, 0 to 1; None where unknown."""
    quarantined: str | None = None
    """The reason why its text was probably never spoken."""
    second_hearing: SecondHearing | None = None
    """What a second recogniser heard; None where none heard the segment."""
    language: str | None = None
    """Tag of its language, where this is not the film's language."""
    language_name: str | None = None
    right_to_left: bool = False
    """Whether its language, if it is another one, is read from right to left."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """Cues of all languages that show the same segments; the page shows them side by side."""

    start_ms: int
    end_ms: int
    cues: dict[str, tuple[int, ...]]
    """Numbers of the cues by language tag; languages without a cue are absent."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A cue that a person should check."""

    language: str
    number: int
    points: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The report of one job."""

    schema: int = SCHEMA
    film: str
    """File name; empty if the text came without a film."""
    end_ms: int
    """End of the film if it is known, otherwise end of the last cue."""
    languages: tuple[LanguageReport, ...]
    """The source language first."""
    passages: tuple[Passage, ...]
    """In order of time; every cue is in exactly one passage."""
    suspects: tuple[Suspect, ...]
    """Most points first; with equal points, the earlier cue first."""
    timings: tuple[TimingCount, ...] = ()
    """How many segments were timed by each method."""
    noted_segments: tuple[NotedSegment, ...] = ()
    """In order of time."""
    quarantined_shown: bool = False
    """Whether quarantined segments have cues."""
