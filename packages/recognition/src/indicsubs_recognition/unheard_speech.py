"""Finds the speech of a chunk that a recogniser left out: Whisper sometimes stops early. Pure."""

from collections.abc import Sequence

from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.decoded_chunk import HeardWord
from indicsubs_recognition.heard_word_times import longest_word_ms

LEAST_UNHEARD_MS = 3_000
"""The least speech after the last word that counts as left out. A shorter rest may be a breath, a
laugh, or a word whose time is wrong."""


def unheard_tail(
    words: Sequence[HeardWord], chunk: SpeechRegion, regions: Sequence[SpeechRegion]
) -> SpeechRegion | None:
    """Returns the rest of a chunk whose speech has no words; None where there is none.

    Args:
        words: The words of the chunk, with times from its start; without words, None is returned.
        chunk: The chunk.
        regions: All speech of the film, in order.
    """
    if not words:
        return None
    last = words[-1]
    end_ms = last.end_ms
    if len(words) > 1:
        # The recogniser gives what it left out to the word before. A first word can be long in the
        # other direction, by what comes before it.
        end_ms = min(end_ms, last.start_ms + longest_word_ms(last.text))
    # A tail is shorter than its chunk, so that hearing it again comes to an end.
    last_ms = chunk.start_ms + max(1, end_ms)
    after = [
        (region.start_ms, min(region.end_ms, chunk.end_ms))
        for region in regions
        if last_ms <= region.start_ms < chunk.end_ms
    ]
    if sum(end_ms - start_ms for start_ms, end_ms in after) < LEAST_UNHEARD_MS:
        return None
    return SpeechRegion(start_ms=after[0][0], end_ms=chunk.end_ms)
