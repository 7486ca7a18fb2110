"""What a person should know about the cues of a job: pure, from cues to one struct.

Each cue is measured and flagged (:mod:`~indicsubs_common.report.flags`); a cue's points are the sum
of its flags', and the suspects are the cues with points, most first.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from math import ceil
from typing import Literal

import msgspec

from indicsubs_common.report.flags import Flag, LanguageCues, flags_of, word_score
from indicsubs_common.subtitles.violations import cue_characters, cue_words
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.graphemes import count_graphemes
from indicsubs_text.languages import find_language
from indicsubs_text.overlap import overlapping_segments
from indicsubs_text.rules import reading_ms

SCHEMA = 1
_MEASURED = ("length", "lines", "speed", "short", "long", "gap", "overlap")
"""Rules that every profile has: their shares are told even where no cue breaks them."""
_SPEED_BARS, _DURATION_BARS = 31, 33
SPEED_STEP = 1.0
WORD_SPEED_STEP = 10.0
DURATION_STEP_MS = 250


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
    words_per_minute: float
    reading_share: float | None = None
    """Of the time that it is shown, what reading takes by the profile, rounded up: more than 1 is
    too fast. None where the profile limits no speed."""
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
    most: float | None


class LanguageReport(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language."""

    tag: str
    name: str
    right_to_left: bool
    source: bool
    """Whether it is what is spoken in the film."""
    file: str
    """Name of the SRT file that has these cues."""
    rules: Rules
    cues: tuple[ReportCue, ...]
    within: dict[str, float]
    """Share of the cues that keep each rule, 0 to 1."""
    speed: Histogram
    speed_of: Literal["characters_per_second", "words_per_minute"] = "characters_per_second"
    """What of its cues ``speed`` counts: words only where the profile limits these alone."""
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
            flags_of(made, shown[made.language.tag], segments, languages, source),
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
    in_time = overlapping_segments(cues, segments)
    return [cue.segments or shared for cue, shared in zip(cues, in_time, strict=True)]


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


# --- one language -----------------------------------------------------------------------------


def _report_language(
    made: LanguageCues,
    shown: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    flags: Mapping[int, tuple[Flag, ...]],
    *,
    source: bool,
) -> LanguageReport:
    rules = made.rules
    cues = [
        _measure(
            index, made.cues, [segments[segment] for segment in said], flags.get(index, ()), rules
        )
        for index, said in enumerate(shown)
    ]
    broken = Counter(
        rule for cue in cues for rule in {flag.rule for flag in cue.flags if flag.kind == "rule"}
    )
    by_words = rules.characters_per_second is None and rules.words_per_minute is not None
    return LanguageReport(
        tag=made.language.tag,
        name=made.language.name,
        right_to_left=made.language.right_to_left,
        source=source,
        file=made.file,
        rules=rules,
        cues=tuple(cues),
        within={
            rule: round(1 - broken[rule] / max(1, len(cues)), 4)
            for rule in (*_MEASURED, *sorted(broken.keys() - set(_MEASURED)))
        },
        speed=_histogram(
            [cue.words_per_minute if by_words else cue.characters_per_second for cue in cues],
            WORD_SPEED_STEP if by_words else SPEED_STEP,
            _SPEED_BARS,
            (None, rules.words_per_minute if by_words else rules.characters_per_second),
        ),
        speed_of="words_per_minute" if by_words else "characters_per_second",
        duration=_histogram(
            [cue.duration_ms for cue in cues],
            DURATION_STEP_MS,
            _DURATION_BARS,
            (rules.shortest_ms, rules.longest_ms),
        ),
    )


def _measure(
    index: int,
    cues: Sequence[Cue],
    segments: Sequence[Segment],
    flags: tuple[Flag, ...],
    rules: Rules,
) -> ReportCue:
    cue = cues[index]
    sizes = tuple(count_graphemes(line) for line in cue.lines)
    breaks = max(0, len(cue.lines) - 1)
    characters, words = sum(sizes) + breaks, cue_words(cue)
    duration_ms = cue.end_ms - cue.start_ms
    sure = [segment.confidence for segment in segments if segment.confidence is not None]
    score = word_score(cue, segments)
    needed_ms = reading_ms(cue_characters(cue, rules), words, rules)
    return ReportCue(
        number=index + 1,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        duration_ms=duration_ms,
        lines=cue.lines,
        line_characters=sizes,
        characters=characters,
        code_points=sum(map(len, cue.lines)) + breaks,
        characters_per_second=round(1000 * characters / max(1, duration_ms), 2),
        words_per_minute=round(60_000 * words / max(1, duration_ms), 1),
        reading_share=ceil(1000 * needed_ms / max(1, duration_ms)) / 1000 if needed_ms else None,
        gap_ms=cue.start_ms - cues[index - 1].end_ms if index else None,
        kind=cue.kind,
        confidence=round(min(sure), 3) if sure else None,
        word_score=None if score is None else round(score, 3),
        flags=flags,
        points=round(sum(flag.points for flag in flags), 2),
    )


def _histogram(
    values: Sequence[float], step: float, bars: int, limits: tuple[float | None, float | None]
) -> Histogram:
    counts = Counter(min(bars - 1, max(0, int(value // step))) for value in values)
    least, most = limits
    return Histogram(
        step=step, counts=tuple(counts[bar] for bar in range(bars)), least=least, most=most
    )
