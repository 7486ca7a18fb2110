"""When each cue comes and goes, given when its words are spoken."""

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from indicsubs_contract.messages import CueLimits


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The speech of one cue: when, and how much there is to read."""

    start_ms: int
    end_ms: int
    characters: int
    """Grapheme clusters, spaces included."""


def settle(
    spans: Sequence[Span], limits: CueLimits, film_end_ms: int | None
) -> list[tuple[int, int]]:
    """Start and end of each cue: in the order of ``spans``, not empty, never overlapping.

    1. Starts follow the speech. Where speech overlaps, the later cue waits for the earlier one to
       be read for ``shortest_ms``, but not past the middle of what is left of its own speech.
    2. A cue ends with its speech, ``gap_ms`` before the next cue, or after ``longest_ms``,
       whichever is first. The gap takes half of the room between two starts at most.
    3. A cue shorter than ``shortest_ms`` lasts longer, into free time after it, then before it.
    4. A cue to be read faster than ``characters_per_second`` lasts longer, into free time after it.

    All lie in [0, ``film_end_ms``); a film end with fewer milliseconds than there are cues cannot
    be meant and is disregarded.

    Args:
        spans: In order of their starts.
        limits: What a cue may be.
        film_end_ms: None where the film's length is unknown.
    """
    if not spans:
        return []
    film_end_ms = None if film_end_ms is None or film_end_ms < len(spans) else film_end_ms
    starts = _starts(spans, limits, film_end_ms)
    ends = [span.end_ms for span in spans]
    ends = _clamp(ends, starts, limits, film_end_ms)
    ends = _lengthen(ends, starts, [limits.shortest_ms] * len(spans), limits, film_end_ms)
    for index, end in enumerate(ends):
        free = ends[index - 1] + limits.gap_ms if index else 0
        starts[index] = min(starts[index], max(free, end - limits.shortest_ms))
    reading = [round(1000 * span.characters / limits.characters_per_second) for span in spans]
    ends = _lengthen(ends, starts, reading, limits, film_end_ms)
    return list(zip(starts, ends, strict=True))


def _starts(spans: Sequence[Span], limits: CueLimits, film_end_ms: int | None) -> list[int]:
    """Rule 1: strictly increasing, each before the film's end."""
    starts: list[int] = []
    for index, span in enumerate(spans):
        start = max(0, span.start_ms)
        if starts:
            wait = min(
                spans[index - 1].end_ms,
                starts[-1] + limits.shortest_ms + limits.gap_ms,
                (starts[-1] + span.end_ms) // 2,
            )
            start = max(start, wait, starts[-1] + 1)
        starts.append(start)
    if film_end_ms is not None:
        latest = film_end_ms
        for index in reversed(range(len(starts))):
            starts[index] = latest = min(starts[index], latest - 1)
    return starts


def _lengthen(
    ends: Sequence[int],
    starts: Sequence[int],
    wanted_ms: Sequence[int],
    limits: CueLimits,
    film_end_ms: int | None,
) -> list[int]:
    longer = [max(end, start + ms) for end, start, ms in zip(ends, starts, wanted_ms, strict=True)]
    return _clamp(longer, starts, limits, film_end_ms)


def _clamp(
    ends: Sequence[int], starts: Sequence[int], limits: CueLimits, film_end_ms: int | None
) -> list[int]:
    """Rule 2: ends after their starts, and not after what limits them."""
    free = [after - min(limits.gap_ms, (after - before) // 2) for before, after in pairwise(starts)]
    free.append(starts[-1] + limits.longest_ms if film_end_ms is None else film_end_ms)
    return [
        max(start + 1, min(end, latest, start + limits.longest_ms))
        for start, end, latest in zip(starts, ends, free, strict=True)
    ]
