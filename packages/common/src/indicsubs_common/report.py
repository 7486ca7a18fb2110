"""What a person should know about the cues of a job: pure, from cues to one struct.

Three kinds of flags say why a cue needs a person: a broken rule of its profile, a doubt about its
translation, a doubt about what was heard. Each has points; a cue's points are their sum, and the
suspects are the cues with points, most first. Doubts about what was heard stand on the cues of the
source language alone, and a doubt about a sentence on the first of its cues, so that one thing to
look at is one suspect.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Literal, TypeAlias

import msgspec

from indicsubs_common.cues import Cue, CueKind
from indicsubs_common.findings import Finding
from indicsubs_common.graphemes import count_graphemes
from indicsubs_contract.languages import Language, find_language
from indicsubs_contract.messages import CueLimits
from indicsubs_contract.transcript import Doubt, Segment, Transcript, Word

SCHEMA = 1
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
DOUBT_POINTS: Mapping[str, float] = {"empty": 10, "script": 8, "source": 7, "numbers": 6}
"""What a doubt about a translation is worth: the viewer is misled, and does not know it."""
OTHER_DOUBT_POINTS = 5
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
_MEASURED = ("length", "lines", "speed", "short", "long", "gap", "overlap")
"""Rules that every profile has: their shares are told even where no cue breaks them."""
_SPEED_BARS, _DURATION_BARS = 31, 33
SPEED_STEP = 1.0
DURATION_STEP_MS = 250


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


class ReportCue(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A cue with all that can be measured of it. Times are on the film's own clock."""

    number: int
    """As in the subtitle file, from 1."""
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
    gap_ms: int | None = None
    """From the end of the cue before; negative where they overlap; None for the first."""
    kind: CueKind = "speech"
    confidence: float | None = None
    """The recogniser's lowest for the segments that it shows, 0 to 1; None where unknown."""
    word_score: float | None = None
    """The aligner's mean for the words spoken while it is shown, 0 to 1; None where unknown."""
    flags: tuple[Flag, ...] = ()
    points: float = 0.0


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """How many cues have a value in each of equal steps from 0; the last bar is open-ended."""

    step: float
    counts: tuple[int, ...]
    least: float | None
    """What the profile asks for, in the histogram's unit."""
    most: float


