"""Which cue shows which of the transcript's segments."""

from bisect import bisect_left
from collections.abc import Sequence

from indicsubs_common.cues import Cue
from indicsubs_contract.transcript import Segment


def segments_shown(cues: Sequence[Cue], segments: Sequence[Segment]) -> list[tuple[int, ...]]:
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
