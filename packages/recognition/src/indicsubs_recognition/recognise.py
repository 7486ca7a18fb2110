"""Stage asr without its engine: the steps that are the same for every recogniser.

An engine decodes chunks of speech and gives probabilities. This package cuts the speech into
chunks, detects the language, decides which outputs to trust, and writes the transcript.
"""

from collections.abc import Callable, Sequence

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript
from indicsubs_recognition.chunk_decoding import SHORTEST_HALVED_MS, decode_chunks
from indicsubs_recognition.chunks import LONGEST_CHUNK_MS, make_chunks
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.device_memory import full_memory_reported
from indicsubs_recognition.language_detection import detect_language
from indicsubs_recognition.recognition_engine import RecognitionEngine
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language, find_language


def recognise(
    request: AsrRequest, context: Context, load: Callable[[], RecognitionEngine]
) -> AsrResult:
    """Runs stage asr with the engine that ``load`` loads.

    The engine is loaded only if the film has speech.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language is unknown to the engine or cannot be
            detected, where ``chunk_ms`` is out of range, or where the speech or the audio cannot be
            read; ``NO_INPUT`` where one of these files does not exist; ``OUT_OF_MEMORY``; any
            that ``load`` raises.
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
        return _silent_film(language, context)
    with (
        full_memory_reported("Give a smaller --batch-size or model, or --device cpu."),
        open_audio(context.path(request.audio)) as audio,
    ):
        engine = load()
        probability = None
        if language is None:
            language, probability = detect_language(regions, audio, engine, request.languages)
            context.log.info("Language: %s (probability %.2f)", language.name, probability)
        known = request.languages[language.tag]
        if known.code not in engine.languages:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The model {request.model.name} does not know {language.name}. Choose one that"
                " knows many languages.",
            )

        def decode(chunks: Sequence[SpeechRegion], careful: bool) -> list[DecodedChunk]:
            samples = [read_samples(audio, chunk) for chunk in chunks]
            return engine.decode(samples, known.code, careful)

        chunks = make_chunks(
            regions, request.chunk_ms or known.longest_chunk_ms or LONGEST_CHUNK_MS
        )
        segments, without_words = decode_chunks(
            chunks, regions, decode, request.batch_size, request.audio_start_ms, context
        )
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
        warnings=tuple(_warnings(segments, without_words)),
    )


def _requested_language(request: AsrRequest) -> Language | None:
    """Returns the language that the request names, or None if it is to be detected.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the engine does not recognise the language.
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
    """Writes an empty transcript for a film without speech.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the language is to be detected.
    """
    if language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            "No speech was found, so the language cannot be detected. Choose another --audio-track"
            " or --channel, or give the language with -s.",
        )
    empty = Transcript(language=language.tag, segments=())
    return AsrResult(
        transcript=context.write_document("transcript.json", empty, "transcript", language.tag),
        language=language.tag,
        language_probability=None,
        segments=0,
        warnings=("No speech was found; the transcript is empty.",),
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
