"""Words and sentences with times."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_recognition.ctc_path import PieceSpan, WordPath
from indicsubs_recognition.heard_word_times import longest_word_ms
from indicsubs_recognition.spelling import read_vocabulary, spell_words
from indicsubs_recognition.word_times import (
    aligned_sentences,
    mean_score,
    time_words,
    unaligned_sentences,
)

KNOWN = read_vocabulary({"<pad>": 0, "|": 1, "क": 2, "म": 3, "ल": 4}, "|", blank=0, columns=5)
STAR = KNOWN.star
WORDS = spell_words("कम 5।", KNOWN)


def word_path(
    columns: list[int], *edges: tuple[int, int], delimiter: tuple[int, int] | None = None
) -> WordPath:
    return WordPath(
        pieces=tuple(
            PieceSpan(column=column, start=a, end=z, probability=0.5)
            for column, (a, z) in zip(columns, edges, strict=True)
        ),
        delimiter=delimiter
        and PieceSpan(column=1, start=delimiter[0], end=delimiter[1], probability=0.5),
    )


def test_a_word_ends_where_the_delimiter_begins() -> None:
    paths = [
        word_path([2, 3], (10, 11), (14, 15), delimiter=(20, 21)),
        word_path([STAR], (30, 33), delimiter=(90, 91)),
    ]
    one, two = time_words(WORDS, paths, KNOWN, frame_ms=20, start_ms=5000)
    assert (one.text, one.start_ms, one.end_ms, one.score) == ("कम", 5200, 5400, 0.5)
    # 300 ms after its last letter at the latest; and a star has no score
    assert (two.text, two.start_ms, two.end_ms, two.score) == ("5।", 5600, 5660 + 300, None)
    assert mean_score(paths, KNOWN) == 0.5


def test_no_word_is_longer_than_it_can_take_to_say() -> None:
    """The first word keeps its end, any other its start."""
    paths = [
        word_path([2, 3], (0, 1), (200, 201), delimiter=(201, 202)),
        word_path([STAR], (210, 600), delimiter=(600, 601)),
    ]
    one, two = time_words(WORDS, paths, KNOWN, frame_ms=20, start_ms=0)
    assert (one.start_ms, one.end_ms) == (4020 - longest_word_ms("कम"), 4020)
    assert (two.start_ms, two.end_ms) == (4200, 4200 + longest_word_ms("5।"))
    assert longest_word_ms("कम") == 600


def test_without_a_delimiter_a_word_ends_with_its_last_letter() -> None:
    paths = [word_path([2, 3], (1, 2), (4, 6)), word_path([STAR], (9, 12))]
    one, two = time_words(WORDS, paths, KNOWN, 10, 0)
    assert [(one.start_ms, one.end_ms), (two.start_ms, two.end_ms)] == [(10, 60), (90, 120)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(1, 9)), min_size=5, max_size=5))
def test_words_never_overlap(steps: list[tuple[int, int]]) -> None:
    edges: list[tuple[int, int]] = []
    end = 0
    for gap, length in steps:
        edges.append((end + gap, end + gap + length))
        end += gap + length
    paths = [
        word_path([2, 3], *edges[:2], delimiter=edges[2]),
        word_path([STAR], edges[3], delimiter=edges[4]),
    ]
    one, two = time_words(WORDS, paths, KNOWN, frame_ms=20, start_ms=0)
    assert one.start_ms < one.end_ms <= two.start_ms < two.end_ms


SEGMENT = Segment(
    start_ms=1000, end_ms=9000, text="कम है। तुम हो", confidence=0.7, no_speech=0.1, note="unclear"
)


def timed(*words: str, score: float | None = 0.5) -> list[Word]:
    return [
        Word(text=text, start_ms=1000 + 200 * k, end_ms=1150 + 200 * k, score=score)
        for k, text in enumerate(words)
    ]


def test_aligned_sentences() -> None:
    words = timed("कम", "है।", "तुम", "हो")
    one, two = aligned_sentences(SEGMENT, words, "wav2vec2")
    assert (one.text, one.start_ms, one.end_ms) == ("कम है।", 1000, 1350)
    assert (two.text, two.start_ms, two.end_ms) == ("तुम हो", 1400, 1750)
    assert one.words == tuple(words[:2])
    assert (one.timing, one.note, one.confidence) == (Timing.ALIGNED, "unclear", 0.7)
    assert (one.timed_by, one.timing_confidence) == ("wav2vec2", 0.5)
    (unscored,) = aligned_sentences(SEGMENT, timed("5", score=None), "wav2vec2")
    assert unscored.timing_confidence is None


def test_unaligned_sentences_keep_the_times_of_the_recogniser() -> None:
    heard = replace(SEGMENT, words=tuple(timed("कम", "है।", "तुम", "हो")), timed_by="whisperx")
    one, two = unaligned_sentences(heard, "why")
    assert (one.start_ms, one.end_ms, two.start_ms, two.end_ms) == (1000, 1350, 1400, 1750)
    assert (one.timing, one.timed_by, one.note) == (Timing.RECOGNISER, "whisperx", "unclear; why")
    assert two.words == heard.words[2:]
    assert unaligned_sentences(replace(heard, note=None), None)[0].note is None


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
