"""Letters of a transcript in an aligner's vocabulary, and words from aligned letters."""

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.transcript import Segment, Timing
from indicsubs_recognition.spelling import (
    SpelledWord,
    Vocabulary,
    frames_needed,
    spell,
    spell_words,
    targets,
    vocabulary,
)
from indicsubs_recognition.word_times import (
    TokenSpan,
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

TOKENS = {"<pad>": 0, "<unk>": 1, "|": 2, "क": 3, "म": 4, "ल": 5, "ज": 6, "ा": 7, "A": 8, "B": 9}
KNOWN = vocabulary(TOKENS, "|", blank=0, columns=10)
STAR = KNOWN.star
WITH_NUKTA = vocabulary({**TOKENS, "\u095b": 10}, "|", blank=0, columns=11)


def test_vocabulary() -> None:
    assert (KNOWN.blank, KNOWN.delimiter, KNOWN.star) == (0, 2, 10)
    assert "|" not in KNOWN.columns
    assert "<unk>" not in KNOWN.columns
    assert vocabulary({"[PAD]": 0, " ": 1, "a": 2}, "|", 0, 3).delimiter == 1
    assert vocabulary({"_": 0, "a": 1}, "|", 0, 2) == Vocabulary(
        columns={"a": 1}, blank=0, delimiter=None, star=2
    )


@pytest.mark.parametrize(
    ("word", "columns"),
    [
        ("कमल।", (3, 4, 5)),
        ("“कमल”?", (3, 4, 5)),
        ("ab", (8, 9)),
        ("कज़ा", (3, 6, 7)),  # the nukta is no letter of its own
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
    decomposed = vocabulary({"ज": 6, "\u093c": 7}, "|", blank=0, columns=8)
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
    assert targets(words, KNOWN) == [3, 3, 2, 4, 5, 2]
    assert frames_needed(targets(words, KNOWN)) == 7
    silent = Vocabulary(columns=KNOWN.columns, blank=0, delimiter=None, star=10)
    assert targets(words, silent) == [3, 3, 4, 5]
    assert frames_needed([]) == 0


def found(*edges: tuple[int, int], probability: float = 0.5) -> list[TokenSpan]:
    return [TokenSpan(start=a, end=z, probability=probability) for a, z in edges]


WORDS = [SpelledWord(text="कम", columns=(3, 4)), SpelledWord(text="5।", columns=(STAR,))]


def test_a_word_ends_where_the_delimiter_begins() -> None:
    spans = found((10, 11), (14, 15), (20, 21), (30, 33), (90, 91))
    one, two = time_words(WORDS, spans, KNOWN, frame_ms=20, start_ms=5000)
    assert (one.text, one.start_ms, one.end_ms, one.score) == ("कम", 5200, 5400, 0.5)
    # 300 ms after its last letter at the latest; and a star has no score
    assert (two.text, two.start_ms, two.end_ms, two.score) == ("5।", 5600, 5660 + 300, None)
    assert mean_score(WORDS, [one, two], KNOWN) == 0.5


def test_without_a_delimiter_a_word_ends_with_its_last_letter() -> None:
    silent = Vocabulary(columns=KNOWN.columns, blank=0, delimiter=None, star=10)
    one, two = time_words(WORDS, found((1, 2), (4, 6), (9, 12)), silent, 10, 0)
    assert [(one.start_ms, one.end_ms), (two.start_ms, two.end_ms)] == [(10, 60), (90, 120)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=5, max_size=5))
def test_words_never_overlap(steps: list[tuple[int, int]]) -> None:
    edges: list[tuple[int, int]] = []
    end = 0
    for gap, length in steps:
        edges.append((end + gap, end + gap + length))
        end += gap + length
    one, two = time_words(WORDS, found(*edges), KNOWN, frame_ms=20, start_ms=0)
    assert one.start_ms < one.end_ms <= two.start_ms < two.end_ms


SEGMENT = Segment(
    start_ms=1000, end_ms=9000, text="कम है। तुम हो", confidence=0.7, no_speech=0.1, note="doubt"
)


def test_aligned_sentences() -> None:
    words = [SpelledWord(text=text, columns=(3,)) for text in SEGMENT.text.split()]
    spans = found(*((k * 10, k * 10 + 2) for k in range(8)))
    timed = time_words(words, spans, KNOWN, frame_ms=20, start_ms=1000)
    one, two = aligned_sentences(SEGMENT, timed)
    assert (one.text, one.start_ms, one.end_ms) == ("कम है।", 1000, timed[1].end_ms)
    assert (two.text, two.start_ms, two.end_ms) == ("तुम हो", timed[2].start_ms, timed[3].end_ms)
    assert one.words == tuple(timed[:2])
    assert (one.timing, one.note, one.confidence) == (Timing.ALIGNED, "doubt", 0.7)


def test_unaligned_sentences_share_the_time_by_their_characters() -> None:
    one, two = unaligned_sentences(SEGMENT, "why")
    assert (one.start_ms, one.end_ms, two.start_ms, two.end_ms) == (1000, 5000, 5000, 9000)
    assert (one.timing, one.note, one.words) == (Timing.ASR, "doubt; why", ())
    assert (two.no_speech, two.confidence) == (0.1, 0.7)


@given(st.lists(st.sampled_from(["कम", "है।", "यह?", "a.", "…"]), max_size=12), st.integers(1, 99))
def test_unaligned_sentences_lose_nothing(words: list[str], length: int) -> None:
    segment = Segment(start_ms=50, end_ms=50 + length, text=" ".join(words))
    made = unaligned_sentences(segment, "why")
    assert " ".join(sentence.text for sentence in made) == segment.text
    if made:
        assert (made[0].start_ms, made[-1].end_ms) == (50, 50 + length)
    for one, two in pairwise(made):
        assert one.start_ms <= one.end_ms == two.start_ms
