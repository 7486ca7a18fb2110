"""Lets a recogniser with a fixed window hear several short chunks at once.

Whisper computes 30 s of sound however short a chunk is, and a dialogue has many short ones. Here
neighbours share a window, with a silence between them, and the words are given back to the chunks
by the recogniser's own times. Where this is not certain, the chunks are decoded alone.

A shorter window is no way out: Whisper base, given two or five seconds beyond the speech instead of
30, repeated sentences (46 to 59 words too many in 730).
"""

import math
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from indicsubs_contract.audio import RATE
from indicsubs_recognition.decoded_chunk import (
    HIGHEST_NO_SPEECH,
    DecodedChunk,
    HeardWord,
    distrust_note,
)
from indicsubs_recognition.heard_word_times import longest_word_ms
from indicsubs_recognition.recognition_engine import DecodeMode, RecognitionEngine

SILENCE_MS = 1_000
"""The silence between two chunks. Word times of Whisper are off by 0.1 s in the mean."""
CHUNKS_A_WINDOW = 4
"""So many chunks for each window of a batch are given to :meth:`PackingEngine.decode` at once."""
_LEAST_LOG_PROBABILITY = -0.5
"""Below this mean log probability, chunks are decoded alone. Windows of clear English have -0.1
with Whisper base. Where the recogniser is unsure, neighbours mislead it: when all chunks shared
windows, 54 % of the letters of one synthetic Hindi voice were wrong; alone 46 % are."""
_LONGEST_PAUSE_MS = 2_000
"""The longest pause that a word may have in its time: a silence between chunks, or a pause in one.
Where a chunk was left out, the word before or after it gets its time."""
_BYTES_PER_MS = 2 * RATE // 1000
_SILENCE = bytes(SILENCE_MS * _BYTES_PER_MS)


class PackingEngine:
    """A ``RecognitionEngine`` that hears neighbours together where they fit in one window."""

    def __init__(self, engine: RecognitionEngine, longest_ms: int, batch_size: int) -> None:
        """Packs chunks for an engine.

        Args:
            engine: An engine that gives the times of words.
            longest_ms: The longest window, the silences included. The text of so much speech must
                fit the engine's output.
            batch_size: The most windows that the engine gets at once.
        """
        self._engine = engine
        self._longest_ms = longest_ms
        self._batch_size = batch_size
        self.languages = engine.languages

    def script(self, language: str) -> str | None:
        """Returns what the engine returns."""
        return self._engine.script(language)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns what the engine returns; each chunk is heard alone."""
        return self._engine.language_probabilities(chunks)

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Recognises the text of each chunk, in a window of its own in every mode but ``FREE``."""
        if mode is not DecodeMode.FREE:
            return self._decode(chunks, language, mode)
        packs = list(self._packs(chunks))
        windows = self._decode(
            [_SILENCE.join(chunks[k] for k in pack) for pack in packs], language, mode
        )
        found: dict[int, DecodedChunk] = {}
        for pack, window in zip(packs, windows, strict=True):
            lengths_ms = [len(chunks[k]) // _BYTES_PER_MS for k in pack]
            parts = unpacked(window, lengths_ms) if len(pack) > 1 else [window]
            found.update(zip(pack, parts, strict=True) if parts else ())
        alone = [k for k in range(len(chunks)) if k not in found]
        again = self._decode([chunks[k] for k in alone], language, mode)
        found.update(zip(alone, again, strict=True))
        return [found[k] for k in range(len(chunks))]

    def _decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        return [
            output
            for first in range(0, len(chunks), self._batch_size)
            for output in self._engine.decode(
                chunks[first : first + self._batch_size], language, mode
            )
        ]

    def _packs(self, chunks: Sequence[bytes]) -> Iterator[list[int]]:
        """Yields the chunks of each window, by their indices."""
        pack: list[int] = []
        length_ms = 0
        for index, chunk in enumerate(chunks):
            added_ms = len(chunk) // _BYTES_PER_MS
            if pack and length_ms + SILENCE_MS + added_ms > self._longest_ms:
                yield pack
                pack, length_ms = [], 0
            length_ms += added_ms + (SILENCE_MS if pack else 0)
            pack.append(index)
        if pack:
            yield pack


def unpacked(window: DecodedChunk, lengths_ms: Sequence[int]) -> list[DecodedChunk] | None:
    """Returns the output for each chunk of a window.

    Args:
        window: The output for the window.
        lengths_ms: The lengths of its chunks, with :data:`SILENCE_MS` between them.

    Returns:
        None where the output cannot be trusted, where a word is longer than it can take to say and
        a pause, or where a chunk would have no words or words that the recogniser was unsure of.
    """
    if (
        not _is_sure(window)
        or window.no_speech > HIGHEST_NO_SPEECH
        or any(map(_is_too_long, window.words))
    ):
        return None
    starts = [0]
    for length_ms in lengths_ms:
        starts.append(starts[-1] + length_ms + SILENCE_MS)
    parts: list[list[HeardWord]] = [[] for _ in lengths_ms]
    chunk = 0
    for word in window.words:
        middle_ms = (word.start_ms + word.end_ms) / 2
        while chunk + 1 < len(parts) and middle_ms >= starts[chunk + 1] - SILENCE_MS / 2:
            chunk += 1
        parts[chunk].append(_moved(word, starts[chunk], lengths_ms[chunk]))
    outputs = [_output(window, words) for words in parts]
    if not all(output.words and _is_sure(output) for output in outputs):
        return None
    return outputs


def _is_sure(output: DecodedChunk) -> bool:
    return distrust_note(output) is None and output.log_probability >= _LEAST_LOG_PROBABILITY


def _is_too_long(word: HeardWord) -> bool:
    return word.end_ms - word.start_ms > longest_word_ms(word.text) + _LONGEST_PAUSE_MS


def _moved(word: HeardWord, start_ms: int, length_ms: int) -> HeardWord:
    """Returns a word with times from the start of its chunk, inside the chunk."""
    first_ms = min(max(0, word.start_ms - start_ms), length_ms - 1)
    last_ms = min(max(first_ms + 1, word.end_ms - start_ms), length_ms)
    return replace(word, start_ms=first_ms, end_ms=last_ms)


def _output(window: DecodedChunk, words: Sequence[HeardWord]) -> DecodedChunk:
    scores = [word.score for word in words if word.score]
    return replace(
        window,
        text=" ".join(word.text for word in words),
        words=tuple(words),
        log_probability=(
            sum(map(math.log, scores)) / len(scores) if scores else window.log_probability
        ),
    )
