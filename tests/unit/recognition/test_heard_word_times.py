"""The words of a recogniser on the film's clock."""

from recognisers import spans

from indicsubs_contract.transcript import Word
from indicsubs_recognition.decoded_chunk import HeardWord
from indicsubs_recognition.heard_word_times import film_words, longest_word_ms, mean_word_score


def heard(*words: tuple[str, int, int]) -> list[HeardWord]:
    return [HeardWord(text=text, start_ms=a, end_ms=z, score=0.5) for text, a, z in words]


def timed(
    words: list[HeardWord], *regions: tuple[int, int], chunk: tuple[int, int] = (1000, 5000)
) -> list[tuple[int, int]]:
    found = film_words(words, spans(chunk)[0], spans(*regions or (chunk,)), 0)
    return [(word.start_ms, word.end_ms) for word in found]


def test_times_are_on_the_film_s_clock() -> None:
    words = film_words(heard(("हाँ", 0, 400)), spans((1000, 5000))[0], spans((1000, 5000)), 7)
    assert words == (Word(text="हाँ", start_ms=1007, end_ms=1407, score=0.5),)


def test_a_pause_between_regions_belongs_to_no_word() -> None:
    words = heard(("दरवाज़ा", 0, 900), ("बंद", 900, 2400), ("करो", 2400, 3000))
    assert timed(words, (1000, 1800), (2000, 2500), (3200, 9000)) == [
        (1000, 1800),
        (2000, 2500),
        (3400, 4000),
    ]


def test_a_word_outside_all_regions_keeps_its_times() -> None:
    assert timed(heard(("a", 1000, 1200)), (1000, 1500), (3000, 5000)) == [(2000, 2200)]


def test_no_word_is_longer_than_it_takes_to_say() -> None:
    assert longest_word_ms("और,") == 300 + 2 * 150
    words = heard(("और", 0, 1500), ("तुम", 1500, 3900))
    # The first one takes the silence before it, the other the pause after it.
    assert timed(words) == [(1900, 2500), (2500, 3100)]


def test_words_do_not_overlap_and_have_a_length() -> None:
    words = heard(("a", 0, 200), ("b", 200, 200), ("c", 200, 200), ("d", 200, 500))
    assert timed(words) == [(1000, 1200), (1200, 1220), (1220, 1240), (1240, 1500)]


def test_times_that_do_not_fit_the_chunk_are_dropped() -> None:
    words = heard(*[("a", 0, 0)] * 60)
    assert timed(words, chunk=(1000, 2000)) == []
    assert timed([]) == []


def test_the_mean_score() -> None:
    words = [Word(text="a", start_ms=0, end_ms=1, score=score) for score in (0.2, None, 0.6)]
    assert mean_word_score(words) == 0.4
    assert mean_word_score(words[1:2]) is None
