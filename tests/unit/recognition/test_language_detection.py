"""Choosing the chunks that tell a film's language, and averaging what they tell."""

from pathlib import Path

import pytest
from recognisers import FakeRecogniser, decoded, spans, write_wav

from indicsubs_contract.audio import open_audio
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_recognition.language_detection import (
    detect_language,
    longest_of_each_part,
    mean_probabilities,
)
from indicsubs_text.languages import Language


def detect(
    folder: Path, probabilities: dict[str, float], *regions: tuple[int, int]
) -> tuple[Language, float, FakeRecogniser]:
    write_wav(folder / "audio.wav", bytes(60 * 32_000))
    engine = FakeRecogniser(lambda *_: decoded(""), probabilities)
    with open_audio(folder / "audio.wav") as audio:
        language, probability = detect_language(
            spans(*regions),
            audio,
            engine.language_probabilities,
            ENGINES["whisperx"].languages,
        )
    return language, probability, engine


def test_the_language_is_detected_from_chunks_of_the_whole_film(tmp_path: Path) -> None:
    regions = [(a * 5000, a * 5000 + 1000 + a) for a in range(11)]
    language, probability, engine = detect(tmp_path, {"ta": 0.7, "fr": 0.2}, *regions)
    assert (language.tag, probability) == ("ta", pytest.approx(0.7))
    assert len(engine.detected) == 8
    assert engine.detected[-1] == 1010


def test_a_language_that_is_not_translated(tmp_path: Path) -> None:
    with pytest.raises(IndicsubsError, match=r"'fr', probability 0\.80.*-s") as caught:
        detect(tmp_path, {"fr": 0.8}, (0, 1000))
    assert caught.value.code is FailureCode.BAD_INPUT


def test_mean_probabilities() -> None:
    assert mean_probabilities([{"hi": 0.8, "ur": 0.2}, {"hi": 0.4}]) == pytest.approx(
        {"hi": 0.6, "ur": 0.1}
    )


def test_the_longest_chunk_of_each_part() -> None:
    chunks = spans((0, 1), (1, 5), (5, 6), (6, 8), (8, 12))
    assert longest_of_each_part(chunks, 2) == [chunks[1], chunks[4]]
    assert longest_of_each_part(chunks, 9) == list(chunks)
