"""Builds the words of a chunk from its tokens. Pure."""

import re
from collections.abc import Sequence
from itertools import accumulate

from indicsubs_recognition.decoded_chunk import HeardWord, clean_text

WHISPER_FRAME_MS = 20
"""The length of a frame of Whisper's encoder."""


def tokens_text(tokens: Sequence[bytes]) -> str:
    """Returns the text of byte-level tokens; a broken character becomes U+FFFD."""
    return b"".join(tokens).decode(errors="replace")


def heard_words(
    tokens: Sequence[bytes], starts: Sequence[int], probabilities: Sequence[float]
) -> tuple[HeardWord, ...]:
    """Returns the words of a chunk with their times.

    Args:
        tokens: The bytes of each token. A token with a word's first letter may begin with a space.
        starts: The frame in which each token begins, and the frame in which the last one ends, from
            the start of the chunk. Frames of :data:`WHISPER_FRAME_MS`.
        probabilities: The probability of each token.
    """
    ends = list(accumulate(map(len, tokens)))
    words: list[HeardWord] = []
    for piece in re.finditer(rb"\S+", b"".join(tokens)):
        first = next(k for k, end in enumerate(ends) if end > piece.start())
        last = next(k for k, end in enumerate(ends) if end >= piece.end())
        own = probabilities[first : last + 1]
        words += [
            HeardWord(
                text=text,
                start_ms=starts[first] * WHISPER_FRAME_MS,
                end_ms=starts[last + 1] * WHISPER_FRAME_MS,
                score=sum(own) / len(own),
            )
            for text in clean_text(piece[0].decode(errors="replace")).split()
        ]
    return tuple(words)
