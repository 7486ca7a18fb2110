"""Which sentences are said while something is shown."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from indicsubs_contract.transcript import Segment


class Timed(Protocol):
    """Anything on screen from ``start_ms`` to ``end_ms``, half-open."""

    @property
    def start_ms(self) -> int:
        """When it comes."""
        ...

    @property
    def end_ms(self) -> int:
        """When it goes."""
        ...


def overlapping_segments(
    shown: Sequence[Timed], segments: Sequence[Segment]
) -> list[tuple[int, ...]]:
    """For each cue, the indices of the segments that share half of the shorter one's time with it.

    Args:
        shown: Cues, in any order.
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
            if _share_time(cue, segments[index])
        )
        for cue in shown
    ]


def _share_time(cue: Timed, segment: Segment) -> bool:
    shared = min(cue.end_ms, segment.end_ms) - max(cue.start_ms, segment.start_ms)
    shorter = min(cue.end_ms - cue.start_ms, segment.end_ms - segment.start_ms)
    return shared > 0 and 2 * shared >= shorter
