"""Where sentences end, in the scripts of the 22 languages and English."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_text.sentences import TERMINATORS, ends_sentence, split_sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("मैं आया। तुम गए॥ क्यों?", ["मैं आया।", "तुम गए॥", "क्यों?"]),
        ("ہاں۔ کیا؟ چلو!", ["ہاں۔", "کیا؟", "چلو!"]),
        ("ᱦᱮᱸ᱾ ᱵᱟᱝ᱾", ["ᱦᱮᱸ᱾", "ᱵᱟᱝ᱾"]),
        ("“Go!” he said.", ["“Go!”", "he said."]),
        ("Dr. Rao met Mr. J. Singh. Fine.", ["Dr. Rao met Mr. J. Singh.", "Fine."]),
        ("डॉ. राव आए। ठीक", ["डॉ. राव आए।", "ठीक"]),
        ("रु 5.50 दो", ["रु 5.50 दो"]),
        ("Wait… what", ["Wait…", "what"]),
        ("वह आया । ठीक ।", ["वह आया ।", "ठीक ।"]),
        ("", []),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [" ".join(group) for group in split_sentences(text.split(), str)] == sentences


WORDS = st.text(st.sampled_from("कa.?!।॥۔\"')… "), max_size=6)


@given(st.lists(WORDS))
def test_nothing_is_lost(words: list[str]) -> None:
    groups = split_sentences(words, str)
    assert [word for group in groups for word in group] == words
    assert all(groups)
    starts = [group[0] for group in groups[1:]]
    for group, after in zip(groups, [*starts, ""], strict=False):
        assert after == "" or ends_sentence(group[-1], after)
        assert not any(ends_sentence(word, following) for word, following in pairwise(group))


def test_no_is_an_answer_unless_a_figure_follows() -> None:
    assert split_sentences("No. Wait! Room No. 7 is free.".split(), str) == [
        ["No."],
        ["Wait!"],
        ["Room", "No.", "7", "is", "free."],
    ]


@given(st.sampled_from([mark for mark in TERMINATORS if mark != "."]), st.text(max_size=5))
def test_every_mark_but_the_full_stop_ends_a_sentence(mark: str, stem: str) -> None:
    assert ends_sentence(stem + mark)
