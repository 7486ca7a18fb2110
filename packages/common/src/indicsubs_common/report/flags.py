"""Flags: the reasons why a person should check a cue, each with points.

There are three kinds of flags: the cue breaks a rule of its profile (``rule``), its translation has
a quality issue (``translation``), or recognition or alignment were unsure (``hearing``). Only cues
of the source language get ``hearing`` flags. An issue of a sentence is flagged on the first of its
cues, so that each problem is listed once.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypeAlias

import msgspec

from indicsubs_common.report.confidence import word_score
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.subtitles.violations import Violation
from indicsubs_contract.transcript import NOT_TRANSLATED, QualityIssue, Segment
from indicsubs_text.cues import Cue

FlagKind: TypeAlias = Literal["rule", "translation", "hearing"]

RULE_POINTS: Mapping[str, float] = {
    "overlap": 6,
    "film_end": 6,
    "lines": 4,
    "length": 3,
    "speed": 3,
    "short": 2,
    "long": 2,
    "gap": 1,
    "cut": 1,
}
"""Points for breaking a rule, up to double if the excess is as large as the limit. Our own choice:
most points where the viewer cannot read or see the text, fewer where reading is tiring, fewest
where only a trained eye notices."""
OTHER_RULE_POINTS = 2
ISSUE_POINTS: Mapping[str, float] = {
    "empty": 10,
    NOT_TRANSLATED: 8,
    "script": 8,
    "source": 7,
    "numbers": 6,
}
"""Points for an issue of a translation, which misleads a viewer who cannot notice it."""
OTHER_ISSUE_POINTS = 5
NOTE_POINTS = 5
"""Points for a segment with a note, which means that its times or text are less reliable."""
UNSURE_TEXT = 0.5
"""The recogniser's confidence below which a text is flagged. Our own choice; Whisper decodes a text
again below 0.37, which is exp(-1)."""
UNSURE_TEXT_POINTS = 6
"""Points at confidence 0; they fall to 0 at ``UNSURE_TEXT``."""
UNSURE_TIME = 0.3
"""The aligner's mean score of a cue's words below which the cue's times are flagged. Scores are by
nature lower than confidences."""
UNSURE_TIME_POINTS = 3
"""Points at score 0; they fall to 0 at ``UNSURE_TIME``."""
SILENCE = 0.6
"""The recogniser's probability of silence above which a text may be invented: Whisper's own
threshold."""
SILENCE_POINTS = 4
QUARANTINED_POINTS = 8
"""Points for a cue whose words were probably never spoken, in a job that shows such segments."""
CORRECTED_POINTS = 1
"""Points for a segment with the second recogniser's text: a person may compare the two texts."""

_EMPTY = "empty"
"""The reason of a quality issue: the translation has no words."""


