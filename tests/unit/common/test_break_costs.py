"""Where a reader would and would not break a line: pairs of words, in the languages with tables."""

import pytest

from indicsubs_common.subtitles.break_costs import (
    AFTER_CLAUSE,
    AFTER_SENTENCE,
    AT_PHRASE,
    BEFORE_CLAUSE,
    BEFORE_PUNCTUATION,
    ORDINARY,
    WITHIN_GROUP,
    WITHIN_WORD,
    break_cost,
)

TOGETHER = [
    ("en", "the", "house"), ("en", "Mr.", "Sharma"), ("en", "Amitabh", "Bachchan"),
    ("en", "does", "not"), ("en", "I", "know"), ("en", "“I", "know"), ("en", "7", "people"),
    ("en", "agree", "n't"), ("en", "don’t", "go"), ("en", "with", "me"),
    ("hi", "घर", "में"), ("hi", "कर", "रहे"), ("hi", "रहे", "हैं।"), ("hi", "नहीं", "जाऊँगा"),
    ("hi", "वीरू", "जी"), ("hi", "डॉ.", "शर्मा"), ("hi", "५", "लोग"), ("hi", "तुम", "ही"),
    ("ta", "வர", "முடியாது"), ("ta", "வரவில்லை", "என்று"), ("ta", "ஒரு", "வீடு"),
    ("te", "ఇంటి", "గురించి"), ("te", "రావు", "గారు"), ("te", "నా", "ఇల్లు"),
    ("bn", "তোমার", "জন্য"), ("bn", "যাব", "না।"), ("bn", "আমার", "বাড়ি"),
    ("mr", "करत", "आहे"), ("mr", "तुझ्या", "घरी"), ("gu", "ઘર", "માં"), ("gu", "જતો", "નથી"),
    ("kn", "ಮನೆ", "ಮೇಲೆ"), ("kn", "ನನ್ನ", "ಮನೆ"), ("ml", "വീടിന്", "വേണ്ടി"), ("ml", "എന്റെ", "വീട്"),
    ("pa", "ਘਰ", "ਵਿੱਚ"), ("pa", "ਮੇਰਾ", "ਘਰ"), ("ur", "گھر", "میں"), ("ur", "نہیں", "جاؤں"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "before", "after"), TOGETHER)
def test_words_that_are_read_as_one_stay_together(language: str, before: str, after: str):
    assert break_cost(before, after, True, language) == WITHIN_GROUP


@pytest.mark.parametrize(
    ("language", "before", "after", "cost"),
    [
        ("hi", "आया।", "मैं", AFTER_SENTENCE),
        ("en", "“Go!”", "Then", AFTER_SENTENCE),
        ("en", "No.", "Wait", AFTER_SENTENCE),
        ("en", "“No.”", "He", AFTER_SENTENCE),
        ("en", "No.", "7", WITHIN_GROUP),
        ("en", "No", "7", WITHIN_GROUP),
        ("en", "Dr.", "Rao", WITHIN_GROUP),
        ("hi", "आया,", "लेकिन", AFTER_CLAUSE),
        ("ur", "آنا،", "لیکن", AFTER_CLAUSE),
        ("en", "wait…”", "he", AFTER_SENTENCE),
        ("en", "so),", "he", AFTER_CLAUSE),
        ("hi", "कहा", "कि", BEFORE_CLAUSE),
        ("ta", "வந்தான்", "ஆனால்", BEFORE_CLAUSE),
        ("en", "left", "because", BEFORE_CLAUSE),
        ("en", "know", "what", BEFORE_CLAUSE),
        ("en", "waited", "for", AT_PHRASE),
        ("en", "you", "about", AT_PHRASE),
        ("en", "good", "at", AT_PHRASE),
        ("hi", "पर", "सच", AT_PHRASE),
        ("hi", "सच", "बताया", ORDINARY),
        ("en", "quick", "brown", ORDINARY),
        ("en", "Then", "I", ORDINARY),
        ("brx", "में", "घर", ORDINARY),
        ("hi", "घर", "।", BEFORE_PUNCTUATION),
    ],
)
def test_other_breaks_cost_less_or_more(language: str, before: str, after: str, cost: float):
    assert break_cost(before, after, True, language) == cost


def test_a_break_inside_a_word_is_nearly_the_worst():
    assert break_cost("सामाजिक-", "आर्थिक", False, "hi") == WITHIN_WORD


def test_a_mark_alone_is_not_a_word():
    assert break_cost("”", "हाँ", True, "hi") == ORDINARY
