"""Spelling a transcript with the characters of an aligner."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_recognition.spelling import (
    Vocabulary,
    frames_needed,
    has_known_characters,
    read_vocabulary,
    spell,
    spell_words,
    target_columns,
)

TOKENS = {"<pad>": 0, "<unk>": 1, "|": 2, "क": 3, "म": 4, "ल": 5, "ज": 6, "ा": 7, "A": 8, "B": 9}
KNOWN = read_vocabulary(TOKENS, "|", blank=0, columns=10)
STAR = KNOWN.star
WITH_NUKTA = read_vocabulary({**TOKENS, "\u095b": 10}, "|", blank=0, columns=11)


def test_vocabulary() -> None:
    assert (KNOWN.blank, KNOWN.delimiter, KNOWN.star) == (0, 2, 10)
    assert "|" not in KNOWN.columns
    assert "<unk>" not in KNOWN.columns
    assert read_vocabulary({"[PAD]": 0, " ": 1, "a": 2}, "|", 0, 3).delimiter == 1
    assert read_vocabulary({"_": 0, "a": 1}, "|", 0, 2) == Vocabulary(
        columns={"a": 1}, blank=0, delimiter=None, star=2
    )


@pytest.mark.parametrize(
    ("word", "columns"),
    [
        ("कमल।", (3, 4, 5)),
        ("“कमल”?", (3, 4, 5)),
        ("ab", (8, 9)),
        ("कज़ा", (3, 6, 7)),  # the nukta is not a letter
        ("100", (STAR,)),
        ("क100म", (3, STAR, 4)),
        ("₹5%", (STAR,)),
        ("zoo", (STAR,)),
        ("क\u200dम", (3, 4)),
        ("—", ()),
        ("।", ()),
        ("क्षत", (3, STAR)),
    ],
)
def test_spelling(word: str, columns: tuple[int, ...]) -> None:
    assert spell(word, KNOWN) == columns


@pytest.mark.parametrize("word", ["\u095b", "\u091c\u093c"])
def test_nukta_letters_in_either_form(word: str) -> None:
    assert spell(word, WITH_NUKTA) == (10,)
    decomposed = read_vocabulary({"ज": 6, "\u093c": 7}, "|", blank=0, columns=8)
    assert spell(word, decomposed) == (6, 7)


def test_lone_signs_go_to_their_neighbours() -> None:
    words = spell_words("- कम । लाज ! …", KNOWN)
    assert [word.text for word in words] == ["- कम ।", "लाज ! …"]
    assert spell_words("… - ।", KNOWN) == []
    assert spell_words("  ", KNOWN) == []


@given(st.text(st.sampled_from("कमलजa1 ।-\u093c\u200d♪"), max_size=40))
def test_no_text_is_lost(text: str) -> None:
    words = spell_words(text, KNOWN)
    assert all(word.columns for word in words)
    if words:
        assert " ".join(word.text for word in words) == " ".join(text.split())
    else:
        assert not any(unicodedata.category(c)[0] in "LN" for c in text)


@given(st.text(max_size=30))
def test_any_text_can_be_spelled(text: str) -> None:
    for word in spell_words(text, KNOWN):
        assert all(0 < column <= STAR and column != KNOWN.delimiter for column in word.columns)


def test_targets_and_the_frames_they_need() -> None:
    words = spell_words("कक मल", KNOWN)
    assert target_columns(words, KNOWN) == [3, 3, 2, 4, 5, 2]
    assert frames_needed(target_columns(words, KNOWN)) == 7
    silent = Vocabulary(columns=KNOWN.columns, blank=0, delimiter=None, star=10)
    assert target_columns(words, silent) == [3, 3, 4, 5]
    assert frames_needed([]) == 0


def test_known_characters() -> None:
    assert has_known_characters(spell_words("zoo क", KNOWN), KNOWN)
    assert not has_known_characters(spell_words("zoo 100", KNOWN), KNOWN)
    assert not has_known_characters([], KNOWN)
