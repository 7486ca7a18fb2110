"""The pieces that a decoder emits, and the text and the words that they make."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indicsubs_indicconformer.acoustic_network import FRAME_MS
from indicsubs_indicconformer.checkpoint import UNKNOWN, WORD_START
from indicsubs_recognition.decoded_chunk import DecodedChunk, HeardWord

LEAST_PIECE_MS = 240
"""The least time that a word's last piece takes: about a syllable at the end of a phrase. A network
may emit a piece in a single frame, early in its sound; the transducer always does. With the demo
model, ends of words were 23 ms (CTC) and 82 ms (transducer) from the truth in the mean, and without
this 20 ms and 189 ms. Starts were 18 to 20 ms from the truth."""


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

    A word starts with the first frame of its first piece. It ends after its last frame or
    :data:`LEAST_PIECE_MS` after the start of its last piece, whichever is later, but not after the
    next word's start or the chunk's end. Words that start in one frame share it equally.
    """
    words = [word for word in _by_word(emitted) if _text(word)]
    starts = _starts([word[0].start_frame for word in words], chunk_ms)
    heard: list[HeardWord] = []
    for word, start_ms, next_ms in zip(words, starts, [*starts, chunk_ms][1:], strict=True):
        last = word[-1]
        end_ms = max(FRAME_MS * last.end_frame, FRAME_MS * last.start_frame + LEAST_PIECE_MS)
        heard.append(
            HeardWord(
                text=_text(word),
                start_ms=start_ms,
                end_ms=max(start_ms + 1, min(end_ms, next_ms)),
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
