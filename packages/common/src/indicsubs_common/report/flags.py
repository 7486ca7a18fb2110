"""Why a cue needs a person: flags with points.

There are three kinds: a broken rule of the cue's profile, a doubt about its translation, a doubt
about what was heard. What was heard is judged on the cues of the source language alone, and a doubt
about a sentence stands on the first of its cues, so that one thing to look at is one suspect.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Literal, TypeAlias

import msgspec

from indicsubs_common.subtitles.violations import Violation
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import QualityIssue, Segment, Word
from indicsubs_text.cues import Cue
from indicsubs_text.languages import Language

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
"""What breaking a rule is worth, doubled where it is broken by its whole limit. Own choice: what a
viewer cannot read or see first, then what tires, then what only a trained eye notices."""
OTHER_RULE_POINTS = 2
ISSUE_POINTS: Mapping[str, float] = {"empty": 10, "script": 8, "source": 7, "numbers": 6}
"""What a doubt about a translation is worth: the viewer is misled, and does not know it."""
OTHER_ISSUE_POINTS = 5
NOTE_POINTS = 5
"""A segment that is not timed or not trusted as others are."""
UNSURE_TEXT = 0.5
UNSURE_TEXT_POINTS = 6
"""At most: all of them where the recogniser's confidence is 0, none at ``UNSURE_TEXT``. Own choice;
Whisper itself tries again below 0.37, which is exp(-1)."""
UNSURE_TIME = 0.3
UNSURE_TIME_POINTS = 3
"""The same for the mean score of a cue's words under the aligner, which is lower by nature."""
SILENCE = 0.6
SILENCE_POINTS = 4
"""Text where the recogniser thinks it more likely than this that nobody speaks (Whisper's own
threshold) may be invented."""

_EMPTY = "empty"
"""The reason of a doubt about a translation without words."""


class Flag(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason why a person should look at a cue."""

    kind: FlagKind
    rule: str
    """Of a profile (``speed``), of the translation's checks (``numbers``), or of hearing: ``note``,
    ``text``, ``time``, ``silence``."""
    points: float
    detail: str
    value: float | None = None
    limit: float | None = None
    unit: str = ""


class LanguageCues(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, and what is known against them."""

    language: Language
    file: str
    """Name of the subtitle file that has them."""
    rules: Rules
    cues: tuple[Cue, ...]
    violations: tuple[Violation, ...]
    issues: tuple[QualityIssue, ...] = ()
    """About its translation, by the index of the transcript's segment."""
    edited: bool = False
    """Whether a person made the cues what they are."""


def flags_of(
    made: LanguageCues,
    shown: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    languages: Sequence[LanguageCues],
    source: str,
) -> dict[int, tuple[Flag, ...]]:
    """The flags of each flagged cue by its index, most points first.

    Args:
        made: Whose cues to judge.
        shown: The segments that each of them shows.
        segments: Of the transcript.
        languages: All that were made, for what they lack.
        source: Tag of the language that is spoken.
    """
    first: dict[int, int] = {}
    """The first cue that shows a segment."""
    for cue, indices in enumerate(shown):
        for index in indices:
            first.setdefault(index, cue)
    flags = [(violation.cue, _broken_rule(violation)) for violation in made.violations]
    flags += _issue_flags(made, first)
    if made.language.tag == source:
        flags += _missing(languages, first)
        flags += [(cue, flag) for index, cue in first.items() for flag in _heard(segments[index])]
        flags += _unsure_times(made.cues, shown, segments)
    by_cue: dict[int, list[Flag]] = {}
    for cue, flag in flags:
        by_cue.setdefault(cue, []).append(flag)
    return {cue: tuple(sorted(own, key=lambda flag: -flag.points)) for cue, own in by_cue.items()}


def _issue_flags(made: LanguageCues, first: Mapping[int, int]) -> Iterator[tuple[int, Flag]]:
    for issue in made.issues:
        if issue.index in first and issue.reason != _EMPTY:
            yield first[issue.index], _issue_flag(issue)


def _missing(
    languages: Sequence[LanguageCues], first: Mapping[int, int]
) -> Iterator[tuple[int, Flag]]:
    """A sentence without a translation has no cue of its own: it stands on the source's."""
    for made in languages:
        for issue in made.issues:
            if issue.index in first and issue.reason == _EMPTY:
                yield first[issue.index], _issue_flag(issue, f"{made.language.name}: ")


def _unsure_times(
    cues: Sequence[Cue], shown: Sequence[tuple[int, ...]], segments: Sequence[Segment]
) -> Iterator[tuple[int, Flag]]:
    for index, cue in enumerate(cues):
        score = word_score(cue, [segments[segment] for segment in shown[index]])
        if score is not None and score < UNSURE_TIME:
            points = UNSURE_TIME_POINTS * (1 - score / UNSURE_TIME)
            detail = f"Its words fit their times with a score of only {score:.2f}."
            yield index, _hearing("time", points, detail, score, UNSURE_TIME)


def _broken_rule(violation: Violation) -> Flag:
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


def _issue_flag(issue: QualityIssue, whose: str = "") -> Flag:
    return Flag(
        kind="translation",
        rule=issue.reason,
        points=ISSUE_POINTS.get(issue.reason, OTHER_ISSUE_POINTS),
        detail=whose + issue.detail,
    )


def _heard(segment: Segment) -> Iterator[Flag]:
    if segment.note:
        yield _hearing("note", NOTE_POINTS, segment.note)
    if segment.confidence is not None and segment.confidence < UNSURE_TEXT:
        points = UNSURE_TEXT_POINTS * (1 - segment.confidence / UNSURE_TEXT)
        detail = f"The recogniser is {segment.confidence:.0%} sure of the text."
        yield _hearing("text", points, detail, segment.confidence, UNSURE_TEXT)
    if segment.no_speech is not None and segment.no_speech > SILENCE:
        detail = f"The recogniser is {segment.no_speech:.0%} sure that nobody speaks here."
        yield _hearing("silence", SILENCE_POINTS, detail, segment.no_speech, SILENCE)


def _hearing(
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


def word_score(cue: Cue, segments: Sequence[Segment]) -> float | None:
    """The aligner's mean for the words spoken while a cue is shown; None where it has none.

    Where no word is spoken in that time, the words of all its segments count.
    """
    scored = [word for segment in segments for word in segment.words if word.score is not None]
    spoken = [word for word in scored if cue.start_ms <= _middle(word) < cue.end_ms]
    scores = [word.score for word in spoken or scored if word.score is not None]
    return fmean(scores) if scores else None


def _middle(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2
