"""Turns the decoded chunks of a film into segments."""

import math
from collections.abc import Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.transcript import Segment, SpeechRegion, Timing
from indicsubs_recognition.decoded_chunk import clean_text, has_words, is_silent
from indicsubs_recognition.film_decoder import DecodedSpan, FilmDecoder
from indicsubs_recognition.heard_word_times import film_words, mean_word_score

OUTSIDE_SPEECH = "only one recogniser hears words here, where no speech was detected"
"""The reason for which a segment from a gap between the speech regions is quarantined."""


def decode_chunks(
    chunks: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decoder: FilmDecoder,
    engine: str,
    audio_start_ms: int,
    context: Context,
) -> tuple[list[Segment], list[int]]:
    """Decodes all chunks and reports the progress.

    The batches that an interrupted run has decoded are taken from the stage's checkpoint.

    Args:
        chunks: The chunks to decode, in order.
        regions: All speech of the film, in order; a chunk is cut between them where possible.
        decoder: The engine and the film.
        engine: Name of the engine's row in the table of engines.
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
    for first in range(0, len(chunks), decoder.batch_size):
        batch = chunks[first : first + decoder.batch_size]
        spans = context.checkpoint.once(
            _part(batch), list[DecodedSpan], lambda batch=batch: decoder.decode(batch, regions)
        )
        for span in spans:
            if is_silent(span.decoded) or not has_words(clean_text(span.decoded.text)):
                without_words.append(span.chunk.start_ms + audio_start_ms)
            else:
                segments.append(_segment(span, regions, engine, audio_start_ms))
        done += sum(chunk.end_ms - chunk.start_ms for chunk in batch)
        context.report(done, total, "film_ms")
    return segments, without_words


def on_film(span: SpeechRegion, audio_start_ms: int) -> SpeechRegion:
    """Returns a span of the audio on the film's clock."""
    return SpeechRegion(
        start_ms=span.start_ms + audio_start_ms, end_ms=span.end_ms + audio_start_ms
    )


def within(segments: Sequence[Segment], span: SpeechRegion) -> list[Segment]:
    """Returns the segments that lie in a span."""
    return [
        segment
        for segment in segments
        if span.start_ms <= segment.start_ms and segment.end_ms <= span.end_ms
    ]


def _part(batch: Sequence[SpeechRegion]) -> str:
    """Returns the name of a batch in the checkpoint of the stage."""
    return "chunks " + " ".join(f"{chunk.start_ms}-{chunk.end_ms}" for chunk in batch)


def _segment(
    span: DecodedSpan, regions: Sequence[SpeechRegion], engine: str, audio_start_ms: int
) -> Segment:
    decoded = span.decoded
    words = film_words(decoded.words, span.chunk, regions, audio_start_ms)
    return Segment(
        start_ms=span.chunk.start_ms + audio_start_ms,
        end_ms=span.chunk.end_ms + audio_start_ms,
        text=clean_text(decoded.text),
        timing=Timing.RECOGNISER if words else Timing.ASR,
        words=words,
        timed_by=engine if words else None,
        timing_confidence=mean_word_score(words),
        confidence=_confidence(decoded.log_probability),
        no_speech=_finite(decoded.no_speech),
        note=span.note,
        language=span.language,
    )


def _confidence(log_probability: float) -> float | None:
    return None if math.isnan(log_probability) else min(1.0, math.exp(log_probability))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
