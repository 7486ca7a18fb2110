"""The speech of a chunk that a recogniser left out."""

import pytest
from recognisers import spans

from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.decoded_chunk import HeardWord
from indicsubs_recognition.unheard_speech import unheard_tail

(CHUNK,) = spans((10_000, 30_000))
REGIONS = spans((5000, 14_000), (14_000, 16_000), (17_000, 19_000), (28_000, 40_000))


def words(*ends_ms: int) -> list[HeardWord]:
    return [HeardWord(text="हाँ", start_ms=end - 100, end_ms=end) for end in ends_ms]


@pytest.mark.parametrize(
    ("last_ms", "tail"),
    [
        (1000, (14_000, 30_000)),
        (4000, (14_000, 30_000)),
        (4100, (17_000, 30_000)),
        (7000, (17_000, 30_000)),
        (7100, None),  # the 2 s at the end may be a breath
        (20_000, None),
    ],
)
def test_a_tail(last_ms: int, tail: tuple[int, int] | None) -> None:
    found = unheard_tail(words(500, last_ms), CHUNK, REGIONS)
    assert found == (tail and SpeechRegion(start_ms=tail[0], end_ms=tail[1]))


def test_a_tail_is_shorter_than_its_chunk() -> None:
    """Otherwise a word without a length would be heard again without end."""
    regions = spans((0, 6000), (6000, 9000))
    word = HeardWord(text="हाँ", start_ms=0, end_ms=0)
    (chunk,) = spans((0, 9000))
    assert unheard_tail([word], chunk, regions) == SpeechRegion(start_ms=6000, end_ms=9000)
    (rest,) = spans((6000, 9000))
    assert unheard_tail([word], rest, regions) is None


def test_without_words_there_is_nothing_to_go_by() -> None:
    assert unheard_tail((), CHUNK, REGIONS) is None


def test_what_was_left_out_is_no_part_of_the_word_before_it() -> None:
    """A recogniser that leaves a stretch out gives its time to the word before."""
    first = HeardWord(text="दूर", start_ms=1000, end_ms=1500)
    stretched = HeardWord(text="है", start_ms=3000, end_ms=20_000)
    assert unheard_tail([first, stretched], CHUNK, REGIONS) == SpeechRegion(
        start_ms=14_000, end_ms=30_000
    )


def test_a_single_word_can_begin_with_the_silence_before_it() -> None:
    late = HeardWord(text="हाँ", start_ms=0, end_ms=19_500)
    assert unheard_tail([late], CHUNK, REGIONS) is None
