"""Gives each cue its start and end, from the times at which its words are spoken."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_contract.messages.rules import Rules

LATE_MS = 250
"""A cue may wait for a shot change this long after its first word: up to this delay a viewer takes
text and speech as one (half of Netflix's half second)."""
CLIPPED_MS = 120
"""A cue may end at a shot change this long before its last word ends, because the ends of words
are not known more exactly."""


class SpokenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The speech of one cue, and the time that a viewer needs to read the cue."""

    start_ms: int
    end_ms: int
    reading_ms: int
    keep_times: bool = False
    """Whether the times come from a subtitle file; such times change only where they have to."""


def assign_times(
    spans: Sequence[SpokenSpan], rules: Rules, facts: FilmFacts
) -> list[tuple[int, int]]:
    """The start and end of each cue in the order of ``spans``; no cue is empty, none overlap.

    1. Each start follows the speech. Where speech overlaps, the later cue waits until the earlier
       one has been shown for ``shortest_ms``, but not past the middle between the earlier start and
       the end of its own speech. Where that leaves no room for the gap, it waits longer, until the
       end of its own speech at the latest.
    2. A start near a shot change moves to where the rules allow it, if that time is free.
    3. A cue ends with its speech, at the gap before the next cue, or after ``longest_ms``,
       whichever comes first. The gap takes at most half of the time between two starts.
    4. A cue that is too short is extended into free time after it, then before it (``lead_ms``).
       One that is too fast to read is extended, up to ``linger_ms`` after its speech.
    5. An end near a shot change moves to where the rules allow it, if that time is free and leaves
       enough time to read.
    6. A gap below ``close_gap_below_ms`` is closed, even over a shot change: two cues that nearly
       touch flicker, which is worse.

    A cue with ``keep_times`` follows only steps 1 and 3, and one part of step 4: a short cue is
    extended into the time after it.

    All times are in [0, ``film_end_ms``]. If a span starts after ``film_end_ms``, or if it is less
    than the number of cues, it must be wrong and is ignored.

    Args:
        spans: The speech of each cue, in order of start.
        rules: The rules of the language.
        facts: The facts about the film.
    """
    if not spans:
        return []
    film_end_ms = facts.film_end_ms
    if film_end_ms is not None and (
        film_end_ms < len(spans) or max(span.start_ms for span in spans) >= film_end_ms
    ):
        film_end_ms = None
    gap_ms, shot_rules = facts.gap_ms(rules), facts.shot_rules(rules)
    starts = _starts(spans, rules, gap_ms, film_end_ms)
    starts = _starts_at_shot_changes(starts, spans, rules, gap_ms, shot_rules, film_end_ms)
    free = _free_until(starts, rules, gap_ms, film_end_ms)
    ends: list[int] = []
    for index, span in enumerate(spans):
        end = max(starts[index] + 1, min(span.end_ms, free[index]))
        end = max(end, min(starts[index] + rules.shortest_ms, free[index]))
        earliest = ends[index - 1] + gap_ms if index else 0
        starts[index] = _start_with_lead(starts[index], end, earliest, span, rules, shot_rules)
        ends.append(end)
    free = _free_until(starts, rules, gap_ms, film_end_ms)
    for index, span in enumerate(spans):
        ends[index] = min(ends[index], free[index])
        if not span.keep_times:
            longest = min(free[index], max(ends[index], span.end_ms + rules.linger_ms))
            ends[index] = max(ends[index], min(starts[index] + span.reading_ms, longest))
            ends[index] = _end_at_shot_change(
                starts[index], ends[index], free[index], span, rules, shot_rules
            )
    _close_gaps(starts, ends, spans, rules, gap_ms)
    return list(zip(starts, ends, strict=True))


def _starts(
    spans: Sequence[SpokenSpan], rules: Rules, gap_ms: int, film_end_ms: int | None
) -> list[int]:
    """The starts as speech alone gives them, strictly ascending and before the film's end."""
    starts: list[int] = []
    for index, span in enumerate(spans):
        start = max(0, span.start_ms)
        if starts:
            wait = min(
                spans[index - 1].end_ms,
                starts[-1] + rules.shortest_ms + gap_ms,
                (starts[-1] + span.end_ms) // 2,
            )
            room = 0 if span.keep_times else min(starts[-1] + 2 * gap_ms, span.end_ms)
            start = max(start, wait, room, starts[-1] + 1)
        starts.append(start)
    if film_end_ms is not None:
        latest = film_end_ms
        for index in reversed(range(len(starts))):
            starts[index] = latest = min(starts[index], latest - 1)
    return starts


def _starts_at_shot_changes(
    starts: Sequence[int],
    spans: Sequence[SpokenSpan],
    rules: Rules,
    gap_ms: int,
    shot_rules: ShotRules,
    film_end_ms: int | None,
) -> list[int]:
    moved: list[int] = []
    for index, (start, span) in enumerate(zip(starts, spans, strict=True)):
        earliest = closed_gap_ms = 0
        if moved:
            spoken_ms = spans[index - 1].end_ms
            shown = max(moved[-1] + rules.shortest_ms, spoken_ms - CLIPPED_MS)
            earliest = min(start, shown + gap_ms)
            closed_gap_ms = gap_ms if start - spoken_ms < rules.close_gap_below_ms else 0
        latest = min(start + LATE_MS, span.end_ms - 1)
        if index + 1 < len(starts):
            latest = min(latest, starts[index + 1] - gap_ms - rules.shortest_ms)
        elif film_end_ms is not None:
            latest = min(latest, film_end_ms - 1)
        candidates = [] if span.keep_times else shot_rules.start_candidates(start, closed_gap_ms)
        moved.append(next((to for to in candidates if earliest <= to <= max(start, latest)), start))
    return moved


def _free_until(
    starts: Sequence[int], rules: Rules, gap_ms: int, film_end_ms: int | None
) -> list[int]:
    """The latest end of each cue; it is always after the cue's start."""
    free = [after - min(gap_ms, (after - before) // 2) for before, after in pairwise(starts)]
    free.append(starts[-1] + rules.longest_ms if film_end_ms is None else film_end_ms)
    return [
        max(start + 1, min(latest, start + rules.longest_ms))
        for start, latest in zip(starts, free, strict=True)
    ]


def _start_with_lead(
    start: int,
    end: int,
    earliest: int,
    span: SpokenSpan,
    rules: Rules,
    shot_rules: ShotRules,
) -> int:
    """The start of a cue; a cue that is too short starts before its speech, as far as allowed."""
    lead = max(earliest, start - rules.lead_ms, end - rules.shortest_ms)
    if span.keep_times or lead >= start or not shot_rules.allow_start(lead):
        return start
    return lead


def _end_at_shot_change(
    start: int, end: int, free: int, span: SpokenSpan, rules: Rules, shot_rules: ShotRules
) -> int:
    least = min(end - start, max(rules.shortest_ms, span.reading_ms))
    earliest = max(start + least, min(end, span.end_ms - CLIPPED_MS))
    return next((to for to in shot_rules.end_candidates(end) if earliest <= to <= free), end)


def _close_gaps(
    starts: Sequence[int],
    ends: list[int],
    spans: Sequence[SpokenSpan],
    rules: Rules,
    gap_ms: int,
) -> None:
    for index, after in enumerate(starts[1:]):
        end, to = ends[index], after - gap_ms
        if (
            not spans[index].keep_times
            and end < to
            and after - end < rules.close_gap_below_ms
            and to - starts[index] <= rules.longest_ms
        ):
            ends[index] = to
