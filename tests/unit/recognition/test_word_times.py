"""Words and sentences with times."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.transcript import Segment, Timing
from indicsubs_recognition.spelling import SpelledWord, Vocabulary, read_vocabulary
from indicsubs_recognition.word_times import (
    TokenSpan,
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

KNOWN = read_vocabulary({"<pad>": 0, "|": 1, "क": 2, "म": 3, "ल": 4}, "|", blank=0, columns=5)
STAR = KNOWN.star


def token_spans(*edges: tuple[int, int], probability: float = 0.5) -> list[TokenSpan]:
    return [TokenSpan(start=a, end=z, probability=probability) for a, z in edges]


WORDS = [SpelledWord(text="कम", columns=(2, 3)), SpelledWord(text="5।", columns=(STAR,))]


def test_a_word_ends_where_the_delimiter_begins() -> None:
    spans = token_spans((10, 11), (14, 15), (20, 21), (30, 33), (90, 91))
    one, two = time_words(WORDS, spans, KNOWN, frame_ms=20, start_ms=5000)
    assert (one.text, one.start_ms, one.end_ms, one.score) == ("कम", 5200, 5400, 0.5)
    # 300 ms after its last letter at the latest; and a star has no score
    assert (two.text, two.start_ms, two.end_ms, two.score) == ("5।", 5600, 5660 + 300, None)
    assert mean_score(WORDS, [one, two], KNOWN) == 0.5


def test_without_a_delimiter_a_word_ends_with_its_last_letter() -> None:
    silent = Vocabulary(columns=KNOWN.columns, blank=0, delimiter=None, star=STAR)
    one, two = time_words(WORDS, token_spans((1, 2), (4, 6), (9, 12)), silent, 10, 0)
    assert [(one.start_ms, one.end_ms), (two.start_ms, two.end_ms)] == [(10, 60), (90, 120)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=5, max_size=5))
def test_words_never_overlap(steps: list[tuple[int, int]]) -> None:
    edges: list[tuple[int, int]] = []
    end = 0
    for gap, length in steps:
        edges.append((end + gap, end + gap + length))
        end += gap + length
    one, two = time_words(WORDS, token_spans(*edges), KNOWN, frame_ms=20, start_ms=0)
    assert one.start_ms < one.end_ms <= two.start_ms < two.end_ms


SEGMENT = Segment(
    start_ms=1000, end_ms=9000, text="कम है। तुम हो", confidence=0.7, no_speech=0.1, note="unclear"
)


def test_aligned_sentences() -> None:
    words = [SpelledWord(text=text, columns=(2,)) for text in SEGMENT.text.split()]
    spans = token_spans(*((k * 10, k * 10 + 2) for k in range(8)))
    timed = time_words(words, spans, KNOWN, frame_ms=20, start_ms=1000)
    one, two = aligned_sentences(SEGMENT, timed)
    assert (one.text, one.start_ms, one.end_ms) == ("कम है।", 1000, timed[1].end_ms)
    assert (two.text, two.start_ms, two.end_ms) == ("तुम हो", timed[2].start_ms, timed[3].end_ms)
    assert one.words == tuple(timed[:2])
    assert (one.timing, one.note, one.confidence) == (Timing.ALIGNED, "unclear", 0.7)


def test_unaligned_sentences_share_the_time_by_their_characters() -> None:
    one, two = unaligned_sentences(SEGMENT, "why")
    assert (one.start_ms, one.end_ms, two.start_ms, two.end_ms) == (1000, 5000, 5000, 9000)
    assert (one.timing, one.note, one.words) == (Timing.ASR, "unclear; why", ())
    assert (two.no_speech, two.confidence) == (0.1, 0.7)


@given(st.lists(st.sampled_from(["कम", "है।", "यह?", "a.", "…"]), max_size=12), st.integers(1, 99))
def test_unaligned_sentences_lose_nothing(words: list[str], length: int) -> None:
    segment = Segment(start_ms=50, end_ms=50 + length, text=" ".join(words))
    sentences = unaligned_sentences(segment, "why")
    assert " ".join(sentence.text for sentence in sentences) == segment.text
    if sentences:
        assert (sentences[0].start_ms, sentences[-1].end_ms) == (50, 50 + length)
    for one, two in pairwise(sentences):
        assert one.start_ms <= one.end_ms == two.start_ms
