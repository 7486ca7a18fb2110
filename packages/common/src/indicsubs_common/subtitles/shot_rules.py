"""Rules for the start and end of cues near shot changes (Netflix, Subtitle Timing Guidelines).

A cue may start on a shot change, or at least half a second away from every shot change. It may end
two frames before a shot change, or at least half a second away from every shot change. The half
second is the rule ``cut_ms``; the two frames are the rule ``cut_gap_frames``.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec


class ShotRules(msgspec.Struct, frozen=True, kw_only=True):
    """The shot changes of a film, with the rules for cues near them."""

    at_ms: Sequence[int] = ()
    """The first moment of each new shot, ascending."""
    near_ms: int = 0
    """A start or end nearer to a shot change than this has to move; 0 ignores shot changes."""
    out_gap_ms: int = 0
    """The time between the end of a cue and the shot change at which it ends."""

    def near(self, at_ms: int, gap_ms: int = 0) -> Sequence[int]:
        """The shot changes that are nearer than ``near_ms`` to [at_ms - gap_ms, at_ms]."""
        first = bisect_right(self.at_ms, at_ms - gap_ms - self.near_ms)
        return self.at_ms[first : bisect_left(self.at_ms, at_ms + self.near_ms)]

    def between(self, start_ms: int, end_ms: int) -> Sequence[int]:
        """The shot changes in [start_ms, end_ms], both ends included."""
        first = bisect_left(self.at_ms, start_ms)
        return self.at_ms[first : bisect_right(self.at_ms, end_ms)]

    def allow_start(self, at_ms: int, gap_ms: int = 0) -> bool:
        """Whether a cue may start then and, unless ``gap_ms`` is 0, another cue may end before."""
        near = self.near(at_ms)
        if near or not gap_ms:
            return not near or at_ms in near
        return self.allow_end(at_ms - gap_ms)

    def allow_end(self, at_ms: int) -> bool:
        """Whether a cue may end at a time."""
        near = self.near(at_ms)
        return not near or at_ms + self.out_gap_ms in near

    def start_candidates(self, at_ms: int, gap_ms: int = 0) -> list[int]:
        """The times to which a start may move, the best first; empty if it may stay.

        The first two times are the shot change and half a second before it, the nearer one first.
        Half a second after the shot change comes last.

        Args:
            at_ms: The start.
            gap_ms: How long before the start another cue ends; 0 where none does.
        """
        if self.allow_start(at_ms, gap_ms):
            return []
        near = self.near(at_ms, gap_ms)
        candidates = sorted(
            (to for cut in near for to in (cut, cut - self.near_ms)), key=lambda to: abs(to - at_ms)
        )
        candidates += [cut + self.near_ms + gap_ms for cut in near]
        return [to for to in candidates if self.allow_start(to, gap_ms)]

    def end_candidates(self, at_ms: int) -> list[int]:
        """The times to which an end may move, the nearest first; empty if it may stay."""
        if self.allow_end(at_ms):
            return []
        cuts = self.between(at_ms - self.near_ms, at_ms + 2 * self.near_ms)
        candidates = [to for cut in cuts for to in (cut - self.out_gap_ms, cut + self.near_ms)]
        return sorted(filter(self.allow_end, candidates), key=lambda to: abs(to - at_ms))