class Flag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason why a person should check a cue."""

    kind: FlagKind
    rule: str
    """A rule of a profile (``speed``), the reason of a quality issue (``numbers``), or for hearing
    ``note``, ``text``, ``time``, ``silence``, ``quarantined`` or ``corrected``."""
    points: float
    detail: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


def find_flags(
    language: LanguageCues,
    cue_segments: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    languages: Sequence[LanguageCues],
    source: str,
) -> dict[int, tuple[Flag, ...]]:
    """Returns the flags of each flagged cue by its index, most points first.

    Args:
        language: The cues to judge.
        cue_segments: For each cue, the indices of the segments that it shows.
        segments: The segments of the transcript.
        languages: All languages of the job. Sentences that lack a translation are flagged on the
            cues of the source language.
        source: Tag of the source language.
    """
    first_cues: dict[int, int] = {}
    """The first cue that shows a segment, by the index of the segment."""
    for cue, indices in enumerate(cue_segments):
        for index in indices:
            first_cues.setdefault(index, cue)
    flags = [(violation.cue, _violation_flag(violation)) for violation in language.violations]
    flags += _issue_flags(language, first_cues)
    if language.language.tag == source:
        flags += _missing_translation_flags(languages, first_cues)
        flags += [
            (cue, flag)
            for index, cue in first_cues.items()
            for flag in _segment_flags(segments[index])
        ]
        flags += _unsure_time_flags(language.cues, cue_segments, segments)
    by_cue: dict[int, list[Flag]] = {}
    for cue, flag in flags:
        by_cue.setdefault(cue, []).append(flag)
    return {
        cue: tuple(sorted(cue_flags, key=lambda flag: -flag.points))
        for cue, cue_flags in by_cue.items()
    }


def _issue_flags(
    language: LanguageCues, first_cues: Mapping[int, int]
) -> Iterator[tuple[int, Flag]]:
    for issue in language.issues:
        if issue.index in first_cues and issue.reason != _EMPTY:
            yield first_cues[issue.index], _issue_flag(issue)


def _missing_translation_flags(
    languages: Sequence[LanguageCues], first_cues: Mapping[int, int]
) -> Iterator[tuple[int, Flag]]:
    """The flags of sentences without a translation, which have no cue in their own language."""
    for language in languages:
        for issue in language.issues:
            if issue.index in first_cues and issue.reason == _EMPTY:
                yield first_cues[issue.index], _issue_flag(issue, f"{language.language.name}: ")


def _unsure_time_flags(
    cues: Sequence[Cue], cue_segments: Sequence[tuple[int, ...]], segments: Sequence[Segment]
) -> Iterator[tuple[int, Flag]]:
    for index, cue in enumerate(cues):
        score = word_score(cue, [segments[segment] for segment in cue_segments[index]])
        if score is not None and score < UNSURE_TIME:
            points = UNSURE_TIME_POINTS * (1 - score / UNSURE_TIME)
            detail = f"The alignment score of its words is only {score:.2f}."
            yield index, _hearing_flag("time", points, detail, score, UNSURE_TIME)


def _violation_flag(violation: Violation) -> Flag:
    excess = (
        abs(violation.value - violation.limit) / abs(violation.limit) if violation.limit else 1.0
    )
    return Flag(
        kind="rule",
        rule=violation.rule,
        points=round(
            RULE_POINTS.get(violation.rule, OTHER_RULE_POINTS) * (1 + min(1.0, excess)), 2
        ),
        detail=violation.detail,
        value=violation.value,
        limit=violation.limit,
        unit=violation.unit,
    )


def _issue_flag(issue: QualityIssue, prefix: str = "") -> Flag:
    return Flag(
        kind="translation",
        rule=issue.reason,
        points=ISSUE_POINTS.get(issue.reason, OTHER_ISSUE_POINTS),
        detail=prefix + issue.detail,
    )


def _segment_flags(segment: Segment) -> Iterator[Flag]:
    if segment.quarantined is not None:
        detail = f"It was probably never spoken: {segment.quarantined}"
        yield _hearing_flag("quarantined", QUARANTINED_POINTS, detail)
    second = segment.second_hearing
    if second is not None and second.replaced is not None:
        detail = f"The first recogniser heard: {second.replaced}"
        yield _hearing_flag("corrected", CORRECTED_POINTS, detail)
    if segment.note:
        yield _hearing_flag("note", NOTE_POINTS, segment.note)
    if segment.confidence is not None and segment.confidence < UNSURE_TEXT:
        points = UNSURE_TEXT_POINTS * (1 - segment.confidence / UNSURE_TEXT)
        detail = f"The recogniser's confidence in the text is only {segment.confidence:.0%}."
        yield _hearing_flag("text", points, detail, segment.confidence, UNSURE_TEXT)
    if segment.no_speech is not None and segment.no_speech > SILENCE:
        detail = f"The probability that nobody speaks here is {segment.no_speech:.0%}."
        yield _hearing_flag("silence", SILENCE_POINTS, detail, segment.no_speech, SILENCE)


def _hearing_flag(
    rule: str, points: float, detail: str, value: float | None = None, limit: float | None = None
) -> Flag:
    return Flag(
        kind="hearing",
        rule=rule,
        points=round(points, 2),
        detail=detail,
        value=None if value is None else round(value, 3),
        limit=limit,
    )
