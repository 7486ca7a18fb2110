"""Decodes chunks of speech into segments, with a second try where the output is not trusted."""

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
"""The length of the shortest chunk that may be cut into halves."""

DecodeChunks: TypeAlias = Callable[[Sequence[SpeechRegion], bool], list[DecodedChunk]]
"""A function that decodes spans of the audio; its flag is True for the careful second try."""


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
        regions: All speech of the film, in order; a chunk is cut between them where possible.
        decode: The function that calls the engine.
        batch_size: The number of chunks that the engine gets at once.
        audio_start_ms: The start of the audio on the film's clock. It is added to the times of the
            chunks, which are on the audio's clock.
        context: The context of the stage.

    Returns:
        The segments, and the start times of the chunks without words; all on the film's clock.
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
    """Decodes a batch, then decodes again each chunk whose output cannot be trusted.

    A chunk whose output was cut off is decoded again in halves. Any other chunk is decoded again
    whole, and the better of its two outputs is kept.
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
