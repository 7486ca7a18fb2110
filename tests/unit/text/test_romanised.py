"""Romanised lines are recognised beside English ones, and converted to the native script."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import letters_by_script
from indicsubs_text.transliteration import romanised_words as romanised_words_module
from indicsubs_text.transliteration.romanised import classify, classify_all, to_native
from indicsubs_text.transliteration.romanised_words import (
    ROMANISED_LANGUAGES,
    english_words,
    romanised_words,
)

HINDI = find_language("hi")


@pytest.mark.parametrize(
    ("tag", "line", "kind"),
    [
        ("hi", "yaar tum kahan ja rahe ho", "romanised"),
        ("hi", "<i>Main ghar ja raha hoon.</i>", "romanised"),
        ("hi", "meeting ke baad call karo", "romanised"),
        ("hi", "where are you going", "english"),
        ("hi", "Raj, come here!", "english"),
        ("hi", "I love you", "english"),
        ("hi", "OK", "unknown"),
        ("hi", "Sharma", "unknown"),
        ("hi", "Google Maps", "unknown"),
        ("hi", "The End", "unknown"),
        ("hi", "Main Road", "unknown"),
        ("hi", "♪ 12 ♪", "unknown"),
        ("hi", "", "unknown"),
        ("hi", "Куда ты идёшь, yaar", "unknown"),
        ("hi", "तुम कहाँ हो, Rahul?", "native"),
        ("en", "where are you going", "native"),
        ("ur", "aap kahan ja rahe hain", "romanised"),
        ("pa", "tusi kithe ja rahe ho", "romanised"),
        ("bn", "tumi kothay jaccho", "romanised"),
        ("mr", "tu kuthe jat aahes", "romanised"),
        ("gu", "tame kem chho", "romanised"),
        ("ta", "nee enga pora", "romanised"),
        ("te", "nuvvu ekkada unnavu", "romanised"),
        ("kn", "neenu elli hogi", "romanised"),
        ("ml", "njan avide illa", "romanised"),
        ("sat", "where are you", "english"),
        ("sat", "yaar tum kahan ho", "unknown"),
    ],
)
def test_how_a_line_is_written(tag: str, line: str, kind: str) -> None:
    assert classify(line, find_language(tag)) == kind


@pytest.mark.parametrize("tag", ROMANISED_LANGUAGES)
def test_english_dialogue_is_english_in_a_film_of_any_language(tag: str) -> None:
    for line in (
        "What are you doing here?",
        "I don't know what you want.",
        "We should go before they come.",
        "Did you tell him that it was my fault?",
    ):
        assert classify(line, find_language(tag)) == "english"


def test_the_transcript_decides_on_lines_with_too_little_evidence() -> None:
    romanised = ["yaar tum kahan ho", "mujhe nahi pata", "zindagi badal gayi dost", "Rahul Sharma"]
    assert classify_all(romanised, HINDI) == ["romanised", "romanised", "romanised", "unknown"]
    mixed = ["तुम कहाँ हो", "यार", "zindagi badal dost"]
    assert classify_all(mixed, HINDI) == ["native", "native", "unknown"]


@pytest.mark.parametrize(
    ("tag", "line", "native"),
    [
        ("hi", "main ghar ja raha hoon", "मैं घर जा रहा हूँ"),
        ("hi", "Yaar, tum kahan ja rahe ho?", "यार, तुम कहाँ जा रहे हो?"),
        ("hi", "yaaar mujhe bahut zaroorat hai", "यार मुझे बहुत ज़रूरत है"),
        ("hi", "<i>kya baat hai!</i> 12", "<i>क्या बात है!</i> 12"),
        ("hi", "zindagi badal gayi", "ज़िंदगी बदल गई"),
        ("hi", "kal milte hain dost", "कल मिलते हैं दोस्त"),
        ("hi", "TV on karo, don't jao", "TV on करो, don't जाओ"),
        ("hi", "tumne mujhse jhooth kyun bola", "तुमने मुझसे झूठ क्यों बोला"),
        ("hi", "main usse bolta hoon, rakhna", "मैं उससे बोलता हूँ, रखना"),
        ("hi", "bhagwan ke liye chup raho", "भगवान के लिए चुप रहो"),
        ("mr", "mi ghari jat aahe", "मी घरी जात आहे"),
        ("bn", "tumi kothay", None),
        ("ur", "aap kahan hain", None),
    ],
)
def test_native_script(tag: str, line: str, native: str | None) -> None:
    assert to_native(line, find_language(tag)) == native


def test_every_word_list_is_of_a_known_language() -> None:
    folder = Path(romanised_words_module.__file__).parent / "word_lists"
    assert {path.stem for path in folder.iterdir()} == {*ROMANISED_LANGUAGES, "english"}


@pytest.mark.parametrize("tag", ROMANISED_LANGUAGES)
def test_listed_words_are_in_small_letters(tag: str) -> None:
    words = romanised_words(tag)
    assert words.function_words
    for word in words.function_words | english_words().function_words | english_words().rare_words:
        assert re.fullmatch(r"[a-z]+(?:'[a-z]+)?", word), word


def test_native_spellings_are_in_the_script_of_the_language() -> None:
    for tag in ROMANISED_LANGUAGES:
        for native in romanised_words(tag).native_spellings.values():
            assert set(letters_by_script(native)) == {find_language(tag).own_script}
    assert romanised_words("hi").native_spellings["tumse"] == "तुमसे"
    assert not romanised_words("ur").native_spellings
    assert romanised_words("hi").function_words < romanised_words("ur").function_words


languages = st.sampled_from(list(LANGUAGES.values()))
roman = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyzAEIOU '’.?!<>/{}\\0123456789"))


@given(language=languages, line=st.one_of(st.text(), roman))
def test_any_line_is_classified_and_keeps_its_digits_and_markup(language, line: str) -> None:
    assert classify(line, language) in {"native", "romanised", "english", "unknown"}
    native = to_native(line, language)
    if native is not None:
        assert MARKUP.findall(native) == MARKUP.findall(line)
        assert re.findall(r"[\d.?!]", native) == re.findall(r"[\d.?!]", line)
