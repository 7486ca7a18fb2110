"""Choosing the chunks that tell a film's language, and averaging what they tell."""

import pytest
from recognisers import spans

from indicsubs_recognition.language_detection import longest_of_each_part, mean_probabilities


def test_mean_probabilities() -> None:
    assert mean_probabilities([{"hi": 0.8, "ur": 0.2}, {"hi": 0.4}]) == pytest.approx(
        {"hi": 0.6, "ur": 0.1}
    )


def test_the_longest_chunk_of_each_part() -> None:
    chunks = spans((0, 1), (1, 5), (5, 6), (6, 8), (8, 12))
    assert longest_of_each_part(chunks, 2) == [chunks[1], chunks[4]]
    assert longest_of_each_part(chunks, 9) == list(chunks)
