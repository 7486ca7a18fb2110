"""Punctuation that another recogniser wrote."""

import pytest

from indicsubs_contract.transcript import Segment, Word
from indicsubs_recognition.borrowed_punctuation import borrow_punctuation


def segment(text: str, *, timed: bool = True) -> Segment:
    words = tuple(
        Word(text=word, start_ms=100 * k, end_ms=100 * k + 90)
        for k, word in enumerate(text.split() if timed else ())
    )
    return Segment(start_ms=0, end_ms=2000, text=text, words=words)


@pytest.mark.parametrize(
    ("own", "other", "expected"),
    [
        ("तुम कहाँ हो घर आओ।", "तुम कहाँ हो? घर, आओ!", "तुम कहाँ हो? घर, आओ!"),
        ("तुम कहाँ हो। घर आओ।", "तुम कहाँ हो घर आओ", "तुम कहाँ हो घर आओ।"),
        ("राजू घर आओ।", "राजू, घर जाओ!", "राजू, घर आओ।"),
        ("हाँ सुनो", "“हाँ”, सुनो...", "“हाँ”, सुनो..."),
        ("पानी लाओ।", "दरवाज़ा बंद करो!", "पानी लाओ।"),
        ("", "हाँ।", ""),
        ("- हाँ", "— हाँ!", "- हाँ!"),
    ],
)
@pytest.mark.parametrize("timed", [True, False])
def test_words_that_both_have(own: str, other: str, expected: str, timed: bool) -> None:
    borrowed = borrow_punctuation(segment(own, timed=timed), other)
    assert borrowed.text == expected
    assert [word.text for word in borrowed.words] == (expected.split() if timed else [])
    assert [word.start_ms for word in borrowed.words] == [
        100 * k for k in range(len(expected.split()) if timed else 0)
    ]


def test_a_text_whose_words_are_not_the_timed_words_stays() -> None:
    words = (Word(text="हाँ ।", start_ms=0, end_ms=90),)
    own = Segment(start_ms=0, end_ms=100, text="हाँ ।", words=words)
    assert borrow_punctuation(own, "हाँ!") == own
