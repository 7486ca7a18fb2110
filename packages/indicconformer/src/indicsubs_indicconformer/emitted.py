"""The pieces that a decoder emits, and the text and the words that they make."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indicsubs_indicconformer.acoustic_network import FRAME_MS
from indicsubs_indicconformer.checkpoint import UNKNOWN, WORD_START
from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord

LONGEST_TAIL_MS = 160
"""The longest silence that still belongs to a word. A decoder emits a piece early in its sound and
then blanks: without a tail, words end about two frames before their sound does."""


@dataclass(frozen=True, kw_only=True)
class EmittedPiece:
    """A piece of text in the frames in which it was emitted."""

    text: str
    """With the mark at its front if it begins a word."""
    start_frame: int
    end_frame: int
    """The frame after the last one."""
    log_probability: float


def decoded_chunk(
    emitted: Sequence[EmittedPiece], blanks: Sequence[float], chunk_ms: int
) -> DecodedChunk:
    """Returns the output for one chunk.

    Args:
        emitted: The pieces, in order.
        blanks: The log probability of the blank at each step of the decoder, at least one.
        chunk_ms: The length of the chunk.

    Returns:
        The log probability is the mean over the pieces; without pieces, over the blanks. The
        probability of no speech is that of the blank at the step where it is lowest.
    """
    words = heard_words(emitted, chunk_ms)
    scores = [piece.log_probability for piece in emitted] or blanks
    return DecodedChunk(
        text=" ".join(word.text for word in words),
        log_probability=float(np.mean(scores)),
        no_speech=math.exp(min(blanks)),
        cut_off=False,
        words=words,
    )


def heard_words(emitted: Sequence[EmittedPiece], chunk_ms: int) -> tuple[HeardWord, ...]:
    """Returns the words of pieces, with times from the chunk's start.

    A word starts with the first frame of its first piece and ends after the last frame of its last
    piece and a tail of at most ``LONGEST_TAIL_MS``, but not after the next word's start or the
    chunk's end. Words that start in one frame share it equally.
    """
    words = [word for word in _by_word(emitted) if _text(word)]
    starts = _starts([word[0].start_frame for word in words], chunk_ms)
    heard: list[HeardWord] = []
    for word, start_ms, next_ms in zip(words, starts, [*starts, chunk_ms][1:], strict=True):
        tail_ms = FRAME_MS * word[-1].end_frame + LONGEST_TAIL_MS
        heard.append(
            HeardWord(
                text=_text(word),
                start_ms=start_ms,
                end_ms=max(start_ms + 1, min(tail_ms, next_ms)),
                score=float(np.mean([math.exp(piece.log_probability) for piece in word])),
            )
        )
    return tuple(heard)


def _starts(frames: Sequence[int], chunk_ms: int) -> list[int]:
    """Returns the start of each word in ms, from the frames that they start in.

    The last frame can begin at the chunk's end; its words are moved to where each has 1 ms.
    """
    in_frame, seen = Counter(frames), Counter[int]()
    starts: list[int] = []
    for frame in frames:
        starts.append(FRAME_MS * frame + FRAME_MS * seen[frame] // in_frame[frame])
        seen[frame] += 1
    latest_ms = chunk_ms
    for position in reversed(range(len(starts))):
        starts[position] = latest_ms = max(0, min(starts[position], latest_ms - 1))
    return starts


def _by_word(emitted: Sequence[EmittedPiece]) -> list[list[EmittedPiece]]:
    """Returns the pieces of each word."""
    words: list[list[EmittedPiece]] = []
    for piece in emitted:
        if not words or piece.text.startswith(WORD_START):
            words.append([])
        words[-1].append(piece)
    return words


def _text(word: Sequence[EmittedPiece]) -> str:
    """Returns the text of a word; the piece for unknown text has none."""
    pieces = [piece.text for piece in word if piece.text != UNKNOWN]
    return "".join(pieces).replace(WORD_START, "")
