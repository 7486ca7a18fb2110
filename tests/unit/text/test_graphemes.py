import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_text.graphemes import count_graphemes

# Clusters by UAX #29 as of Unicode 15.1, counted by hand.
COUNTED = [
    ("", 0),
    ("hello", 5),
    ("a\r\nb", 3),
    ("\n\r", 2),
    ("e\u0301", 1),
    ("नमस्ते", 3),  # न म स्ते
    ("क्षेत्र", 2),  # क्षे त्र
    ("हिन्दी", 2),  # हि न्दी
    ("राष्ट्र", 2),  # रा ष्ट्र: three consonants
    ("क्\u200dष", 1),  # a half form, by the joiner
    ("क्\u200cष", 2),  # kept apart, by the non-joiner
    ("क़्त", 1),  # a nukta within the conjunct
    ("कि्त", 2),  # a vowel sign ends it
    ("স্ত্রী", 1),
    ("ക്ഷ", 1),
    ("நிலா", 2),
    ("க்ஷ", 2),  # Tamil conjuncts do not join
    ("ਸਤਿ", 2),
    ("کِتاب", 4),
    ("ᱥᱟᱱᱛᱟᱲᱤ", 7),
    ("ꯃꯩꯇꯩ", 2),
    ("각", 1),
    ("\u1100\u1161\u11a8", 1),  # the same in jamo
    ("\uac00\u11a8", 1),  # a syllable that a final joins
    ("\uac01\u1161", 2),  # a closed syllable that a vowel does not
    ("🇮🇳🇱🇰", 2),
    ("🇮🇳🇱", 2),
    ("👩‍👩‍👧", 1),
    ("👍🏽", 1),
    ("a\u200db", 2),
    ("a\u200bb", 3),
    ("\u0600\u0661", 1),  # an Arabic number sign goes with its figure
    ("\u0600\n", 2),
]


@pytest.mark.parametrize(("text", "count"), COUNTED)
def test_counts_what_a_reader_sees(text: str, count: int):
    assert count_graphemes(text) == count


@given(st.text())
def test_is_between_none_and_one_per_code_point(text: str):
    count = count_graphemes(text)
    assert bool(text) <= count <= len(text)


@given(st.text(), st.text())
def test_joining_texts_never_adds_one(left: str, right: str):
    joined = count_graphemes(left + right)
    assert joined <= count_graphemes(left) + count_graphemes(right)


@given(st.text(), st.characters(categories=["Mn"]))
def test_a_combining_mark_adds_none(text: str, mark: str):
    text += "क"
    assert count_graphemes(text + mark) == count_graphemes(text)
