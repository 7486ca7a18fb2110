"""When each cue comes and goes, given when its words are spoken."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from indicsubs_common.subtitles.shot_rules import Cuts
from indicsubs_common.subtitles.violations import FilmFacts
from indicsubs_contract.messages.rules import Rules

LATE_MS = 250
"""A cue may wait for a cut this long after its first word: a viewer hears no more than that as one
with the picture (half of Netflix's half second)."""
CLIPPED_MS = 120
"""A cue may go at a cut this much before its last word has ended: word ends are no more exact."""


class SpokenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The speech of one cue: when, and how long it takes to read."""

    start_ms: int
    end_ms: int
    reading_ms: int
    kept: bool = False
    """A person set these times: only what cannot be is changed, not what could be better."""


def settle(spans: Sequence[SpokenSpan], rules: Rules, facts: FilmFacts) -> list[tuple[int, int]]:
    """Start and end of each cue: in the order of ``spans``, not empty, never overlapping.

    1. Starts follow the speech. Where speech overlaps, the later cue waits for the earlier one to
       be shown for ``shortest_ms``, but not past the middle of what is left of its own speech, or
       at the latest its end where the gap would have no room.
    2. A start near a shot change moves to where the rules want it, if that is free.
    3. A cue ends with its speech, the gap before the next cue, or after ``longest_ms``, whichever
       is first. The gap takes half of the room between two starts at most.
    4. A cue that is too short lasts longer, into free time after it, then before it (``lead_ms``);
       one that is too fast to read lasts longer, up to ``linger_ms`` after its speech.
    5. An end near a shot change moves to where the rules want it, if that is free and leaves time
       to read.
    6. A gap below ``close_gap_below_ms`` is closed, over a shot change too: two cues that nearly
       touch flicker, which is worse.

    A cue whose times a person set has rules 1, 3 and the first half of 4 alone.

    All lie in [0, ``film_end_ms``); a film end with fewer milliseconds than there are cues cannot
    be meant and is disregarded.

    Args:
        spans: In order of their starts.
        rules: What a cue may be.
        setting: The film's rate, end and shot changes.
    """
    if not spans:
        return []
    film_end_ms = facts.film_end_ms
    if film_end_ms is not None and film_end_ms < len(spans):
        film_end_ms = None
    gap_ms, cuts = facts.gap_ms(rules), facts.cuts(rules)
    starts = _starts(spans, rules, gap_ms, film_end_ms)
    starts = _starts_at_cuts(starts, spans, rules, gap_ms, cuts, film_end_ms)
    free = _free_until(starts, rules, gap_ms, film_end_ms)
    ends: list[int] = []
    for index, span in enumerate(spans):
        end = max(starts[index] + 1, min(span.end_ms, free[index]))
        end = max(end, min(starts[index] + rules.shortest_ms, free[index]))
        starts[index] = _led(index, starts[index], end, ends, span, rules, gap_ms, cuts)
        ends.append(end)
    free = _free_until(starts, rules, gap_ms, film_end_ms)
    for index, span in enumerate(spans):
        ends[index] = min(ends[index], free[index])
        if not span.kept:
            longest = min(free[index], max(ends[index], span.end_ms + rules.linger_ms))
            ends[index] = max(ends[index], min(starts[index] + span.reading_ms, longest))
            ends[index] = _end_at_cut(starts[index], ends[index], free[index], span, rules, cuts)
    _close_gaps(starts, ends, spans, rules, gap_ms)
    return list(zip(starts, ends, strict=True))


def _starts(
    spans: Sequence[SpokenSpan], rules: Rules, gap_ms: int, film_end_ms: int | None
) -> list[int]:
    """Strictly increasing, each before the film's end."""
    starts: list[int] = []
    for index, span in enumerate(spans):
        start = max(0, span.start_ms)
        if starts:
            wait = min(
                spans[index - 1].end_ms,
                starts[-1] + rules.shortest_ms + gap_ms,
                (starts[-1] + span.end_ms) // 2,
            )
            room = 0 if span.kept else min(starts[-1] + 2 * gap_ms, span.end_ms)
            start = max(start, wait, room, starts[-1] + 1)
        starts.append(start)
    if film_end_ms is not None:
        latest = film_end_ms
        for index in reversed(range(len(starts))):
            starts[index] = latest = min(starts[index], latest - 1)
    return starts


def _starts_at_cuts(
    starts: Sequence[int],
    spans: Sequence[SpokenSpan],
    rules: Rules,
    gap_ms: int,
    cuts: Cuts,
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
        possible = [] if span.kept else cuts.starts(start, closed_gap_ms)
        moved.append(next((to for to in possible if earliest <= to <= max(start, latest)), start))
    return moved


def _free_until(
    starts: Sequence[int], rules: Rules, gap_ms: int, film_end_ms: int | None
) -> list[int]:
    """The latest end of each cue, after its start."""
    free = [after - min(gap_ms, (after - before) // 2) for before, after in pairwise(starts)]
    free.append(starts[-1] + rules.longest_ms if film_end_ms is None else film_end_ms)
    return [
        max(start + 1, min(latest, start + rules.longest_ms))
        for start, latest in zip(starts, free, strict=True)
    ]


def _led(
    index: int,
    start: int,
    end: int,
    ends: Sequence[int],
    span: SpokenSpan,
    rules: Rules,
    gap_ms: int,
    cuts: Cuts,
) -> int:
    """The start of a cue that would be too short, moved before its speech as far as it may be."""
    earliest = ends[index - 1] + gap_ms if index else 0
    earlier = max(earliest, start - rules.lead_ms, end - rules.shortest_ms)
    if span.kept or earlier >= start or not cuts.allow_start(earlier):
        return start
    return earlier


def _end_at_cut(start: int, end: int, free: int, span: SpokenSpan, rules: Rules, cuts: Cuts) -> int:
    least = min(end - start, max(rules.shortest_ms, span.reading_ms))
    earliest = max(start + least, min(end, span.end_ms - CLIPPED_MS))
    return next((to for to in cuts.ends(end) if earliest <= to <= free), end)


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
            not spans[index].kept
            and end < to
            and after - end < rules.close_gap_below_ms
            and to - starts[index] <= rules.longest_ms
        ):
            ends[index] = to
