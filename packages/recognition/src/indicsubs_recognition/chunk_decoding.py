"""Decoding chunks of speech: a second try where the output cannot be trusted, then segments."""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from indicsubs_contract.context import Context
from indicsubs_contract.transcript import Segment, SpeechRegion
from indicsubs_recognition.chunks import halve
from indicsubs_recognition.decoded_chunk import (
    DecodedChunk,
    clean_text,
    distrust_note,
    has_words,
    is_silent,
    trust_rank,
)

SHORTEST_HALVED_MS = 1_000
"""Shorter chunks are not cut into halves."""

DecodeChunks: TypeAlias = Callable[[Sequence[SpeechRegion], bool], list[DecodedChunk]]
"""Decodes spans of the film's audio; True for the careful second try."""


def decode_chunks(
    chunks: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decode: DecodeChunks,
    batch_size: int,
    audio_start_ms: int,
    context: Context,
) -> tuple[list[Segment], list[int]]:
    """Decodes all chunks and reports the progress.

    Args:
        chunks: The chunks to decode, in order.
        regions: All speech of the film, in order; a chunk is halved between them.
        decode: The engine.
        batch_size: How many chunks go to the engine at once.
        audio_start_ms: Added to the times of chunks, which are on the audio's clock.
        context: Of the stage.

    Returns:
        Segments on the film's clock, and the starts of the chunks without words, on that clock too.
    """
    total = sum(chunk.end_ms - chunk.start_ms for chunk in chunks)
    done = 0
    segments: list[Segment] = []
    without_words: list[int] = []
    for first in range(0, len(chunks), batch_size):
        batch = chunks[first : first + batch_size]
        for chunk, decoded in _decode_with_retries(batch, regions, decode):
            text = clean_text(decoded.text)
            start_ms = chunk.start_ms + audio_start_ms
            if is_silent(decoded) or not has_words(text):
                without_words.append(start_ms)
                continue
            segments.append(
                Segment(
                    start_ms=start_ms,
                    end_ms=chunk.end_ms + audio_start_ms,
                    text=text,
                    confidence=_confidence(decoded.log_probability),
                    no_speech=_finite(decoded.no_speech),
                    note=distrust_note(decoded),
                )
            )
        done += sum(chunk.end_ms - chunk.start_ms for chunk in batch)
        context.report(done, total, "film_ms")
    return segments, without_words


def _decode_with_retries(
    batch: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decode: DecodeChunks,
) -> list[tuple[SpeechRegion, DecodedChunk]]:
    """Decodes a batch, then once more each chunk whose output cannot be trusted.

    A chunk whose output was cut off is decoded again in halves; of another, the better output is
    kept.
    """
    final: list[tuple[SpeechRegion, DecodedChunk]] = []
    for chunk, first in zip(batch, decode(batch, False), strict=True):
        if is_silent(first) or distrust_note(first) is None:
            final.append((chunk, first))
        elif first.cut_off and chunk.end_ms - chunk.start_ms >= SHORTEST_HALVED_MS:
            halves = halve(chunk, regions)
            final += zip(halves, decode(halves, True), strict=True)
        else:
            second = decode([chunk], True)[0]
            final.append((chunk, max(first, second, key=trust_rank)))
    return final


def _confidence(log_probability: float) -> float | None:
    return None if math.isnan(log_probability) else min(1.0, math.exp(log_probability))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
