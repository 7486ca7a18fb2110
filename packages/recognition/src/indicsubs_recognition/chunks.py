"""Cutting a film's speech into the chunks that a recogniser gets."""

from collections.abc import Iterable
from itertools import pairwise

from indicsubs_contract.transcript import SpeechRegion

JOIN_BELOW_MS = 1_500
"""Regions further apart are never in one chunk: a long silence invites invented text."""


def chunk(regions: Iterable[SpeechRegion], longest_ms: int) -> list[SpeechRegion]:
    """Join neighbouring regions into chunks of ``longest_ms`` at most.

    A region that is longer by itself is cut into equal parts. Nothing is dropped and the order is
    kept; chunks do not overlap when the regions do not.

    Raises:
        ValueError: ``longest_ms`` is not positive.
    """
    if longest_ms <= 0:
        raise ValueError(f"the longest chunk must be positive, not {longest_ms} ms")
    chunks: list[SpeechRegion] = []
    for region in regions:
        for part in _parts(region, longest_ms):
            last = chunks[-1] if chunks else None
            if (
                last is not None
                and part.start_ms - last.end_ms < JOIN_BELOW_MS
                and part.end_ms - last.start_ms <= longest_ms
            ):
                chunks[-1] = SpeechRegion(start_ms=last.start_ms, end_ms=part.end_ms)
            else:
                chunks.append(part)
    return chunks


def _parts(region: SpeechRegion, longest_ms: int) -> list[SpeechRegion]:
    length = region.end_ms - region.start_ms
    count = max(1, -(-length // longest_ms))
    edges = [region.start_ms + length * k // count for k in range(count + 1)]
    return [SpeechRegion(start_ms=a, end_ms=z) for a, z in pairwise(edges)]
