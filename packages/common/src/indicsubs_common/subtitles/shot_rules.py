"""Where the edges of cues may be, seen from the shot changes (Netflix, Subtitle Timing Guidelines).

A cue comes on a cut or half a second away from any; it goes two frames before a cut or half a
second away from any. The half second is ``cut_ms`` of the rules, the two frames ``cut_gap_frames``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """The shot changes of a film, and how near to one an edge may be."""

    at_ms: Sequence[int] = ()
    """The first moment of each shot, in order."""
    near_ms: int = 0
    """Nearer than this an edge has to be on the cut; 0 disregards cuts."""
    out_gap_ms: int = 0
    """A cue that ends at a cut ends this much before it."""

    def near(self, at_ms: int, gap_ms: int = 0) -> Sequence[int]:
        """The cuts nearer than ``near_ms`` to a time, or to the gap that ends then."""
        first = bisect_right(self.at_ms, at_ms - gap_ms - self.near_ms)
        return self.at_ms[first : bisect_left(self.at_ms, at_ms + self.near_ms)]

    def between(self, start_ms: int, end_ms: int) -> Sequence[int]:
        """The cuts in [start, end]."""
        first = bisect_left(self.at_ms, start_ms)
        return self.at_ms[first : bisect_right(self.at_ms, end_ms)]

    def allow_start(self, at_ms: int, gap_ms: int = 0) -> bool:
        """Whether a cue may come then, and one may go ``gap_ms`` before it where it is not 0."""
        near = self.near(at_ms)
        if near or not gap_ms:
            return not near or at_ms in near
        return self.allow_end(at_ms - gap_ms)

    def allow_end(self, at_ms: int) -> bool:
        """Whether a cue may go then."""
        near = self.near(at_ms)
        return not near or at_ms + self.out_gap_ms in near

    def starts(self, at_ms: int, gap_ms: int = 0) -> list[int]:
        """Where a cue that comes then could come instead, the best first; empty if it may.

        On the cut or half a second before it, whichever is nearer; else half a second after it.

        Args:
            at_ms: When it comes.
            gap_ms: How much before it another cue goes; 0 where none does.
        """
        if self.allow_start(at_ms, gap_ms):
            return []
        near = self.near(at_ms, gap_ms)
        moved = sorted(
            (to for cut in near for to in (cut, cut - self.near_ms)), key=lambda to: abs(to - at_ms)
        )
        moved += [cut + self.near_ms + gap_ms for cut in near]
        return [to for to in moved if self.allow_start(to, gap_ms)]

    def ends(self, at_ms: int) -> list[int]:
        """Where a cue that goes then could go instead, the nearest first; empty if it may."""
        if self.allow_end(at_ms):
            return []
        cuts = self.between(at_ms - self.near_ms, at_ms + 2 * self.near_ms)
        moved = [to for cut in cuts for to in (cut - self.out_gap_ms, cut + self.near_ms)]
        return sorted(filter(self.allow_end, moved), key=lambda to: abs(to - at_ms))