class LanguageReport(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language."""

    tag: str
    name: str
    right_to_left: bool
    source: bool
    """Whether it is what is spoken in the film."""
    file: str
    """Name of the SRT file that has these cues."""
    limits: CueLimits
    cues: tuple[ReportCue, ...]
    within: dict[str, float]
    """Share of the cues that keep each rule, 0 to 1."""
    speed: Histogram
    """In grapheme clusters a second."""
    duration: Histogram
    """In ms."""


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """What stands side by side: the cues that show the same segments, in each language."""

    start_ms: int
    end_ms: int
    cues: dict[str, tuple[int, ...]]
    """Numbers of the cues, by language tag; languages without one are absent."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A cue that needs a person."""

    language: str
    number: int
    points: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One job's cues, and which of them need a person."""

    schema: int = SCHEMA
    film: str
    """File name; empty where the text came without a film."""
    end_ms: int
    """End of the film where it is known, else of the last cue."""
    languages: tuple[LanguageReport, ...]
    """The source language first."""
    passages: tuple[Passage, ...]
    """In order of time; every cue is in exactly one."""
    suspects: tuple[Suspect, ...]
    """Most points first; of equal ones the earlier."""


class LanguageCues(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, and what is known against them."""

    language: Language
    file: str
    limits: CueLimits
    cues: tuple[Cue, ...]
    findings: tuple[Finding, ...]
    doubts: tuple[Doubt, ...] = ()


def make_report(
    film: str, film_end_ms: int | None, transcript: Transcript, languages: Sequence[LanguageCues]
) -> Report:
    """Measure, flag, align and rank.

    Args:
        film: Its file name, or nothing.
        film_end_ms: None where it is unknown.
        transcript: What the cues were made from.
        languages: The source language first. A cue that does not tell its segments is given those
            that it shares its time with.
    """
    source = find_language(transcript.language).tag
    segments = transcript.segments
    shown = {made.language.tag: _segments_shown(made.cues, segments) for made in languages}
    reports = tuple(
        _report_language(
            made,
            shown[made.language.tag],
            segments,
            _flags_of(made, shown[made.language.tag], segments, languages, source),
            source=made.language.tag == source,
        )
        for made in languages
    )
    cues = [(made.tag, cue) for made in reports for cue in made.cues]
    suspects = sorted(
        (-cue.points, cue.start_ms, order, cue.number, tag)
        for order, (tag, cue) in enumerate(cues)
        if cue.points
    )
    return Report(
        film=film,
        end_ms=film_end_ms or max((cue.end_ms for _, cue in cues), default=0),
        languages=reports,
        passages=tuple(_passages(languages, shown)),
        suspects=tuple(
            Suspect(language=tag, number=number, points=-points)
            for points, _, _, number, tag in suspects
        ),
    )


# --- which cue shows which segments -----------------------------------------------------------


def _segments_shown(cues: Sequence[Cue], segments: Sequence[Segment]) -> list[tuple[int, ...]]:
    """Each cue's own segments, or those that share half of the shorter one's time with it."""
    starts = [segment.start_ms for segment in segments]
    longest = max((segment.end_ms - segment.start_ms for segment in segments), default=0)

    def in_time(cue: Cue) -> tuple[int, ...]:
        first = bisect_left(starts, cue.start_ms - longest)
        return tuple(
            index
            for index in range(first, bisect_left(starts, cue.end_ms))
            if _share_time(cue, segments[index])
        )

    return [cue.segments or in_time(cue) for cue in cues]


def _share_time(cue: Cue, segment: Segment) -> bool:
    shared = min(cue.end_ms, segment.end_ms) - max(cue.start_ms, segment.start_ms)
    shorter = min(cue.end_ms - cue.start_ms, segment.end_ms - segment.start_ms)
    return shared > 0 and 2 * shared >= shorter


def _passages(
    languages: Sequence[LanguageCues], shown: Mapping[str, Sequence[tuple[int, ...]]]
) -> Iterator[Passage]:
    """Cues of all languages in groups that have no segment in common; others stand alone."""
    placed = [
        (indices, cue, made.language.tag, number)
        for made in languages
        for number, (indices, cue) in enumerate(
            zip(shown[made.language.tag], made.cues, strict=True), 1
        )
    ]
    groups = [[(cue, tag, number)] for indices, cue, tag, number in placed if not indices]
    last = -1
    together: list[tuple[Cue, str, int]] = []
    for indices, cue, tag, number in sorted(
        (row for row in placed if row[0]), key=lambda row: min(row[0])
    ):
        if min(indices) > last:
            together = []
            groups.append(together)
        together.append((cue, tag, number))
        last = max(last, *indices)
    for group in sorted(groups, key=lambda group: min(cue.start_ms for cue, _, _ in group)):
        numbers: dict[str, tuple[int, ...]] = {}
        for _, tag, number in sorted(group, key=lambda item: item[2]):
            numbers[tag] = (*numbers.get(tag, ()), number)
        yield Passage(
            start_ms=min(cue.start_ms for cue, _, _ in group),
            end_ms=max(cue.end_ms for cue, _, _ in group),
            cues=numbers,
        )


# --- why a cue needs a person -----------------------------------------------------------------


def _flags_of(
    made: LanguageCues,
    shown: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    languages: Sequence[LanguageCues],
    source: str,
) -> dict[int, tuple[Flag, ...]]:
    """The flags of each flagged cue by its index, most points first."""
    first: dict[int, int] = {}
    """The first cue that shows a segment."""
    for cue, indices in enumerate(shown):
        for index in indices:
            first.setdefault(index, cue)
    flags = [(finding.cue, _broken_rule(finding)) for finding in made.findings]
    flags += _doubts(made, first)
    if made.language.tag == source:
        flags += _missing(languages, first)
        flags += [(cue, flag) for index, cue in first.items() for flag in _heard(segments[index])]
        flags += _unsure_times(made.cues, shown, segments)
    by_cue: dict[int, list[Flag]] = {}
    for cue, flag in flags:
        by_cue.setdefault(cue, []).append(flag)
    return {cue: tuple(sorted(own, key=lambda flag: -flag.points)) for cue, own in by_cue.items()}


def _doubts(made: LanguageCues, first: Mapping[int, int]) -> Iterator[tuple[int, Flag]]:
    for doubt in made.doubts:
        if doubt.index in first and doubt.reason != _EMPTY:
            yield first[doubt.index], _doubt(doubt)


def _missing(
    languages: Sequence[LanguageCues], first: Mapping[int, int]
) -> Iterator[tuple[int, Flag]]:
    """A sentence without a translation has no cue of its own: it stands on the source's."""
    for made in languages:
        for doubt in made.doubts:
            if doubt.index in first and doubt.reason == _EMPTY:
                yield first[doubt.index], _doubt(doubt, f"{made.language.name}: ")


def _unsure_times(
    cues: Sequence[Cue], shown: Sequence[tuple[int, ...]], segments: Sequence[Segment]
) -> Iterator[tuple[int, Flag]]:
    for index, cue in enumerate(cues):
        score = _word_score(cue, [segments[segment] for segment in shown[index]])
        if score is not None and score < UNSURE_TIME:
            points = UNSURE_TIME_POINTS * (1 - score / UNSURE_TIME)
            detail = f"Its words fit their times with a score of only {score:.2f}."
            yield index, _hearing("time", points, detail, score, UNSURE_TIME)


def _broken_rule(finding: Finding) -> Flag:
    excess = abs(finding.value - finding.limit) / abs(finding.limit) if finding.limit else 1.0
    return Flag(
        kind="rule",
        rule=finding.rule,
        points=_rounded(RULE_POINTS.get(finding.rule, OTHER_RULE_POINTS) * (1 + min(1.0, excess))),
        detail=finding.detail,
        value=finding.value,
        limit=finding.limit,
        unit=finding.unit,
    )


def _doubt(doubt: Doubt, whose: str = "") -> Flag:
    return Flag(
        kind="translation",
        rule=doubt.reason,
        points=DOUBT_POINTS.get(doubt.reason, OTHER_DOUBT_POINTS),
        detail=whose + doubt.detail,
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
        points=_rounded(points),
        detail=detail,
        value=None if value is None else round(value, 3),
        limit=limit,
    )


def _word_score(cue: Cue, segments: Sequence[Segment]) -> float | None:
    """Of the words spoken while the cue is shown, or of all of its segments' where none is."""
    scored = [word for segment in segments for word in segment.words if word.score is not None]
    spoken = [word for word in scored if cue.start_ms <= _middle(word) < cue.end_ms]
    scores = [word.score for word in spoken or scored if word.score is not None]
    return fmean(scores) if scores else None


def _middle(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2


def _rounded(number: float) -> float:
    return round(number, 2)


# --- one language -----------------------------------------------------------------------------


def _report_language(
    made: LanguageCues,
    shown: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    flags: Mapping[int, tuple[Flag, ...]],
    *,
    source: bool,
) -> LanguageReport:
    cues = [
        _measure(index, made.cues, [segments[segment] for segment in said], flags.get(index, ()))
        for index, said in enumerate(shown)
    ]
    broken = Counter(
        rule for cue in cues for rule in {flag.rule for flag in cue.flags if flag.kind == "rule"}
    )
    limits = made.limits
    return LanguageReport(
        tag=made.language.tag,
        name=made.language.name,
        right_to_left=made.language.right_to_left,
        source=source,
        file=made.file,
        limits=limits,
        cues=tuple(cues),
        within={
            rule: round(1 - broken[rule] / max(1, len(cues)), 4)
            for rule in (*_MEASURED, *sorted(broken.keys() - set(_MEASURED)))
        },
        speed=_histogram(
            [cue.characters_per_second for cue in cues],
            SPEED_STEP,
            _SPEED_BARS,
            (None, limits.characters_per_second),
        ),
        duration=_histogram(
            [cue.duration_ms for cue in cues],
            DURATION_STEP_MS,
            _DURATION_BARS,
            (limits.shortest_ms, limits.longest_ms),
        ),
    )


def _measure(
    index: int, cues: Sequence[Cue], segments: Sequence[Segment], flags: tuple[Flag, ...]
) -> ReportCue:
    cue = cues[index]
    sizes = tuple(count_graphemes(line) for line in cue.lines)
    breaks = max(0, len(cue.lines) - 1)
    duration_ms = cue.end_ms - cue.start_ms
    sure = [segment.confidence for segment in segments if segment.confidence is not None]
    score = _word_score(cue, segments)
    return ReportCue(
        number=index + 1,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        duration_ms=duration_ms,
        lines=cue.lines,
        line_characters=sizes,
        characters=sum(sizes) + breaks,
        code_points=sum(map(len, cue.lines)) + breaks,
        characters_per_second=round(1000 * (sum(sizes) + breaks) / max(1, duration_ms), 2),
        gap_ms=cue.start_ms - cues[index - 1].end_ms if index else None,
        kind=cue.kind,
        confidence=round(min(sure), 3) if sure else None,
        word_score=None if score is None else round(score, 3),
        flags=flags,
        points=_rounded(sum(flag.points for flag in flags)),
    )


def _histogram(
    values: Sequence[float], step: float, bars: int, limits: tuple[float | None, float]
) -> Histogram:
    counts = Counter(min(bars - 1, max(0, int(value // step))) for value in values)
    least, most = limits
    return Histogram(
        step=step, counts=tuple(counts[bar] for bar in range(bars)), least=least, most=most
    )
