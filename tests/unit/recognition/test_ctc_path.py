"""The path of a text through the output of a CTC network, against a search over all paths."""

from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_recognition.ctc_path import Scores, WordPath, best_path
from indicsubs_recognition.spelling import Vocabulary, read_vocabulary, spell_words

LETTERS = read_vocabulary({"<pad>": 0, "|": 1, "क": 2, "म": 3}, "|", blank=0, columns=4)
PIECES = Vocabulary(
    columns={"▁": 0, "क": 1, "म": 2, "▁क": 3, "कम": 4}, blank=5, star=6, word_start="▁"
)


def random_scores(seed: int, frames: int, columns: int) -> Scores:
    logits = np.random.default_rng(seed).normal(0, 3, (frames, columns))
    return (logits - np.log(np.exp(logits).sum(1, keepdims=True))).astype(np.float32)


def columns_of(paths: list[WordPath]) -> list[int]:
    spans = [s for path in paths for s in (*path.pieces, path.delimiter) if s is not None]
    return [span.column for span in spans]


def score_of(paths: list[WordPath], scores: Scores, blank: int) -> float:
    """The log-probability of a path, recomputed from its spans; every other frame is a blank."""
    total = scores[:, blank].astype(float)
    for path in paths:
        for span in (*path.pieces, path.delimiter):
            if span is not None:
                total[span.start : span.end] = scores[span.start : span.end, span.column]
    return float(total.sum())


def best_of_all(scores: Scores, targets: set[tuple[int, ...]], blank: int) -> float:
    """The best log-probability of all frame sequences that collapse to one of the targets."""
    frames, columns = scores.shape
    best = -np.inf
    for sequence in product(range(columns), repeat=frames):
        collapsed = tuple(column for column, _ in groupby(sequence) if column != blank)
        if collapsed in targets:
            best = max(best, float(sum(scores[t, c] for t, c in enumerate(sequence))))
    return best


@given(st.integers(0, 2**32 - 1), st.sampled_from(["क", "कम", "कक", "म क"]))
def test_no_path_of_letters_is_better(seed: int, text: str) -> None:
    scores = random_scores(seed, 6, 4)
    words = spell_words(text, LETTERS)
    paths = best_path(scores, words, LETTERS)
    assert paths is not None
    target = tuple(
        column for word in words for column in (*(piece.column for piece in word.pieces), 1)
    )
    assert tuple(columns_of(paths)) == target
    assert score_of(paths, scores, 0) == pytest.approx(best_of_all(scores, {target}, 0), abs=1e-4)


@given(st.integers(0, 2**32 - 1))
def test_the_best_of_several_spellings_is_taken(seed: int) -> None:
    scores = random_scores(seed, 5, 6)
    paths = best_path(scores, spell_words("कम", PIECES), PIECES)
    assert paths is not None
    spellings = {(0, 1, 2), (0, 4), (3, 2)}
    assert tuple(columns_of(paths)) in spellings
    assert score_of(paths, scores, 5) == pytest.approx(best_of_all(scores, spellings, 5), abs=1e-4)


def test_a_long_silence_does_not_draw_the_words_to_it() -> None:
    """After 15 s of uncertain blanks, whisperX's path search puts words up to 18 s early."""
    scores = np.log(np.full((800, 4), 0.05, np.float32))
    scores[:, 0] = np.log(0.35)
    for frame, column in ((750, 2), (760, 3), (770, 1)):
        scores[frame] = np.log([0.05, 0.05, 0.05, 0.05])
        scores[frame, column] = np.log(0.85)
    (path,) = best_path(scores, spell_words("कम", LETTERS), LETTERS) or ()
    assert [(piece.start, piece.end) for piece in path.pieces] == [(750, 751), (760, 761)]
    assert path.delimiter is not None
    assert path.delimiter.start == 770
    assert path.pieces[0].probability == pytest.approx(0.85)


def test_any_sound_fits_an_unknown_letter() -> None:
    scores = np.log(np.full((9, 4), 0.01, np.float32))
    scores[:, 0] = np.log(0.97)
    scores[2] = np.log([0.01, 0.01, 0.97, 0.01])
    scores[5] = np.log([0.01, 0.01, 0.01, 0.97])
    scores[7] = np.log([0.01, 0.97, 0.01, 0.01])
    (path,) = best_path(scores, spell_words("क7", LETTERS), LETTERS) or ()
    assert [(p.column, p.start, p.end) for p in path.pieces] == [(2, 2, 3), (LETTERS.star, 5, 6)]


@pytest.mark.parametrize(("text", "frames"), [("क", 0), ("कम", 2), ("कक", 3), ("क क", 3)])
def test_too_few_frames(text: str, frames: int) -> None:
    words = spell_words(text, LETTERS)
    assert best_path(random_scores(1, frames, 4), words, LETTERS) is None
    assert best_path(random_scores(1, frames + 1, 4), words, LETTERS) is not None or frames == 0
