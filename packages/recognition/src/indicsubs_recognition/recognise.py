"""Stage asr without its engine: what every recogniser does alike.

An engine decodes chunks of speech and says how sure it is. Everything else is here: which chunks
there are, which language is spoken, which outputs are not to be trusted, and what becomes of them.
"""

import math
import wave
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol, TypeAlias

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript
from indicsubs_recognition.chunks import chunk
from indicsubs_recognition.hypotheses import Decoded, clean, fault, has_words, is_silence, trust
from indicsubs_text.clock import clock
from indicsubs_text.languages import LANGUAGES, Language, find_language

WINDOW_MS = 30_000
"""No chunk is longer: Whisper hears 30 s at once, and languages are detected in such windows."""

_DETECTION_CHUNKS = 8
"""So many chunks, from all over the film, tell its language: songs and titles mislead one."""
_SHORTEST_HALVED_MS = 1_000


class RecognitionEngine(Protocol):
    """A recogniser with its model loaded. Chunks are 16 kHz mono little-endian 16-bit samples."""

    @property
    def languages(self) -> frozenset[str]:
        """The engine's codes of the languages that the loaded model knows."""
        ...

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """For each chunk, the probability of each language by the engine's code."""
        ...

    def decode(self, chunks: Sequence[bytes], language: str, careful: bool) -> list[Decoded]:
        """The text of each chunk; ``careful`` after a first output that was not to be trusted."""
        ...


_Decode: TypeAlias = Callable[[Sequence[SpeechRegion], bool], list[Decoded]]
"""``Engine.decode`` for spans of the film's audio."""


def recognise(
    request: AsrRequest, context: Context, load: Callable[[], RecognitionEngine]
) -> AsrResult:
    """Stage asr, given how to ``load`` its engine.

    Raises:
        IndicsubsError: the language is unknown to the model, or cannot be told; what ``load`` raises.
    """
    language = _requested(request)
    if request.chunk_ms is not None and not _SHORTEST_HALVED_MS <= request.chunk_ms <= WINDOW_MS:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Chunks of {request.chunk_ms} ms cannot be: give {_SHORTEST_HALVED_MS} to"
            f" {WINDOW_MS} ms.",
        )
    path = context.path(request.speech)
    regions = read_document(path.read_bytes(), Speech, path.name).regions
    if not regions:
        return _silent_film(language, context)
    with _memory_guard(), open_audio(context.path(request.audio)) as audio:
        engine = load()
        probability = None
        if language is None:
            language, probability = _detect(regions, audio, engine, request.languages)
            context.log.info("Language: %s (probability %.2f)", language.name, probability)
        known = request.languages[language.tag]
        if known.code not in engine.languages:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The model {request.model.name} does not know {language.name}. Choose one that"
                " knows many languages.",
            )

        def decode(spans: Sequence[SpeechRegion], careful: bool) -> list[Decoded]:
            return engine.decode([read_samples(audio, span) for span in spans], known.code, careful)

        spans = chunk(regions, request.chunk_ms or known.longest_chunk_ms or WINDOW_MS)
        segments, empty = _transcribe(spans, regions, decode, request, context)
    transcript = Transcript(
        language=language.tag, language_probability=probability, segments=tuple(segments)
    )
    return AsrResult(
        transcript=context.write_document(
            "transcript.json", transcript, "transcript", language.tag
        ),
        language=language.tag,
        language_probability=probability,
        segments=len(segments),
        warnings=tuple(_warnings(segments, empty)),
    )


def _requested(request: AsrRequest) -> Language | None:
    """The language that the request names, or None if it is to be detected.

    Raises:
        IndicsubsError: ``BAD_INPUT``, for a language that the engine does not recognise.
    """
    if request.language is None:
        return None
    language = find_language(request.language)
    if language.tag not in request.languages:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"This recogniser does not know {language.name}. Give a transcript made elsewhere with"
            f" --transcript FILE; the recogniser knows: {', '.join(request.languages) or 'none'}.",
        )
    return language


def _silent_film(language: Language | None, context: Context) -> AsrResult:
    if language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            "No speech was found, so its language cannot be told. Choose another --audio-track or"
            " --channel, or give the language with -s.",
        )
    empty = Transcript(language=language.tag, segments=())
    return AsrResult(
        transcript=context.write_document("transcript.json", empty, "transcript", language.tag),
        language=language.tag,
        language_probability=None,
        segments=0,
        warnings=("No speech was found; the transcript is empty.",),
    )


# --- the language ----------------------------------------------------------------------------


