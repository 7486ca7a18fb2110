"""The sentences that are spoken while a cue is shown."""

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

    They overlap where the time that they share is at least half of the shorter one's time.

    Args:
        cues: In any order.
        segments: In order of their start.
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
