"""Measures, flags, groups and ranks the cues of a job. Pure: cues in, one :class:`Report` out.

A cue's points are the sum of its flags' points. The suspects are the cues with points, most points
first.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from math import ceil

from indicsubs_common.report.confidence import text_confidence, word_score
from indicsubs_common.report.document import (
    Histogram,
    LanguageReport,
    Report,
    ReportCue,
    Suspect,
)
from indicsubs_common.report.flags import Flag, find_flags
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_common.report.noted_segments import find_noted_segments
from indicsubs_common.report.passages import find_cue_segments, find_passages
from indicsubs_common.report.timing import count_timings, timing_confidence, timing_method
from indicsubs_common.subtitles.violations import cue_characters, cue_words
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, Transcript
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import count_graphemes
from indicsubs_text.languages import find_language
from indicsubs_text.rules import reading_ms

_RULES_OF_EVERY_PROFILE = ("length", "lines", "speed", "short", "long", "gap", "overlap")
"""The rules for which the report states the share of cues even if no cue breaks them."""
_SPEED_BARS, _DURATION_BARS = 31, 33
SPEED_STEP = 1.0
WORD_SPEED_STEP = 10.0
DURATION_STEP_MS = 250


def make_report(
    film: str,
    film_end_ms: int | None,
    transcript: Transcript,
    languages: Sequence[LanguageCues],
    doubtful: Doubtful = "leave_out",
) -> Report:
    """Returns the report of a job.

    Args:
        film: File name of the film; empty if there is none.
        film_end_ms: End of the film; None if it is unknown.
        transcript: The transcript of the cues.
        languages: The source language first.
        doubtful: Whether quarantined segments have cues.
    """
    source = find_language(transcript.language).tag
    segments = transcript.segments
    cue_segments = {
        language.language.tag: find_cue_segments(language.cues, segments, doubtful)
        for language in languages
    }
    reports = tuple(
        _report_language(
            language,
            cue_segments[language.language.tag],
            segments,
            find_flags(language, cue_segments[language.language.tag], segments, languages, source),
            source=language.language.tag == source,
        )
        for language in languages
    )
    cues = [(language.tag, cue) for language in reports for cue in language.cues]
    suspects = sorted(
        (-cue.points, cue.start_ms, order, cue.number, tag)
        for order, (tag, cue) in enumerate(cues)
        if cue.points
    )
    return Report(
        film=film,
        end_ms=film_end_ms or max((cue.end_ms for _, cue in cues), default=0),
        languages=reports,
        passages=tuple(find_passages(languages, cue_segments)),
        suspects=tuple(
            Suspect(language=tag, number=number, points=-points)
            for points, _, _, number, tag in suspects
        ),
        timings=count_timings(segments),
        noted_segments=tuple(find_noted_segments(segments)),
        quarantined_shown=doubtful == "show",
    )


def _report_language(
    language: LanguageCues,
    cue_segments: Sequence[tuple[int, ...]],
    segments: Sequence[Segment],
    flags: Mapping[int, tuple[Flag, ...]],
    *,
    source: bool,
) -> LanguageReport:
    rules = language.rules
    cues = [
        _measure_cue(
            index,
            language.cues,
            [segments[segment] for segment in indices],
            flags.get(index, ()),
            rules,
            source=source,
        )
        for index, indices in enumerate(cue_segments)
    ]
    broken = Counter(
        rule for cue in cues for rule in {flag.rule for flag in cue.flags if flag.kind == "rule"}
    )
    by_words = rules.characters_per_second is None and rules.words_per_minute is not None
    return LanguageReport(
        tag=language.language.tag,
        name=language.language.name,
        right_to_left=language.language.right_to_left,
        source=source,
        file=language.file,
        rules=rules,
        cues=tuple(cues),
        within={
            rule: round(1 - broken[rule] / max(1, len(cues)), 4)
            for rule in (
                *_RULES_OF_EVERY_PROFILE,
                *sorted(broken.keys() - set(_RULES_OF_EVERY_PROFILE)),
            )
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


def _measure_cue(
    index: int,
    cues: Sequence[Cue],
    segments: Sequence[Segment],
    flags: tuple[Flag, ...],
    rules: Rules,
    *,
    source: bool,
) -> ReportCue:
    cue = cues[index]
    line_characters = tuple(count_graphemes(line) for line in cue.lines)
    line_breaks = max(0, len(cue.lines) - 1)
    characters, words = sum(line_characters) + line_breaks, cue_words(cue)
    duration_ms = cue.end_ms - cue.start_ms
    confidence, score = text_confidence(segments), word_score(cue, segments)
    timed = segments if source else ()
    certainty = timing_confidence(timed)
    needed_ms = reading_ms(cue_characters(cue, rules), words, rules)
    return ReportCue(
        number=index + 1,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        duration_ms=duration_ms,
        lines=cue.lines,
        line_characters=line_characters,
        characters=characters,
        code_points=sum(map(len, cue.lines)) + line_breaks,
        characters_per_second=round(1000 * characters / max(1, duration_ms), 2),
        words_per_minute=round(60_000 * words / max(1, duration_ms), 1),
        reading_share=ceil(1000 * needed_ms / max(1, duration_ms)) / 1000 if needed_ms else None,
        gap_ms=cue.start_ms - cues[index - 1].end_ms if index else None,
        kind=cue.kind,
        confidence=None if confidence is None else round(confidence, 3),
        word_score=None if score is None else round(score, 3),
        timed_by=tuple(dict.fromkeys(map(timing_method, timed))),
        timing_confidence=None if certainty is None else round(certainty, 3),
        text_language=cue.language,
        text_right_to_left=cue.language is not None and find_language(cue.language).right_to_left,
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