def _detect(
    regions: Sequence[SpeechRegion],
    audio: wave.Wave_read,
    engine: RecognitionEngine,
    known: Mapping[str, EngineLanguage],
) -> tuple[Language, float]:
    """The language of the film and its probability, from chunks of the whole film.

    Raises:
        IndicsubsError: ``BAD_INPUT``, where the most probable language is none of ``known``.
    """
    spans = spread(chunk(regions, WINDOW_MS), _DETECTION_CHUNKS)
    probabilities = average(
        engine.language_probabilities([read_samples(audio, span) for span in spans])
    )
    code = max(probabilities, key=lambda code: probabilities[code])
    tag = next((tag for tag, language in known.items() if language.code == code), None)
    if tag is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The film seems to be in a language that indicsubs does not translate ({code!r},"
            f" probability {probabilities[code]:.2f}). If that is wrong, give its language with"
            " -s.",
        )
    return LANGUAGES[tag], probabilities[code]


def spread(spans: Sequence[SpeechRegion], count: int) -> list[SpeechRegion]:
    """The longest span of each of ``count`` equal parts of the film's speech, or all spans."""
    count = min(count, len(spans))
    parts = (spans[len(spans) * k // count : len(spans) * (k + 1) // count] for k in range(count))
    return [max(part, key=lambda span: span.end_ms - span.start_ms) for part in parts]


def average(probabilities: Sequence[dict[str, float]]) -> dict[str, float]:
    """The mean probability of each language over chunks."""
    codes = {code for row in probabilities for code in row}
    return {
        code: math.fsum(row.get(code, 0.0) for row in probabilities) / len(probabilities)
        for code in sorted(codes)
    }


# --- the text --------------------------------------------------------------------------------


def _transcribe(
    spans: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decode: _Decode,
    request: AsrRequest,
    context: Context,
) -> tuple[list[Segment], list[int]]:
    """Segments on the film's clock, and the starts of the spans without words."""
    total = sum(span.end_ms - span.start_ms for span in spans)
    done = 0
    segments: list[Segment] = []
    empty: list[int] = []
    for first in range(0, len(spans), request.batch_size):
        batch = spans[first : first + request.batch_size]
        for span, decoded in _decode_with_retries(batch, regions, decode):
            text = clean(decoded.text)
            start = span.start_ms + request.audio_start_ms
            if is_silence(decoded) or not has_words(text):
                empty.append(start)
                continue
            segments.append(
                Segment(
                    start_ms=start,
                    end_ms=span.end_ms + request.audio_start_ms,
                    text=text,
                    confidence=_confidence(decoded.log_probability),
                    no_speech=_finite(decoded.no_speech),
                    note=fault(decoded),
                )
            )
        done += sum(span.end_ms - span.start_ms for span in batch)
        context.report(done, total, "film_ms")
    return segments, empty


def _decode_with_retries(
    batch: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decode: _Decode,
) -> list[tuple[SpeechRegion, Decoded]]:
    """Decode, and decode once more what is not to be trusted: in halves if it was cut off."""
    final: list[tuple[SpeechRegion, Decoded]] = []
    for span, first in zip(batch, decode(batch, False), strict=True):
        if is_silence(first) or fault(first) is None:
            final.append((span, first))
        elif first.cut_off and span.end_ms - span.start_ms >= _SHORTEST_HALVED_MS:
            halves = halve(span, regions)
            final += zip(halves, decode(halves, True), strict=True)
        else:
            second = decode([span], True)[0]
            final.append((span, max(first, second, key=trust)))
    return final


def halve(span: SpeechRegion, regions: Sequence[SpeechRegion]) -> list[SpeechRegion]:
    """Cut a chunk in two or more of half its length at most, between regions where possible."""
    inside = [
        SpeechRegion(
            start_ms=max(region.start_ms, span.start_ms), end_ms=min(region.end_ms, span.end_ms)
        )
        for region in regions
        if region.start_ms < span.end_ms and region.end_ms > span.start_ms
    ]
    return chunk(inside, (span.end_ms - span.start_ms + 1) // 2)


def _confidence(log_probability: float) -> float | None:
    return None if math.isnan(log_probability) else min(1.0, math.exp(log_probability))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


def _warnings(segments: Sequence[Segment], empty: Sequence[int]) -> list[str]:
    warnings: list[str] = []
    if empty:
        warnings.append(
            f"{len(empty)} stretches of sound gave no words and were left out, the first at"
            f" {clock(empty[0])}."
        )
    doubtful = [segment for segment in segments if segment.note]
    if doubtful:
        warnings.append(
            f"{len(doubtful)} segments are doubtful and carry a note, the first at"
            f" {clock(doubtful[0].start_ms)}."
        )
    return warnings


# --- memory -----------------------------------------------------------------------------------


def is_out_of_memory(error: Exception) -> bool:
    """Whether an engine means by this that a device is full: they have no type for it."""
    text = str(error).lower()
    return any(sign in text for sign in ("out of memory", "insufficient memory", "malloc"))


@contextmanager
def _memory_guard() -> Generator[None]:
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise IndicsubsError(
            FailureCode.OUT_OF_MEMORY,
            "The device's memory ran out. Give a smaller --batch-size or model, or --device cpu.",
        ) from error
