"""Puts the word times of a recogniser on the film's clock. Pure."""

from collections.abc import Sequence

from indicsubs_contract.transcript import SpeechRegion, Word
from indicsubs_recognition.decoded_chunk import HeardWord

SHORTEST_WORD_MS = 20
"""One frame of Whisper's cross-attention, the shortest time that it can give."""
_LONGEST_MS, _LONGEST_LETTER_MS = 300, 150
"""The longest time of a word: a constant and a time for each letter."""


def longest_word_ms(text: str) -> int:
    """Returns the longest time that a word can take to say."""
    return _LONGEST_MS + _LONGEST_LETTER_MS * sum(map(str.isalnum, text))


def film_words(
    words: Sequence[HeardWord],
    chunk: SpeechRegion,
    regions: Sequence[SpeechRegion],
    audio_start_ms: int,
) -> tuple[Word, ...]:
    """Returns the words of a chunk with times on the film's clock.

    A word that begins or ends in a pause is cut at the pause, and a word that is longer than it can
    take to say is cut too: a recogniser gives the pause beside a word to the word. The words do not
    overlap.

    Args:
        words: The words of the chunk, from its start.
        chunk: The chunk, on the audio's clock.
        regions: All speech of the film, in order, on the audio's clock.
        audio_start_ms: The start of the audio on the film's clock.

    Returns:
        The words; none where the times do not fit the chunk.
    """
    speech = [
        (max(region.start_ms, chunk.start_ms), min(region.end_ms, chunk.end_ms))
        for region in regions
        if region.start_ms < chunk.end_ms and region.end_ms > chunk.start_ms
    ]
    timed: list[Word] = []
    previous_ms = chunk.start_ms
    for word in words:
        start_ms, end_ms = _within(
            chunk.start_ms + word.start_ms, chunk.start_ms + word.end_ms, speech
        )
        longest_ms = longest_word_ms(word.text)
        if end_ms - start_ms > longest_ms:
            # The first word of a chunk takes the silence before it, any other the pause after it.
            if timed:
                end_ms = start_ms + longest_ms
            else:
                start_ms = end_ms - longest_ms
        start_ms = max(start_ms, previous_ms)
        end_ms = max(end_ms, start_ms + SHORTEST_WORD_MS)
        previous_ms = end_ms
        timed.append(
            Word(
                text=word.text,
                start_ms=start_ms + audio_start_ms,
                end_ms=end_ms + audio_start_ms,
                score=word.score,
            )
        )
    return tuple(timed) if previous_ms <= chunk.end_ms else ()


def mean_word_score(words: Sequence[Word]) -> float | None:
    """Returns the mean score of the words that have one; None if none has."""
    scores = [word.score for word in words if word.score is not None]
    return sum(scores) / len(scores) if scores else None


def _within(start_ms: int, end_ms: int, speech: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Cuts a time to the stretch of speech that it shares most with, if it shares any."""
    shared = [(max(a, start_ms), min(z, end_ms)) for a, z in speech if a < end_ms and z > start_ms]
    return max(shared, key=lambda times: times[1] - times[0], default=(start_ms, end_ms))
