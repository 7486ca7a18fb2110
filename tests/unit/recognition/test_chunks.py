"""Cutting speech into chunks: nothing lost, nothing too long, order kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.chunks import JOIN_BELOW_MS, chunk


def spans(*regions: tuple[int, int]) -> list[SpeechRegion]:
    return [SpeechRegion(start_ms=a, end_ms=z) for a, z in regions]


@st.composite
def speech(draw: st.DrawFn) -> list[SpeechRegion]:
    """Regions in order that do not overlap, as voice activity detection gives them."""
    steps = draw(st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 40_000)), max_size=30))
    regions: list[SpeechRegion] = []
    end = 0
    for gap, length in steps:
        regions.append(SpeechRegion(start_ms=end + gap, end_ms=end + gap + length))
        end += gap + length
    return regions


LENGTHS = st.integers(1000, 30_000)


@given(speech(), LENGTHS)
def test_chunks_are_in_order_and_short(regions: list[SpeechRegion], longest_ms: int) -> None:
    chunks = chunk(regions, longest_ms)
    assert all(0 < made.end_ms - made.start_ms <= longest_ms for made in chunks)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(chunks))


@given(speech(), LENGTHS)
def test_all_speech_and_no_long_silence_is_in_chunks(
    regions: list[SpeechRegion], longest_ms: int
) -> None:
    chunks = chunk(regions, longest_ms)
    for region in regions:
        inside = [c for c in chunks if c.start_ms < region.end_ms and c.end_ms > region.start_ms]
        covered = sum(
            min(c.end_ms, region.end_ms) - max(c.start_ms, region.start_ms) for c in inside
        )
        assert covered == region.end_ms - region.start_ms
    for one, two in pairwise(regions):
        if two.start_ms - one.end_ms >= JOIN_BELOW_MS:
            assert not any(c.start_ms < one.end_ms and c.end_ms > two.start_ms for c in chunks)


@given(speech(), LENGTHS)
def test_chunking_twice_changes_nothing_more(regions: list[SpeechRegion], longest_ms: int) -> None:
    chunks = chunk(regions, longest_ms)
    again = chunk(chunks, longest_ms)
    assert sum(c.end_ms - c.start_ms for c in again) >= sum(c.end_ms - c.start_ms for c in chunks)
    assert len(again) <= len(chunks)


def test_neighbours_are_joined_and_long_regions_cut() -> None:
    assert chunk(spans((0, 4000), (4500, 9000), (9100, 15_000)), 10_000) == spans(
        (0, 9000), (9100, 15_000)
    )
    assert chunk(spans((0, 1000), (2500, 3000)), 10_000) == spans((0, 1000), (2500, 3000))
    assert chunk(spans((0, 25_000)), 10_000) == spans((0, 8333), (8333, 16_666), (16_666, 25_000))
    assert chunk([], 10_000) == []


@pytest.mark.parametrize("longest_ms", [0, -5])
def test_a_length_that_cannot_be(longest_ms: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        chunk(spans((0, 1000)), longest_ms)
