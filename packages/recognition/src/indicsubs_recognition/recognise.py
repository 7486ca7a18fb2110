"""Stage asr without its engine: the steps that are the same for every recogniser.

An engine decodes chunks of speech and gives probabilities. This package cuts the speech into
chunks, decides which outputs to trust, and writes the transcript.
"""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from indicsubs_contract.audio import RATE, open_audio
from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import full_memory_reported
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.transcript import Segment, Speech, Transcript
from indicsubs_recognition.chunk_decoding import OUTSIDE_SPEECH, decode_chunks
from indicsubs_recognition.chunks import LONGEST_CHUNK_MS, gaps_between, make_chunks
from indicsubs_recognition.film_decoder import SHORTEST_HALVED_MS, FilmDecoder
from indicsubs_recognition.halving_engine import HalvingEngine
from indicsubs_recognition.packed_chunks import CHUNKS_A_WINDOW, PackingEngine
from indicsubs_recognition.recognition_engine import RecognitionEngine
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language, find_language, written_in


def recognise(
    request: AsrRequest,
    context: Context,
    load: Callable[[], RecognitionEngine],
    engine: str,
    remarks: Sequence[str] = (),
    *,
    has_window: bool = False,
) -> AsrResult:
    """Runs stage asr with the engine that ``load`` loads.

    The engine is loaded only if the film has speech.

    Args:
        request: The request of the stage.
        context: The context of the stage.
        load: Loads the engine.
        engine: Name of the engine's row in the table of engines.
        remarks: What a reader of the transcript should know about the engine; they become warnings
            where there is a transcript.
        has_window: The engine computes a window of fixed length however short a chunk is, so that
            short chunks should share one.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language is unknown to the engine, where
            ``chunk_ms`` is out of range, or where the speech or the audio cannot be read;
            ``NO_INPUT`` where one of these files does not exist; ``OUT_OF_MEMORY``; any that
            ``load`` raises.
    """
    language = _requested_language(request)
    if (
        request.chunk_ms is not None
        and not SHORTEST_HALVED_MS <= request.chunk_ms <= LONGEST_CHUNK_MS
    ):
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"Chunks cannot last {request.chunk_ms} ms. Give --chunk-ms a value from"
            f" {SHORTEST_HALVED_MS} to {LONGEST_CHUNK_MS}.",
        )
    path = context.path(request.speech)
    regions = read_document(path.read_bytes(), Speech, path.name).regions
    if not regions:
        return _result(
            request.language, (), ("No speech was found; the transcript is empty.",), context
        )
    with (
        full_memory_reported("Give a smaller --batch-size or model, or --device cpu."),
        open_audio(context.path(request.audio)) as audio,
    ):
        recogniser: RecognitionEngine = HalvingEngine(load())
        known = request.languages[request.language]
        if known.code not in recogniser.languages:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The model {request.model.name} does not know {language.name}. Choose one that"
                " knows many languages.",
            )
        written = recogniser.script(known.code)
        longest_ms = request.chunk_ms or known.longest_chunk_ms or LONGEST_CHUNK_MS
        batch_size = request.batch_size
        if has_window:
            recogniser = PackingEngine(recogniser, longest_ms, batch_size)
            batch_size *= CHUNKS_A_WINDOW
        decoder = FilmDecoder(
            engine=recogniser,
            audio=audio,
            batch_size=batch_size,
            language=request.language,
            languages=request.languages,
            script=request.script if written is None else None,
        )
        chunks = make_chunks(regions, longest_ms)
        segments, without_words = decode_chunks(
            chunks, regions, decoder, engine, request.audio_start_ms, context
        )
        if request.gaps:
            gaps = gaps_between(regions, audio.getnframes() * 1000 // RATE)
            found, _ = decode_chunks(gaps, gaps, decoder, engine, request.audio_start_ms, context)
            segments += [replace(segment, quarantined=OUTSIDE_SPEECH) for segment in found]
            segments.sort(key=lambda segment: segment.start_ms)
    warnings = [*(remarks if segments else ()), *_warnings(segments, without_words)]
    return _result(written_in(language, written).tag, segments, warnings, context)


def _requested_language(request: AsrRequest) -> Language:
    """Returns the language that the request names.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the engine does not recognise the language.
    """
    language = find_language(request.language)
    if request.language not in request.languages:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"This recogniser does not know {language.name}. Give a transcript made elsewhere with"
            f" --transcript FILE; the recogniser knows: {', '.join(request.languages) or 'none'}.",
        )
    return language


def _result(
    language: str, segments: Sequence[Segment], warnings: Sequence[str], context: Context
) -> AsrResult:
    """Writes the transcript and returns the stage's result."""
    transcript = Transcript(language=language, segments=tuple(segments))
    return AsrResult(
        transcript=context.write_document("transcript.json", transcript, "transcript", language),
        language=language,
        segments=len(segments),
        warnings=tuple(warnings),
    )


def _warnings(segments: Sequence[Segment], without_words: Sequence[int]) -> list[str]:
    warnings: list[str] = []
    if without_words:
        warnings.append(
            f"{len(without_words)} stretches of sound gave no words and were left out, the first at"
            f" {clock(without_words[0])}."
        )
    noted = [segment for segment in segments if segment.note]
    if noted:
        warnings.append(
            f"{len(noted)} segments may be wrong and have a note, the first at"
            f" {clock(noted[0].start_ms)}."
        )
    return warnings
