"""Builds timed words from a CTC path, and sentences from words. Pure."""

from collections.abc import Sequence

import msgspec

from indicsubs_contract.transcript import Segment, Timing, Word
from indicsubs_recognition.ctc_path import PieceSpan, WordPath
from indicsubs_recognition.heard_word_times import longest_word_ms, mean_word_score
from indicsubs_recognition.spelling import SpelledWord, Vocabulary
from indicsubs_text.sentences import split_sentences

LONGEST_TAIL_MS = 300
"""The longest time by which a word is extended after the last frame of its last letter. It is
extended only until the delimiter begins."""


def time_words(
    words: Sequence[SpelledWord],
    paths: Sequence[WordPath],
    vocabulary: Vocabulary,
    frame_ms: float,
    start_ms: int,
) -> list[Word]:
    """Returns the words with times. The score of a word ignores its stars.

    A word that is longer than it can take to say is cut: an unknown letter fits the silence too,
    and the first word of a segment takes the silence before it.

    Args:
        words: The words of a segment.
        paths: The path of each word.
        vocabulary: The vocabulary of the aligner.
        frame_ms: The length of a frame.
        start_ms: The start of frame 0 on the film's clock.
    """
    timed: list[Word] = []
    for word, path in zip(words, paths, strict=True):
        end_ms = path.pieces[-1].end * frame_ms
        if path.delimiter is not None:
            end_ms = min(max(end_ms, path.delimiter.start * frame_ms), end_ms + LONGEST_TAIL_MS)
        known = _known(path, vocabulary)
        begin_ms = path.pieces[0].start * frame_ms
        if not timed:
            begin_ms = max(begin_ms, end_ms - longest_word_ms(word.text))
        timed.append(
            Word(
                text=word.text,
                start_ms=start_ms + round(begin_ms),
                end_ms=start_ms + round(min(end_ms, begin_ms + longest_word_ms(word.text))),
                score=_mean(known) if known else None,
            )
        )
    return timed


def mean_score(paths: Sequence[WordPath], vocabulary: Vocabulary) -> float:
    """Returns the mean probability of all pieces of the paths that the vocabulary knows.

    At least one of them must be known.
    """
    return _mean([piece for path in paths for piece in _known(path, vocabulary)])


def _known(path: WordPath, vocabulary: Vocabulary) -> list[PieceSpan]:
    return [piece for piece in path.pieces if piece.column != vocabulary.star]


def _mean(pieces: Sequence[PieceSpan]) -> float:
    return min(1.0, sum(piece.probability for piece in pieces) / len(pieces))


def aligned_sentences(segment: Segment, words: Sequence[Word], engine: str) -> list[Segment]:
    """Returns a segment for each sentence, from the start of its first word to its last word's end.

    Args:
        segment: The segment from which the sentences copy their other fields.
        words: All words of the segment, with times.
        engine: The engine that timed the words.
    """
    return _timed_sentences(segment, words, Timing.ALIGNED, engine)


def unaligned_sentences(segment: Segment, reason: str | None) -> list[Segment]:
    """Returns a segment for each sentence, with the recogniser's word times if there are any.

    Otherwise the sentences share the segment's time in proportion to their characters.

    Args:
        segment: A segment as the recogniser gave it.
        reason: The reason why it is not aligned, for its note; None adds no note.
    """
    noted = msgspec.structs.replace(
        segment, note="; ".join(filter(None, (segment.note, reason))) or None
    )
    if segment.words:
        return _timed_sentences(noted, segment.words, Timing.RECOGNISER, segment.timed_by)
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
                noted,
                start_ms=start_ms,
                end_ms=segment.start_ms + length_ms * count // total,
                text=text,
                timing=Timing.ASR,
                words=(),
                timed_by=None,
                timing_confidence=None,
            )
        )
    return segments


def _timed_sentences(
    segment: Segment, words: Sequence[Word], timing: Timing, engine: str | None
) -> list[Segment]:
    return [
        msgspec.structs.replace(
            segment,
            start_ms=sentence[0].start_ms,
            end_ms=sentence[-1].end_ms,
            text=" ".join(word.text for word in sentence),
            timing=timing,
            words=tuple(sentence),
            timed_by=engine,
            timing_confidence=mean_word_score(sentence),
        )
        for sentence in split_sentences(words, lambda word: word.text)
    ]
