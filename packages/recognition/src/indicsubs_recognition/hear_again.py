"""Stage witness without its engine: a second recogniser hears the segments of a transcript."""

import wave
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from indicsubs_contract.audio import RATE, open_audio
from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import full_memory_reported
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript
from indicsubs_recognition.chunk_decoding import OUTSIDE_SPEECH, decode_chunks, on_film, within
from indicsubs_recognition.chunks import gaps_between
from indicsubs_recognition.doubts import doubts
from indicsubs_recognition.film_decoder import FilmDecoder
from indicsubs_recognition.halving_engine import HalvingEngine
from indicsubs_recognition.recognition_engine import RecognitionEngine
from indicsubs_recognition.verdicts import judge
from indicsubs_text.languages import find_language


def hear_again(
    request: WitnessRequest,
    context: Context,
    load: Callable[[AsrRequest], RecognitionEngine],
    *,
    hears_blanks: bool,
) -> WitnessResult:
    """Runs stage witness with the engine that ``load`` loads.

    Segments in another language than the film's are kept as they are.

    Args:
        request: The request of the stage.
        context: The context of the stage.
        load: Loads the engine for a request of stage asr.
        hears_blanks: Whether the engine answers silence, noise and music with blanks. Such an
            engine also hears the gaps between the speech regions, if the scope is ``all``.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where an input cannot be read or the model does not know the
            language; ``NO_INPUT`` where an input does not exist; ``OUT_OF_MEMORY``; any that
            ``load`` raises.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    path = context.path(request.speech)
    regions = read_document(path.read_bytes(), Speech, path.name).regions
    language = find_language(transcript.language)
    reasons = {
        index: doubts(segment, language.base)
        for index, segment in enumerate(transcript.segments)
        if segment.language in (None, language.tag)
    }
    chosen = [
        index
        for index, found in reasons.items()
        if request.scope == "all" or found or transcript.segments[index].quarantined
    ]
    segments = list(transcript.segments)
    with (
        full_memory_reported("Give a smaller --batch-size or model, or --device cpu."),
        open_audio(context.path(request.audio)) as audio,
    ):
        gaps: list[SpeechRegion] = []
        if request.scope == "all" and hears_blanks:
            gaps = gaps_between(regions, audio.getnframes() * 1000 // RATE)
        spans = [_span(segments[index], request.audio_start_ms) for index in chosen]
        heard: list[Segment] = []
        if spans or gaps:
            decoder = _decoder(request, transcript.language, load, audio)
            heard = _heard(spans, gaps, regions, decoder, request, context)
    for index, span in zip(chosen, spans, strict=True):
        segments[index] = judge(
            segments[index],
            reasons[index],
            _joined(heard, on_film(span, request.audio_start_ms)),
            request.engine,
            blanks_mean_silence=hears_blanks,
            corrects=request.corrects,
            # The engines that hear blanks write no punctuation, and the others do.
            punctuates=not hears_blanks,
        )
    added = [
        replace(segment, quarantined=OUTSIDE_SPEECH)
        for gap in gaps
        for segment in within(heard, on_film(gap, request.audio_start_ms))
    ]
    every = sorted([*segments, *added], key=lambda segment: (segment.start_ms, segment.end_ms))
    judged = replace(transcript, segments=tuple(every))
    quarantined = sum(segment.quarantined is not None for segment in every)
    return WitnessResult(
        transcript=context.write_document(
            "transcript.json", judged, "transcript", transcript.language
        ),
        heard=len(chosen),
        corrected=sum(
            segment.second_hearing is not None and segment.second_hearing.replaced is not None
            for segment in every
        ),
        quarantined=quarantined,
        added=len(added),
        warnings=tuple(_warnings(quarantined)),
    )


def _decoder(
    request: WitnessRequest,
    language: str,
    load: Callable[[AsrRequest], RecognitionEngine],
    audio: wave.Wave_read,
) -> FilmDecoder:
    """Loads the engine.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the model does not know the language.
    """
    asr = AsrRequest(
        audio=request.audio,
        speech=request.speech,
        audio_start_ms=request.audio_start_ms,
        model=request.model,
        device=request.device,
        compute_type=request.compute_type,
        languages={language: request.language},
        language=language,
        script=request.script,
        beam_size=request.beam_size,
        batch_size=request.batch_size,
    )
    engine = HalvingEngine(load(asr))
    code = request.language.code
    if code not in engine.languages:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The model {request.model.name} does not know {find_language(language).name}. Choose"
            " another profile, or give --witness none.",
        )
    return FilmDecoder(
        engine=engine,
        audio=audio,
        batch_size=request.batch_size,
        language=language,
        languages=asr.languages,
        script=request.script if engine.script(code) is None else None,
    )


def _heard(
    spans: Sequence[SpeechRegion],
    gaps: Sequence[SpeechRegion],
    regions: Sequence[SpeechRegion],
    decoder: FilmDecoder,
    request: WitnessRequest,
    context: Context,
) -> list[Segment]:
    """Returns what the engine hears in the spans and gaps, with times on the film's clock."""
    chunks = sorted([*spans, *gaps], key=lambda chunk: chunk.start_ms)
    places = sorted([*regions, *gaps], key=lambda region: region.start_ms)
    segments, _ = decode_chunks(
        chunks, places, decoder, request.engine, request.audio_start_ms, context
    )
    return segments


def _span(segment: Segment, audio_start_ms: int) -> SpeechRegion:
    return SpeechRegion(
        start_ms=segment.start_ms - audio_start_ms, end_ms=segment.end_ms - audio_start_ms
    )


def _joined(segments: Sequence[Segment], span: SpeechRegion) -> Segment | None:
    """Returns one segment for the parts of a span; None where there is none."""
    parts = within(segments, span)
    if not parts:
        return None
    notes = dict.fromkeys(part.note for part in parts if part.note)
    return replace(
        parts[0],
        start_ms=span.start_ms,
        end_ms=span.end_ms,
        text=" ".join(part.text for part in parts),
        words=tuple(word for part in parts for word in part.words),
        note="; ".join(notes) or None,
    )


def _warnings(quarantined: int) -> list[str]:
    if not quarantined:
        return []
    warning = (
        f"{quarantined} segments were probably never spoken: the recognisers do not agree on them."
        " The report lists them; --doubtful says whether they are shown."
    )
    return [warning]
