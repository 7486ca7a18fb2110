"""Finds the times of tokens in a decoder's attention to the encoder's frames. Pure.

The method is OpenAI's (openai/whisper, timing.py): some heads of Whisper's decoder attend to the
frames in which the next token is spoken, and dynamic time warping finds the path through them.
"""

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

_MEDIAN_WIDTH = 7
"""The frames over which the attention is smoothed."""
_DIAGONAL, _NEXT_TOKEN, _NEXT_FRAME = 0, 1, 2


def token_starts(attention: npt.NDArray[np.float32]) -> list[int]:
    """Returns the frame in which each token begins.

    Args:
        attention: The weights [heads, tokens, frames] after the softmax, at least one of each.
    """
    attention = np.nan_to_num(attention)
    mean = attention.mean(axis=1, keepdims=True)
    deviation = attention.std(axis=1, keepdims=True)
    scores = _smoothed((attention - mean) / np.maximum(deviation, 1e-9)).mean(axis=0)
    return _first_frames(_steps(-scores))


def _smoothed(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Takes the median over neighbouring frames; the ends are mirrored."""
    margin = _MEDIAN_WIDTH // 2
    if scores.shape[-1] <= margin:
        return scores
    padded = np.pad(scores, ((0, 0), (0, 0), (margin, margin)), mode="reflect")
    return np.median(sliding_window_view(padded, _MEDIAN_WIDTH, axis=-1), axis=-1)


def _steps(costs: npt.NDArray[np.float32]) -> npt.NDArray[np.int8]:
    """Returns the step by which the cheapest path reaches each cell of costs [tokens, frames].

    All cells of an anti-diagonal are computed at once.
    """
    tokens, frames = costs.shape
    steps = np.full((tokens, frames), _NEXT_FRAME, np.int8)
    # The totals of an anti-diagonal by token, after an infinite total for a token before the first.
    last = np.full(tokens + 1, np.inf)
    last[1] = costs[0, 0]
    before_last = np.full(tokens + 1, np.inf)
    for diagonal in range(1, tokens + frames - 1):
        rows = np.array(range(max(0, diagonal - frames + 1), min(tokens, diagonal + 1)), np.intp)
        by_diagonal, by_token, by_frame = before_last[rows], last[rows], last[rows + 1]
        step = np.where(
            (by_diagonal < by_token) & (by_diagonal < by_frame),
            _DIAGONAL,
            np.where((by_token < by_diagonal) & (by_token < by_frame), _NEXT_TOKEN, _NEXT_FRAME),
        )
        steps[rows, diagonal - rows] = step
        total = np.full(tokens + 1, np.inf)
        total[rows + 1] = costs[rows, diagonal - rows] + np.choose(
            step, (by_diagonal, by_token, by_frame)
        )
        before_last, last = last, total
    return steps


def _first_frames(steps: npt.NDArray[np.int8]) -> list[int]:
    """Returns the first frame of each token on the path that ends at the last frame."""
    token, frame = steps.shape[0] - 1, steps.shape[1] - 1
    starts = [0] * (token + 1)
    while token > 0:
        step = steps[token, frame]
        if step != _NEXT_FRAME:
            starts[token] = frame
            token -= 1
        if step != _NEXT_TOKEN:
            frame -= 1
    return starts
