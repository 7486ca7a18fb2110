"""From aligned letters to words with times, and to sentences. Pure."""

from collections.abc import Sequence

import msgspec

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_recognition.spelling import SpelledWord, Vocabulary
from indicsubs_text.sentences import split_sentences

LONGEST_TAIL_MS = 300
"""A word sounds on after its last letter's last frame until the delimiter, but no longer."""


class TokenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Where one target was found: frames [start, end), and its mean probability there."""

    start: int
    end: int
    probability: float


def time_words(
    words: Sequence[SpelledWord],
    spans: Sequence[TokenSpan],
    known: Vocabulary,
    frame_ms: float,
    start_ms: int,
) -> list[Word]:
    """Words with times, given the spans of ``spelling.targets(words, known)``.

    Frame 0 begins at ``start_ms``. A word's score leaves its stars out.
    """
    timed: list[Word] = []
    position = 0
    for word in words:
        letters = spans[position : position + len(word.columns)]
        position += len(letters)
        end_ms = letters[-1].end * frame_ms
        if known.delimiter is not None:
            delimiter_ms = spans[position].start * frame_ms
            end_ms = min(max(end_ms, delimiter_ms), end_ms + LONGEST_TAIL_MS)
            position += 1
        sure = [
            span.probability
            for column, span in zip(word.columns, letters, strict=True)
            if column != known.star
        ]
        timed.append(
            Word(
                text=word.text,
                start_ms=start_ms + round(letters[0].start * frame_ms),
                end_ms=start_ms + round(end_ms),
                score=sum(sure) / len(sure) if sure else None,
            )
        )
    return timed


def mean_score(words: Sequence[SpelledWord], timed: Sequence[Word], known: Vocabulary) -> float:
    """The mean probability of all letters that the aligner knows; there must be one."""
    weights = [sum(column != known.star for column in word.columns) for word in words]
    total = sum((word.score or 0.0) * n for word, n in zip(timed, weights, strict=True))
    return total / sum(weights)


def aligned_sentences(segment: Segment, words: Sequence[Word]) -> list[Segment]:
    """One segment for each sentence, from its first word's start to its last word's end."""
    return [
        msgspec.structs.replace(
            segment,
            start_ms=sentence[0].start_ms,
            end_ms=sentence[-1].end_ms,
            text=" ".join(word.text for word in sentence),
            timing=Timing.ALIGNED,
            words=tuple(sentence),
        )
        for sentence in split_sentences(words, lambda word: word.text)
    ]


def unaligned_sentences(segment: Segment, reason: str) -> list[Segment]:
    """One segment for each sentence; they share the segment's time by their characters."""
    sentences = [" ".join(group) for group in split_sentences(segment.text.split(), str)]
    total = sum(map(len, sentences))
    length = segment.end_ms - segment.start_ms
    made: list[Segment] = []
    told = 0
    for text in sentences:
        start = segment.start_ms + length * told // total
        told += len(text)
        made.append(
            msgspec.structs.replace(
                segment,
                start_ms=start,
                end_ms=segment.start_ms + length * told // total,
                text=text,
                timing=Timing.ASR,
                words=(),
                note="; ".join(filter(None, (segment.note, reason))),
            )
        )
    return made
