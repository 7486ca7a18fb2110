"""Builds timed words from aligned characters, and sentences from words. Pure."""

from collections.abc import Sequence

import msgspec

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_recognition.spelling import SpelledWord, Vocabulary
from indicsubs_text.sentences import split_sentences

LONGEST_TAIL_MS = 300
"""The longest time by which a word is extended after the last frame of its last character. It is
extended only until the delimiter begins."""


class TokenSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The frames [start, end) where an aligner found a column, and its mean probability there."""

    start: int
    end: int
    probability: float


def time_words(
    words: Sequence[SpelledWord],
    spans: Sequence[TokenSpan],
    vocabulary: Vocabulary,
    frame_ms: float,
    start_ms: int,
) -> list[Word]:
    """Returns the words with times. The score of a word ignores its stars.

    Args:
        words: The words of a segment.
        spans: One span for each column of ``spelling.target_columns(words, vocabulary)``.
        vocabulary: The vocabulary of the aligner.
        frame_ms: The length of a frame.
        start_ms: The start of frame 0 on the film's clock.
    """
    timed: list[Word] = []
    position = 0
    for word in words:
        letters = spans[position : position + len(word.columns)]
        position += len(letters)
        end_ms = letters[-1].end * frame_ms
        if vocabulary.delimiter is not None:
            delimiter_ms = spans[position].start * frame_ms
            end_ms = min(max(end_ms, delimiter_ms), end_ms + LONGEST_TAIL_MS)
            position += 1
        probabilities = [
            span.probability
            for column, span in zip(word.columns, letters, strict=True)
            if column != vocabulary.star
        ]
        timed.append(
            Word(
                text=word.text,
                start_ms=start_ms + round(letters[0].start * frame_ms),
                end_ms=start_ms + round(end_ms),
                score=sum(probabilities) / len(probabilities) if probabilities else None,
            )
        )
    return timed


def mean_score(
    words: Sequence[SpelledWord], timed: Sequence[Word], vocabulary: Vocabulary
) -> float:
    """Returns the mean probability of all characters that the vocabulary knows.

    The vocabulary must know at least one character of the words.
    """
    weights = [sum(column != vocabulary.star for column in word.columns) for word in words]
    total = sum((word.score or 0.0) * n for word, n in zip(timed, weights, strict=True))
    return total / sum(weights)


def aligned_sentences(segment: Segment, words: Sequence[Word]) -> list[Segment]:
    """Returns a segment for each sentence, from the start of its first word to its last word's end.

    Args:
        segment: The segment from which the sentences copy their other fields.
        words: All words of the segment, with times.
    """
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
    """Returns a segment for each sentence, with ``reason`` in its note.

    The sentences share the segment's time in proportion to their characters.
    """
    sentences = [" ".join(group) for group in split_sentences(segment.text.split(), str)]
    total = sum(map(len, sentences))
    length_ms = segment.end_ms - segment.start_ms
    segments: list[Segment] = []
    count = 0
    for text in sentences:
        start_ms = segment.start_ms + length_ms * count // total
        count += len(text)
        segments.append(
            msgspec.structs.replace(
                segment,
                start_ms=start_ms,
                end_ms=segment.start_ms + length_ms * count // total,
                text=text,
                timing=Timing.ASR,
                words=(),
                note="; ".join(filter(None, (segment.note, reason))),
            )
        )
    return segments
