"""Telling a sentence in another language from one in a wrong script."""

import pytest

from indicsubs_contract.engines import ENGINES
from indicsubs_recognition.spoken_language import other_language

LANGUAGES = ENGINES["whisperx"].languages


@pytest.mark.parametrize(
    ("text", "probabilities", "language", "expected"),
    [
        ("Ask not", {"en": 0.94, "hi": 0.01}, "hi", "en"),
        ("Yaha shadi nahim", {"en": 0.05, "id": 0.8}, "hi", None),
        ("Arrat Mehphut", {"en": 0.59, "hi": 0.01}, "hi", None),
        ("Ask not", {"en": 0.7, "hi": 0.25}, "hi", None),
        ("میں تمہارا", {"ur": 0.85, "hi": 0.1}, "hi", None),
        ("میں تمہارا", {"ur": 0.95, "hi": 0.02}, "hi", "ur"),
        ("میں تمہارا", {"ur": 0.85, "ta": 0.1}, "ta", "ur"),
        ("मैं तुम्हारा", {"ur": 0.05, "hi": 0.9}, "ur", "hi"),
        ("मैं तुम्हारा", {"mr": 0.7, "hi": 0.2}, "ta", "mr"),
        ("Спасибо", {"ru": 0.99}, "hi", None),
        ("Ask not", {}, "hi", None),
    ],
)
def test_other_languages(
    text: str, probabilities: dict[str, float], language: str, expected: str | None
) -> None:
    assert other_language(text, probabilities, language, LANGUAGES) == expected
