"""Tells whether a translation can be read while its line is shown. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from indicsubs_contract.transcript import Segment
from indicsubs_text.graphemes import count_graphemes
from indicsubs_translation.repair import IsReadable

LINGER_MS: Final = 500
"""A cue may stay this long after its speech (Netflix, Subtitle Timing Guidelines)."""


def reading_times(segments: Sequence[Segment]) -> list[int]:
    """Returns the longest time (ms) to show each segment: its speech and a part of the pause."""
    pauses = [max(0, following.start_ms - one.end_ms) for one, following in pairwise(segments)]
    return [
        segment.end_ms - segment.start_ms + min(LINGER_MS, pause)
        for segment, pause in zip(segments, [*pauses, LINGER_MS], strict=False)
    ]


def readable_in_time(
    lines: Sequence[str], times_ms: Sequence[int], characters_per_second: float
) -> IsReadable:
    """Returns a function that tells whether a line's translation can be read while it is shown.

    Equal lines have one translation, so the shortest of their times counts. Characters are grapheme
    clusters.

    Args:
        lines: In the order of the film.
        times_ms: The time for which each line is shown.
        characters_per_second: The highest reading speed.
    """
    shortest: dict[str, int] = {}
    for line, time_ms in zip(lines, times_ms, strict=True):
        shortest[line] = min(time_ms, shortest.get(line, time_ms))

    def is_readable(line: str, translation: str) -> bool:
        return 1000 * count_graphemes(translation) <= characters_per_second * shortest[line]

    return is_readable
