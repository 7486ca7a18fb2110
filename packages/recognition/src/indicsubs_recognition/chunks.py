"""Cuts a film's speech into the chunks that a recogniser gets."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from indicsubs_contract.transcript import SpeechRegion

LONGEST_CHUNK_MS = 30_000
"""The length of audio that Whisper takes at once: 30 s."""
JOIN_BELOW_MS = 1_500
"""Regions are joined only if the pause between them is shorter than this, because recognisers
invent text in a long silence."""

SHORTEST_GAP_MS = 1_000
"""The shortest gap between speech regions that may be heard too; the pauses of a dialogue are
shorter."""
GAP_CHUNK_MS = 12_000
"""The longest chunk of a gap."""


def make_chunks(regions: Iterable[SpeechRegion], longest_ms: int) -> list[SpeechRegion]:
    """Joins neighbouring regions into chunks of at most ``longest_ms``.

    A longer region is cut into equal parts. No speech is dropped, and the order is kept. If the
    regions do not overlap, the chunks do not overlap.

    Raises:
        ValueError: ``longest_ms`` is not positive.
    """
    if longest_ms <= 0:
        raise ValueError(f"the longest chunk must be positive, not {longest_ms} ms")
    chunks: list[SpeechRegion] = []
    for region in regions:
        for part in _equal_parts(region, longest_ms):
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


def halve(chunk: SpeechRegion, regions: Sequence[SpeechRegion]) -> list[SpeechRegion]:
    """Cuts a chunk into parts of at most half its length, between regions where possible.

    Args:
        chunk: The chunk to cut.
        regions: All speech of the film, in order.
    """
    inside = [
        SpeechRegion(
            start_ms=max(region.start_ms, chunk.start_ms), end_ms=min(region.end_ms, chunk.end_ms)
        )
        for region in regions
        if region.start_ms < chunk.end_ms and region.end_ms > chunk.start_ms
    ]
    return make_chunks(inside, (chunk.end_ms - chunk.start_ms + 1) // 2)


def gaps_between(regions: Sequence[SpeechRegion], audio_ms: int) -> list[SpeechRegion]:
    """Returns the stretches of at least :data:`SHORTEST_GAP_MS` outside all regions, as chunks.

    Args:
        regions: All speech of the film, in order.
        audio_ms: The length of the audio.
    """
    edges = [0, *(edge for region in regions for edge in (region.start_ms, region.end_ms))]
    edges.append(max(audio_ms, edges[-1]))
    return [
        chunk
        for start_ms, end_ms in zip(edges[::2], edges[1::2], strict=True)
        if end_ms - start_ms >= SHORTEST_GAP_MS
        for chunk in make_chunks([SpeechRegion(start_ms=start_ms, end_ms=end_ms)], GAP_CHUNK_MS)
    ]


def _equal_parts(region: SpeechRegion, longest_ms: int) -> list[SpeechRegion]:
    length = region.end_ms - region.start_ms
    count = max(1, -(-length // longest_ms))
    edges = [region.start_ms + length * k // count for k in range(count + 1)]
    return [SpeechRegion(start_ms=a, end_ms=z) for a, z in pairwise(edges)]
