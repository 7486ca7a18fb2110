"""The words of a chunk from its tokens, with their times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_recognition.byte_level import token_bytes
from indicsubs_recognition.decoded_chunk import clean_text
from indicsubs_recognition.heard_words import heard_words, tokens_text


def test_words_are_made_of_tokens() -> None:
    tokens = [" क".encode(), "्या".encode(), b" ok", b"?"]
    words = heard_words(tokens, [0, 3, 10, 12, 15], [0.9, 0.7, 0.5, 1.0])
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [
        ("क्या", 0, 200),
        ("ok?", 200, 300),
    ]
    assert [w.score for w in words] == [pytest.approx(0.8), pytest.approx(0.75)]


def test_a_space_of_its_own_belongs_to_no_word() -> None:
    words = heard_words([b" ", b"a", b" ", b"b"], [0, 2, 4, 9, 12], [0.1, 1.0, 0.1, 1.0])
    assert [(w.text, w.start_ms, w.end_ms, w.score) for w in words] == [
        ("a", 40, 80, 1.0),
        ("b", 180, 240, 1.0),
    ]


def test_a_letter_of_several_tokens_and_a_broken_one() -> None:
    ka = "क".encode()
    words = heard_words([b" " + ka[:2], ka[2:], b" ", ka[:2]], [0, 1, 2, 3, 4], [1.0] * 4)
    assert [(w.text, w.start_ms, w.end_ms) for w in words] == [("क", 0, 40)]


def test_a_text_without_words() -> None:
    assert heard_words([], [0], []) == ()
    assert heard_words([b" "], [0, 1], [1.0]) == ()


@given(st.lists(st.binary(max_size=4), max_size=12))
def test_words_joined_by_spaces_are_the_text(tokens: list[bytes]) -> None:
    words = heard_words(tokens, list(range(len(tokens) + 1)), [0.5] * len(tokens))
    assert " ".join(word.text for word in words) == clean_text(tokens_text(tokens))


def test_the_characters_of_a_byte_level_vocabulary() -> None:
    assert token_bytes("ĠHello") == b" Hello"
    assert token_bytes("à¤ķ").decode() == "क"
    assert token_bytes("Ċ") == b"\n"
    assert token_bytes("") == b""
    assert token_bytes("नमस्ते").decode() == "नमस्ते"  # a token that was added as it is
