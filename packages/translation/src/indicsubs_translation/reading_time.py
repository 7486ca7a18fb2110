"""How long a translation may be to be read while its line is spoken: pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from indicsubs_contract.transcript import Segment
from indicsubs_text.graphemes import count_graphemes
from indicsubs_translation.repair import Fits

LINGER_MS: Final = 500
"""A cue may stay so long after its speech (Netflix, Subtitle Timing Guidelines)."""


def reading_times(segments: Sequence[Segment]) -> list[int]:
    """Milliseconds that each segment can be shown: its speech, and some of the pause after it."""
    free = [max(0, after.start_ms - one.end_ms) for one, after in pairwise(segments)]
    return [
        segment.end_ms - segment.start_ms + min(LINGER_MS, pause)
        for segment, pause in zip(segments, [*free, LINGER_MS], strict=False)
    ]


def time_allows(
    lines: Sequence[str], times_ms: Sequence[int], characters_per_second: float
) -> Fits:
    """Whether a line's translation can be read while it is shown.

    Equal lines are translated alike, so that the one with the least time decides. Characters are
    grapheme clusters.
    """
    least: dict[str, int] = {}
    for line, time_ms in zip(lines, times_ms, strict=True):
        least[line] = min(time_ms, least.get(line, time_ms))

    def fits(line: str, text: str) -> bool:
        return 1000 * count_graphemes(text) <= characters_per_second * least[line]

    return fits
