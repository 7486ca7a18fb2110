"""Short chunks in one window: the same outputs as alone, with fewer windows."""

from collections.abc import Sequence

import pytest

from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord
from indicsubs_recognition.packed_chunks import SILENCE_MS, PackingEngine, unpacked
from indicsubs_recognition.recognition_engine import DecodeMode

SECOND = 32_000
"""The bytes of a second of sound."""


def word(text: str, start_ms: int, end_ms: int, score: float | None = 0.9) -> HeardWord:
    return HeardWord(text=text, start_ms=start_ms, end_ms=end_ms, score=score)


def heard(*words: HeardWord, log_probability: float = -0.1, no_speech: float = 0) -> DecodedChunk:
    return DecodedChunk(
        text=" ".join(one.text for one in words),
        log_probability=log_probability,
        no_speech=no_speech,
        cut_off=False,
        words=words,
    )


class Echo:
    """Hears a word for each second of sound that is not silent: the value of its samples."""

    languages = frozenset({"hi"})

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        """The seconds of each window of each call."""

    def script(self, language: str) -> str | None:
        return f"script of {language}"

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        return [{"hi": len(chunk) / SECOND} for chunk in chunks]

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        self.batches.append([len(chunk) / SECOND for chunk in chunks])
        return [self.output(chunk) for chunk in chunks]

    def output(self, chunk: bytes) -> DecodedChunk:
        return heard(
            *(
                word(f"w{chunk[SECOND * k]}", 1000 * k + 100, 1000 * k + 900)
                for k in range(len(chunk) // SECOND)
                if chunk[SECOND * k]
            )
        )


def sound(*seconds: int) -> bytes:
    return b"".join(bytes([value]) * SECOND for value in seconds)


CHUNKS = [sound(1, 2), sound(3), sound(4, 5, 6), sound(7)]


def test_chunks_share_windows_and_get_their_own_words_and_times() -> None:
    engine = Echo()
    found = PackingEngine(engine, 5000, 8).decode(CHUNKS, "hi", DecodeMode.FREE)
    assert engine.batches == [[4, 5]]
    assert [output.text for output in found] == ["w1 w2", "w3", "w4 w5 w6", "w7"]
    assert [[(one.start_ms, one.end_ms) for one in output.words] for output in found] == [
        [(100, 900), (1100, 1900)],
        [(100, 900)],
        [(100, 900), (1100, 1900), (2100, 2900)],
        [(100, 900)],
    ]


def test_no_chunks() -> None:
    assert PackingEngine(Echo(), 5000, 8).decode([], "hi", DecodeMode.FREE) == []


def test_windows_come_in_batches() -> None:
    engine = Echo()
    PackingEngine(engine, 3000, 2).decode([sound(1)] * 5, "hi", DecodeMode.FREE)
    assert engine.batches == [[3, 3], [1]]


@pytest.mark.parametrize("mode", [DecodeMode.CAREFUL, DecodeMode.IN_SCRIPT])
def test_in_other_modes_each_chunk_is_decoded_alone(mode: DecodeMode) -> None:
    engine = Echo()
    PackingEngine(engine, 30_000, 3).decode(CHUNKS, "hi", mode)
    assert engine.batches == [[2, 1, 3], [1]]


def test_a_window_in_which_a_chunk_has_no_words_is_decoded_again_in_parts() -> None:
    engine = Echo()
    chunks = [sound(1), sound(0), sound(2), sound(3)]
    found = PackingEngine(engine, 5000, 8).decode(chunks, "hi", DecodeMode.FREE)
    assert engine.batches == [[5, 1], [1, 1, 1]]
    assert [output.text for output in found] == ["w1", "", "w2", "w3"]


def test_what_is_not_decoding_is_the_engine_s() -> None:
    engine = PackingEngine(Echo(), 30_000, 8)
    assert engine.languages == {"hi"}
    assert engine.script("hi") == "script of hi"
    assert engine.language_probabilities([sound(1), sound(1, 1)]) == [{"hi": 1}, {"hi": 2}]


LENGTHS = [2000, 1000]
SECOND_STARTS = 2000 + SILENCE_MS


def test_words_beyond_their_chunk_are_moved_into_it() -> None:
    window = heard(word("a", 100, 2300), word("b", SECOND_STARTS - 400, SECOND_STARTS + 1400))
    first, second = unpacked(window, LENGTHS) or []
    assert [(one.start_ms, one.end_ms) for one in first.words] == [(100, 2000)]
    assert [(one.start_ms, one.end_ms) for one in second.words] == [(0, 1000)]


def test_a_word_in_the_silence_keeps_a_length() -> None:
    window = heard(word("a", 2100, 2300), word("b", SECOND_STARTS - 300, SECOND_STARTS - 100))
    first, second = unpacked(window, LENGTHS) or []
    assert [(one.start_ms, one.end_ms) for one in first.words] == [(1999, 2000)]
    assert [(one.start_ms, one.end_ms) for one in second.words] == [(0, 1)]


def test_a_chunk_is_as_probable_as_its_words() -> None:
    window = heard(word("a", 100, 900, 1.0), word("b", SECOND_STARTS, SECOND_STARTS + 500, 0.7))
    first, second = unpacked(window, LENGTHS) or []
    assert first.log_probability == 0
    assert second.log_probability == pytest.approx(-0.357, abs=0.001)


def test_without_scores_a_chunk_is_as_probable_as_the_window() -> None:
    window = heard(word("a", 100, 900, None), word("b", SECOND_STARTS, SECOND_STARTS + 500, None))
    first, second = unpacked(window, LENGTHS) or []
    assert first.log_probability == second.log_probability == -0.1


A, B = word("a", 100, 900), word("b", SECOND_STARTS, SECOND_STARTS + 500)


@pytest.mark.parametrize(
    "window",
    [
        heard(A, B, log_probability=-1.5),
        heard(A, B, log_probability=-0.6),
        heard(A, B, log_probability=float("nan")),
        heard(A, B, log_probability=-1.5, no_speech=0.9),
        heard(A, B, no_speech=0.9),
        heard(A),
        heard(A, word("b", SECOND_STARTS, SECOND_STARTS + 500, 0.01)),
        heard(),
        heard(A, word("b", 950, SECOND_STARTS + 500)),
    ],
)
def test_an_output_that_cannot_be_trusted_is_not_divided(window: DecodedChunk) -> None:
    assert unpacked(window, LENGTHS) is None
