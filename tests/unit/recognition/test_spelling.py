"""Spelling a transcript with the characters of an aligner."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_recognition.spelling import (
    SpelledWord,
    Vocabulary,
    has_known_letters,
    read_vocabulary,
    spell,
    spell_words,
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


def columns(word: SpelledWord) -> list[int]:
    """The columns of a word that can be spelled in one way only."""
    assert [piece.start for piece in word.pieces] == list(range(word.length))
    return [piece.column for piece in word.pieces]


@pytest.mark.parametrize(
    ("word", "letters"),
    [
        ("कमल।", "क म ल"),
        ("“कमल”?", "क म ल"),
        ("ab", "A B"),
        ("कज़ा", "क ज ा"),  # the nukta is not a letter
        ("100", "*"),
        ("₹5%", "*"),
        ("zoo", "*"),
        ("क100म", "क * म"),
        ("क\u200dम", "क म"),
        ("—", ""),
        ("।", ""),
        ("क्षत", "क *"),
    ],
)
def test_spelling(word: str, letters: str) -> None:
    assert [letter or "*" for letter in spell(word, KNOWN)] == letters.split()


@pytest.mark.parametrize("word", ["\u095b", "\u091c\u093c"])
def test_nukta_letters_in_either_form(word: str) -> None:
    assert spell(word, WITH_NUKTA) == ("\u095b",)
    decomposed = read_vocabulary({"ज": 6, "\u093c": 7}, "|", blank=0, columns=8)
    assert spell(word, decomposed) == ("ज", "\u093c")


def test_columns_of_characters() -> None:
    one, two = spell_words("कमल क1", KNOWN)
    assert (columns(one), columns(two)) == ([3, 4, 5], [3, STAR])


PIECES = ("▁", "▁क", "क", "म", "ल", "कम", "▁कमल", "ाल")
BY_PIECES = Vocabulary(
    columns={piece: k for k, piece in enumerate(PIECES)}, blank=8, star=9, word_start="▁"
)


def pieces_of(word: SpelledWord) -> set[tuple[int, int, int]]:
    return {(piece.start, piece.end, piece.column) for piece in word.pieces}


def test_a_word_has_every_piece_that_it_can_consist_of() -> None:
    (word,) = spell_words("कमल।", BY_PIECES)
    assert (word.text, word.length) == ("कमल।", 4)
    assert pieces_of(word) == {
        (0, 1, 0),  # ▁
        (0, 2, 1),  # ▁क
        (0, 4, 6),  # ▁कमल
        (1, 2, 2),  # क
        (1, 3, 5),  # कम
        (2, 3, 3),  # म
        (3, 4, 4),  # ल
    }


def test_a_word_without_known_letters_has_no_beginning_that_is_known() -> None:
    assert spell("zoo", BY_PIECES) == ("",)
    assert not has_known_letters(spell_words("zoo 12", BY_PIECES), BY_PIECES)


def test_no_piece_contains_an_unknown_letter() -> None:
    (word,) = spell_words("क7म", BY_PIECES)
    assert pieces_of(word) == {(0, 1, 0), (0, 2, 1), (1, 2, 2), (2, 3, 9), (3, 4, 3)}


def test_letters_that_fit_no_piece_are_unknown() -> None:
    """The sign ा occurs only in the piece ाल."""
    assert spell("माल", BY_PIECES) == ("▁", "म", "ा", "ल")
    assert spell("मा", BY_PIECES) == ("म", "")
    assert spell("ाम", BY_PIECES) == ("", "म")
    (word,) = spell_words("मा", BY_PIECES)
    assert pieces_of(word) == {(0, 1, 3), (1, 2, 9)}


def test_a_vocabulary_without_a_lone_word_start() -> None:
    """A word whose first letter has no piece with the sign is spelled without it."""
    lone = Vocabulary(columns={"▁क": 0, "म": 1, "क": 2}, blank=3, star=4, word_start="▁")
    assert spell("कम", lone) == ("▁", "क", "म")
    assert spell("मक", lone) == ("म", "क")


def test_lone_signs_go_to_their_neighbours() -> None:
    words = spell_words("- कम । लाज ! …", KNOWN)
    assert [word.text for word in words] == ["- कम ।", "लाज ! …"]
    assert spell_words("… - ।", KNOWN) == []
    assert spell_words("  ", KNOWN) == []


@given(st.text(st.sampled_from("कमलजa1ा ।-\u093c\u200d♪"), max_size=40))
@pytest.mark.parametrize("vocabulary", [KNOWN, BY_PIECES], ids=["characters", "pieces"])
def test_no_text_is_lost(vocabulary: Vocabulary, text: str) -> None:
    words = spell_words(text, vocabulary)
    for word in words:
        reached = {0}
        for piece in word.pieces:
            if piece.start in reached:
                reached.add(piece.end)
        assert word.length in reached
    if words:
        assert " ".join(word.text for word in words) == " ".join(text.split())
    else:
        assert not any(unicodedata.category(c)[0] in "LN" for c in text)


@given(st.text(max_size=30))
def test_any_text_can_be_spelled(text: str) -> None:
    for word in spell_words(text, KNOWN):
        assert all(0 < column <= STAR and column != KNOWN.delimiter for column in columns(word))


def test_known_letters() -> None:
    assert has_known_letters(spell_words("zoo क", KNOWN), KNOWN)
    assert not has_known_letters(spell_words("zoo 100", KNOWN), KNOWN)
    assert not has_known_letters([], KNOWN)
