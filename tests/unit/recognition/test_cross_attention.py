"""The frames of tokens in a decoder's attention."""

import numpy as np
import pytest

from indicsubs_recognition.cross_attention import token_starts


def attention(starts: list[int], frames: int, heads: int = 2) -> np.ndarray:
    """Each token attends to the frames from its start to the next one's."""
    weights = np.full((heads, len(starts), frames), 0.01, np.float32)
    for token, (start, end) in enumerate(zip(starts, [*starts[1:], frames], strict=True)):
        weights[:, token, start:end] = 1 / (end - start)
    return weights


@pytest.mark.parametrize("starts", [[0], [0, 10], [0, 10, 30, 31 + 9], [0, 8, 20, 33, 50, 61]])
def test_tokens_begin_where_the_attention_moves(starts: list[int]) -> None:
    found = token_starts(attention(starts, 80))
    assert len(found) == len(starts)
    assert np.abs(np.subtract(found, starts)).max() <= 1


def test_a_single_noisy_frame_is_smoothed_away() -> None:
    weights = attention([0, 40], 80)
    weights[:, 1, 5] = 1
    assert token_starts(weights) == pytest.approx([0, 40], abs=1)


def test_the_path_is_the_cheapest_one() -> None:
    """Against all paths, on small matrices; the sums are compared, as paths can be equal."""
    from indicsubs_recognition.cross_attention import _first_frames, _steps

    rng = np.random.default_rng(0)
    for _ in range(30):
        costs = rng.normal(size=(rng.integers(1, 5), rng.integers(1, 6))).astype(np.float32)
        totals = np.full(costs.shape, np.inf)
        starts: dict[tuple[int, int], list[int]] = {}
        for i, j in np.ndindex(costs.shape):
            before = [(i - 1, j - 1), (i - 1, j), (i, j - 1)]
            known = [cell for cell in before if min(cell) >= 0]
            best = min(known, key=lambda cell: totals[cell], default=None)
            totals[i, j] = costs[i, j] + (totals[best] if best else 0)
            own = list(starts[best]) if best else []
            starts[i, j] = own if len(own) > i else [*own, j]
        assert _first_frames(_steps(costs)) == starts[costs.shape[0] - 1, costs.shape[1] - 1]


def test_few_frames_and_numbers_that_are_none() -> None:
    assert token_starts(attention([0, 1], 2)) == [0, 1]
    broken = token_starts(np.full((2, 3, 20), np.nan, np.float32))
    assert len(broken) == 3
    assert all(0 <= frame < 20 for frame in broken)
