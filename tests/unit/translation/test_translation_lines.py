"""Taking lines apart for the model, and what is put back."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_indictrans2.spacing import restore
from indicsubs_text.scripts import ascii_digits
from indicsubs_translation.lines import parse_line, sentences_of, split_to_fit

SCRAPS = [*"अकखतिाी।?!.,:;… -–—abAB12५\n\u200d", "♪", "❤️", "<i>", "</i>", "{\\an8}"]
dialogue = st.lists(st.sampled_from(SCRAPS), max_size=80).map("".join)


@given(dialogue)
def test_nothing_but_markup_and_spacing_is_lost(raw: str) -> None:
    before, text, after, dropped = parse_line(raw)
    assert raw.startswith(before)
    assert raw.endswith(after)
    if not text:
        assert before == raw
    elif not dropped:
        middle = raw[len(before) : len(raw) - len(after)]
        assert text == " ".join(middle.split())


@given(dialogue)
def test_sentences_keep_every_word_and_have_letters(raw: str) -> None:
    text = parse_line(raw).text
    if text:
        found = sentences_of(text)
        assert "".join(" ".join(found).split()) == "".join(text.split())
        assert all(any(map(str.isalpha, sentence)) for sentence in found)


@given(dialogue, st.integers(1, 30))
def test_pieces_fit_and_keep_every_character(raw: str, limit: int) -> None:
    pieces = split_to_fit(raw, lambda text: len(text) <= limit)
    assert "".join("".join(pieces).split()) == "".join(raw.split())
    for piece in pieces:
        assert len(piece) <= limit or _is_one_letter(piece)


def _is_one_letter(piece: str) -> bool:
    """Signs that cling to a letter are never torn off, whatever the limit."""
    pairs = itertools.pairwise(piece)
    return all(unicodedata.category(b).startswith("M") or "\u200d" in a + b for a, b in pairs)


def test_a_long_sentence_is_cut_after_the_clause_nearest_the_middle() -> None:
    text = "जब मैं वहाँ पहुँचा, तब तक सब लोग जा चुके थे, और घर में कोई नहीं था"
    pieces = split_to_fit(text, lambda piece: len(piece) < len(text))
    assert pieces == ["जब मैं वहाँ पहुँचा, तब तक सब लोग जा चुके थे,", "और घर में कोई नहीं था"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Dr. Rao is here. Run!", ["Dr. Rao is here.", "Run!"]),
        ("Stop.Run!", ["Stop.", "Run!"]),
        ("रुको.भागो!", ["रुको.", "भागो!"]),
        ("See film.in/Now or www.Film.com, OK?", ["See film.in/Now or www.Film.com, OK?"]),
        ("1. कौन है?", ["1. कौन है?"]),
        ("कौन है? ... !", ["कौन है? ... !"]),
        ("मैं… मैं नहीं।", ["मैं… मैं नहीं।"]),
        ("ٹھیک ہے۔ چلو؟", ["ٹھیک ہے۔", "چلو؟"]),
    ],
)
def test_sentences_end_where_they_end(text: str, wanted: list[str]) -> None:
    assert sentences_of(text) == wanted


@pytest.mark.parametrize(
    ("source", "translation", "wanted"),
    [
        ("मैं 5:45 पर", "at 5: 45", "at 5:45"),
        ("5:45 और 15:45", "5: 45 and 15: 45", "5:45 and 15:45"),
        ("$1,234.56", "$1, 234.56", "$1,234.56"),
        ("No - yes", "नहीं-हाँ", "नहीं - हाँ"),
        ("No — yes — no", "नहीं-हाँ-नहीं", "नहीं — हाँ — नहीं"),
        ("well-known - yes", "जाना-माना-हाँ", "जाना-माना-हाँ"),
        ("one", "1, 2", "1, 2"),
    ],
)
def test_numbers_and_dashes_get_their_spacing_back(
    source: str, translation: str, wanted: str
) -> None:
    assert restore(source, translation) == wanted


@pytest.mark.parametrize(
    ("raw", "before", "text"),
    [
        ("-5 डिग्री", "", "-5 डिग्री"),
        ("— चलो", "— ", "चलो"),
        ("❤️ അവന്\u200d", "❤️ ", "അവന്\u200d"),
        ("I <3 you", "", "I <3 you"),
        ("₹50 दो", "", "₹50 दो"),
        ("<i>123</i>", "<i>123</i>", ""),
    ],
)
def test_what_belongs_to_the_sentence_stays(raw: str, before: str, text: str) -> None:
    assert parse_line(raw)[:2] == (before, text)


def test_emoji_of_several_parts_stay_whole_behind_a_line() -> None:
    assert parse_line("चलो 👨\u200d👩\u200d👧 ❤️") == ("", "चलो", " 👨\u200d👩\u200d👧 ❤️", False)


@given(st.text())
def test_digits_become_ascii_and_nothing_else_changes(text: str) -> None:
    found = ascii_digits(text)
    assert len(found) == len(text)
    assert all(
        a == b or (b.isascii() and int(a) == int(b)) for a, b in zip(text, found, strict=True)
    )
