import doctest
import math
from types import ModuleType

import numpy as np
import pytest

from benchmarks.speech import boundaries, tables, words
from benchmarks.speech.boundaries import Timed, boundary_errors
from benchmarks.speech.late_speech import BLANKS, LETTERS, SILENT, scores
from benchmarks.speech.spoken_film import CHUNK_MS, read_film, repeated
from benchmarks.speech.tables import percent, table
from benchmarks.speech.words import Errors, plain


def timed(text: str, *times: int) -> list[Timed]:
    parts = text.split()
    return [Timed(word, times[2 * k], times[2 * k + 1]) for k, word in enumerate(parts)]


def test_errors_count_in_both_directions() -> None:
    errors = boundary_errors(timed("a b", 0, 100, 200, 300), timed("a b", 10, 90, 170, 340))
    assert (errors.matched, errors.total) == (2, 2)
    assert errors.start_ms == (10, 30)
    assert errors.end_ms == (10, 40)
    assert (errors.mean_start_ms, errors.mean_end_ms, errors.mean_ms) == (20, 25, 22.5)


def test_a_word_that_was_heard_wrong_or_not_at_all_is_not_matched() -> None:
    errors = boundary_errors(
        timed("door shut now", 0, 1, 2, 3, 4, 5), timed("Door, but now", 0, 1, 2, 3, 5, 5)
    )
    assert (errors.matched, errors.total) == (2, 3)
    assert errors.start_ms == (0, 1)


def test_an_inserted_word_does_not_shift_the_others() -> None:
    errors = boundary_errors(timed("a b", 0, 1, 2, 3), timed("a x b", 0, 1, 1, 2, 2, 3))
    assert errors.mean_ms == 0


def test_the_highest_errors_are_left_out_of_the_percentile() -> None:
    true = [Timed(str(k), 0, 0) for k in range(50)]
    found = [Timed(str(k), 1 if k else 999, 1) for k in range(50)]
    assert boundary_errors(true, found).highest_5_percent_ms == 1


def test_without_words_there_is_no_error_to_show() -> None:
    errors = boundary_errors(timed("a", 0, 1), [])
    assert errors.matched == 0
    assert math.isnan(errors.mean_ms)
    assert math.isnan(errors.highest_5_percent_ms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Don't  PANIC!", "dont panic"),
        ("ठीक है। 2", "ठीक है two"),
        ("♪ ...", ""),
        ("and/or", "and or"),
    ],
)
def test_only_words_are_compared(text: str, expected: str) -> None:
    assert plain(text) == expected


def test_rates_of_errors() -> None:
    errors = Errors(words=10, substituted=1, deleted=2, inserted=4)
    assert errors.rate == pytest.approx(0.7)
    assert errors.found == pytest.approx(0.7)
    assert math.isnan(Errors(0, 0, 0, 3).rate)


def test_a_table_shows_what_is_not_known() -> None:
    assert percent(float("nan")) == "–"
    assert table(["a", "b"], [["x", None], ["y", 1.234]]).splitlines()[2:] == [
        "| x | – |",
        "| y | 1.23 |",
    ]


@pytest.mark.parametrize("blank", BLANKS)
def test_scores_that_were_made_up_are_probabilities(blank: float) -> None:
    found = np.exp(scores(blank))
    assert found.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert found[:SILENT, 0] == pytest.approx(blank)
    assert found[SILENT].argmax() == 2
    assert found.argmax(axis=1).max() == len(LETTERS) + 1


def test_a_film_is_repeated_with_its_words() -> None:
    film = read_film("clip-ta.m4a", "clip-ta.json")
    long = repeated(film, 2 * film.minutes)
    assert len(long.words) == 2 * len(film.words)
    shift_ms = long.words[len(film.words)].start_ms - film.words[0].start_ms
    assert shift_ms == len(long.samples) // 2 // 16
    start = film.words[0].start_ms * 16
    shifted = long.samples[start + 16 * shift_ms :][:1000]
    assert np.array_equal(shifted, film.samples[start:][:1000])


def test_every_sentence_is_in_one_chunk() -> None:
    film = read_film("clip-ta.m4a", "clip-ta.json")
    chunks = film.chunks()
    assert " ".join(c["text"] for c in chunks) == " ".join(s.text for s in film.sentences)
    assert all(c["end_ms"] - c["start_ms"] <= CHUNK_MS for c in chunks)


@pytest.mark.parametrize("module", [boundaries, tables, words])
def test_examples(module: ModuleType) -> None:
    failed, tried = doctest.testmod(module)
    assert tried
    assert not failed
