"""Cutting speech into chunks: nothing lost, nothing too long, order kept."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recognisers import spans

from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.chunks import JOIN_BELOW_MS, halve, make_chunks


@st.composite
def speech(draw: st.DrawFn) -> list[SpeechRegion]:
    """Regions in order, without overlaps, as voice activity detection returns them."""
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
    chunks = make_chunks(regions, longest_ms)
    assert all(0 < chunk.end_ms - chunk.start_ms <= longest_ms for chunk in chunks)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(chunks))


@given(speech(), LENGTHS)
def test_all_speech_and_no_long_silence_is_in_chunks(
    regions: list[SpeechRegion], longest_ms: int
) -> None:
    chunks = make_chunks(regions, longest_ms)
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
    chunks = make_chunks(regions, longest_ms)
    again = make_chunks(chunks, longest_ms)
    assert sum(c.end_ms - c.start_ms for c in again) >= sum(c.end_ms - c.start_ms for c in chunks)
    assert len(again) <= len(chunks)


def test_neighbours_are_joined_and_long_regions_cut() -> None:
    joined = make_chunks(spans((0, 4000), (4500, 9000), (9100, 15_000)), 10_000)
    assert joined == [*spans((0, 9000), (9100, 15_000))]
    apart = spans((0, 1000), (2500, 3000))
    assert make_chunks(apart, 10_000) == [*apart]
    cut = make_chunks(spans((0, 25_000)), 10_000)
    assert cut == [*spans((0, 8333), (8333, 16_666), (16_666, 25_000))]
    assert make_chunks([], 10_000) == []


@pytest.mark.parametrize("longest_ms", [0, -5])
def test_a_length_that_is_not_positive(longest_ms: int) -> None:
    with pytest.raises(ValueError, match="must be positive"):
        make_chunks(spans((0, 1000)), longest_ms)


@given(
    st.integers(1000, 30_000),
    st.lists(st.tuples(st.integers(0, 1000), st.integers(1, 9000)), min_size=1, max_size=6),
)
def test_halves_are_short_and_drop_no_speech(start: int, steps: list[tuple[int, int]]) -> None:
    regions: list[tuple[int, int]] = []
    end = start
    for gap, length in steps:
        regions.append((end + gap, end + gap + length))
        end += gap + length
    whole = SpeechRegion(start_ms=regions[0][0], end_ms=regions[-1][1])
    parts = halve(whole, spans(*regions))
    longest = (whole.end_ms - whole.start_ms + 1) // 2
    assert all(part.end_ms - part.start_ms <= longest for part in parts)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(parts))
    covered = {ms for part in parts for ms in range(part.start_ms, part.end_ms)}
    assert covered >= {ms for a, z in regions for ms in range(a, z)}
