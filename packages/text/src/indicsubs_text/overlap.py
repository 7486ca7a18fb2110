"""Finds the sentences that are spoken while a cue is shown."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from indicsubs_contract.transcript import Segment


class TimeSpan(Protocol):
    """A time span from ``start_ms`` to ``end_ms``, half-open."""

    @property
    def start_ms(self) -> int:
        """The start, in ms on the film's clock."""
        ...

    @property
    def end_ms(self) -> int:
        """The end, in ms on the film's clock."""
        ...


def overlapping_segments(
    cues: Sequence[TimeSpan], segments: Sequence[Segment]
) -> list[tuple[int, ...]]:
    """Returns the indices of the segments that overlap each cue.

    A segment overlaps a cue where their common time is at least half of the shorter duration.

    Args:
        cues: The cues, in any order.
        segments: The segments, in order of their start.
    """
    starts = [segment.start_ms for segment in segments]
    longest = max((segment.end_ms - segment.start_ms for segment in segments), default=0)
    return [
        tuple(
            index
            for index in range(
                bisect_left(starts, cue.start_ms - longest), bisect_left(starts, cue.end_ms)
            )
            if _overlap(cue, segments[index])
        )
        for cue in cues
    ]


def _overlap(cue: TimeSpan, segment: Segment) -> bool:
    shared = min(cue.end_ms, segment.end_ms) - max(cue.start_ms, segment.start_ms)
    shorter = min(cue.end_ms - cue.start_ms, segment.end_ms - segment.start_ms)
    return shared > 0 and 2 * shared >= shorter
