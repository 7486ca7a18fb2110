"""The types of the files that hold transcripts, translations and speech regions.

Times are integer milliseconds from the start of the film's own clock, half-open [start, end).
"""

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

SCHEMA = 1
"""The schema of these files. A change that older readers would misread increases it. A new field,
which has a default, does not."""

SegmentKind: TypeAlias = Literal["speech", "song", "sound"]
"""The kind of a segment: spoken, sung, or the description of a sound."""

TURN = "#"
"""The name of an unknown speaker begins with this, and a number follows. Where a cue of a subtitle
file separates its speakers with dashes, they are numbered within that cue."""


NOT_TRANSLATED = "language"
"""The reason of a quality issue: the text is shown in the language that it was spoken in, because
no model on the machine translates that language."""


class Timing(StrEnum):
    """The source of a segment's times."""

    ASR = "asr"
    """The span of speech that the recogniser received."""
    ALIGNED = "aligned"
    """Forced alignment of the segment's text with the audio."""
    RECOGNISER = "recogniser"
    """The word times that the recogniser itself gave."""
    SUBTITLE = "subtitle"
    """A subtitle file that the user brought."""


class Word(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One written word, with the punctuation attached to it."""

    text: str
    start_ms: int
    end_ms: int
    score: float | None = None
    """The aligner's mean probability of its characters, 0 to 1; None where unknown."""


class SegmentCue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A cue of a subtitle file, or the part of one that a single speaker says."""

    text: str
    start_ms: int
    end_ms: int


class SecondHearing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The output of a second recogniser, of another kind, for the time of a segment."""

    engine: str
    """Name of the recogniser's row in the table of engines."""
    text: str
    """The text that it heard; empty where it heard no words."""
    agreement: float
    """1 minus the character error rate between the two texts, 0 to 1."""
    replaced: str | None = None
    """The first recogniser's text, where the second one's text replaced it."""


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of speech: one chunk after recognition, one sentence after alignment.

    Where ``timing`` is ``subtitle``, it has cues instead of words. In older files these cues are
    called words; they are read as cues.
    """

    start_ms: int
    end_ms: int
    text: str
    timing: Timing = Timing.ASR
    words: tuple[Word, ...] = ()
    """Empty where no word times are known."""
    cues: tuple[SegmentCue, ...] | msgspec.UnsetType = msgspec.UNSET
    """The segment's cues in a subtitle file, in order; absent where its times do not come from a
    subtitle file."""
    confidence: float | None = None
    """The recogniser's exp(mean log-probability of the tokens), 0 to 1; None where unknown."""
    no_speech: float | None = None
    """The recogniser's probability that there is no speech, 0 to 1; None where unknown."""
    note: str | None = None
    """The reason why its times or its text are less reliable than usual; None if they are not."""
    kind: SegmentKind = "speech"
    """``text`` has no notes around it for a song, and no brackets around it for a sound."""
    speaker: str | None = None
    """A name, or ``#`` and a number (see ``TURN``); None where unknown."""
    language: str | None = None
    """Tag of the language that it is in, where this is not the transcript's language."""
    timed_by: str | None = None
    """Name of the engine that timed its words; None where ``words`` is empty."""
    timing_confidence: float | None = None
    """The mean probability of the timed characters or tokens, 0 to 1; None where unknown."""
    second_hearing: SecondHearing | None = None
    """None where no second recogniser heard the segment."""
    quarantined: str | None = None
    """The reason why its text was probably never spoken. A quarantined segment stays in the
    transcript and in the report, and is shown as a subtitle only where the user asks for it."""

    def __post_init__(self) -> None:
        """Turns words into cues, because older files have the cues of a subtitle file as words."""
        if self.timing is Timing.SUBTITLE and self.words:
            cues = tuple(
                SegmentCue(text=word.text, start_ms=word.start_ms, end_ms=word.end_ms)
                for word in self.words
            )
            msgspec.structs.force_setattr(self, "cues", cues)
            msgspec.structs.force_setattr(self, "words", ())

    @property
    def timed_texts(self) -> tuple[Word, ...] | tuple[SegmentCue, ...]:
        """The parts that have their own times: the cues, or the words where there are no cues."""
        return self.words if self.cues is msgspec.UNSET else self.cues


class Transcript(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All segments in order of time, in one language (a tag of ``languages.LANGUAGES``)."""

    schema: int = SCHEMA
    language: str
    language_probability: float | None = None
    """The recogniser's probability of the language, 0 to 1; None where the user named it."""
    segments: tuple[Segment, ...]


class QualityIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A check that a translated line failed, so that a person should read the line."""

    index: int
    """Index of the text, from 0."""
    reason: str
    """Name of the check in one word: ``numbers``, ``script``, ``empty``..."""
    detail: str
    """What the check found, in words for a person."""


class Translation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text for each segment of a transcript, in the same order.

    The text of a quarantined segment is empty where the job leaves such segments out. A segment in
    another language than the transcript's is translated from its own language; where this is not
    possible, its text is unchanged and has an issue with the reason ``NOT_TRANSLATED``.
    """

    schema: int = SCHEMA
    language: str
    source_language: str
    """Tag of the transcript's language."""
    texts: tuple[str, ...]
    issues: tuple[QualityIssue, ...] = msgspec.field(default=(), name="doubts")
    """Checks that still fail after all attempts, in order of their index. The file calls this field
    ``doubts``, as schema 1 does."""


class SpeechRegion(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stretch of speech, on the audio file's clock (its first sample is 0)."""

    start_ms: int
    end_ms: int


class Speech(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The stretches of speech in the dialogue track."""

    schema: int = SCHEMA
    regions: tuple[SpeechRegion, ...]
