"""Which output of a recogniser can be trusted, and cleaning its text."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recognisers import decoded

from indicsubs_recognition.decoded_chunk import (
    clean_text,
    compression_ratio,
    distrust_note,
    has_words,
    is_silent,
)

HINDI = (
    "तुम यहाँ क्या कर रहे हो? मैं तुम्हारा इंतज़ार कर रहा था। दरवाज़ा बंद कर दो। मुझे तुमसे एक ज़रूरी बात"
    " करनी है। आज रात बहुत ठंड है। क्या तुमने खाना खा लिया? वह आदमी झूठ बोल रहा है। पुलिस हमारा पीछा कर"
    " रही है।"
)


def test_ordinary_text_does_not_count_as_repetition_in_any_script() -> None:
    assert compression_ratio("") == 0
    assert compression_ratio(HINDI) < 2
    english = "Ask not what your country can do for you, ask what you can do."
    assert compression_ratio(english) < 2
    assert compression_ratio("हाँ " * 30) > 2.4
    assert compression_ratio("la " * 30) > 2.4


@given(st.text())
def test_any_text_can_be_judged(text: str) -> None:
    assert compression_ratio(text) >= 0
    assert clean_text(clean_text(text)) == clean_text(text)
    assert "\n" not in clean_text(text)
    assert has_words(clean_text(text)) == has_words(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("!!!!", False), ("♪ …", False), ("", False), ("हाँ", True), ("५", True)]
)
def test_words(text: str, expected: bool) -> None:
    assert has_words(text) is expected


def test_an_incomplete_character_at_the_end_is_dropped() -> None:
    assert clean_text("  ठीक\nहै \ufffd") == "ठीक है"


def test_whisper_s_rule_of_silence() -> None:
    assert is_silent(decoded("x", -1.1, no_speech=0.7))
    assert not is_silent(decoded("x", -0.9, no_speech=0.7))
    assert not is_silent(decoded("x", -1.1, no_speech=0.5))
    assert not is_silent(decoded("x", math.nan, no_speech=0.9))
    assert distrust_note(decoded("x")) is None
