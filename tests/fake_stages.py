"""Stages without engines, in the real harness: for tests of what surrounds stages.

They read their inputs as real stages do, refuse what real stages refuse, and their results depend
on the content. The films are those of ``fake_film``. Run as a script, this is an environment with
all eight stages. ``asr`` misbehaves as its ``initial_prompt`` says.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from fake_film import UNCLEAR, heard, languages_inside, read_film, region, wav
from misbehaviour import misbehave
from msgspec.structs import replace

from indicsubs_contract.audio import open_audio, read_samples
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.harness import serve
from indicsubs_contract.messages.alignment import (
    AlignmentRequest,
    AlignmentResult,
    TimingCount,
)
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.messages.envelope import Manifest, Request, StageResult
from indicsubs_contract.messages.export_transcript import (
    ExportTranscriptRequest,
    ExportTranscriptResult,
)
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.load_transcript import (
    EditBaseline,
    LoadTranscriptRequest,
    LoadTranscriptResult,
)
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.subtitles import SubtitleRequest, SubtitleResult
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import (
    Segment,
    Speech,
    Timing,
    Transcript,
    Translation,
    Word,
)
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language, in_script
from indicsubs_text.subtitle_files.formats import FORMATS, read_subtitles
from indicsubs_text.subtitle_files.style import FileStyle

AUDIO = Artifact(path="audio.wav", kind="audio", sha256="0", bytes=4)
"""A file that no test reads."""

Document = TypeVar("Document")


def run(request: Request, context: Context) -> StageResult:
    """Answers as the stage of the request's type would."""
    return _ANSWERS[type(request)](request, context)


def prepare(known: Preparation) -> None:
    """Misbehaves as the model's name says."""
    name = known.model.name if known.model else "nothing"
    print(f"{os.getpid()} prepares {known.prepare}: {name}", flush=True)
    if name == "sleep":
        time.sleep(600)
    misbehave(name, None)


def preparation(behaviour: str = "") -> Preparation:
    """A preparation of stage asr that makes it misbehave."""
    model = ModelFolder(name=behaviour, folder="/m", fingerprint="0")
    return Preparation(prepare=StageName.ASR, model=model)


def asr_manifest(job: Path, behaviour: str = "") -> Manifest:
    """A manifest of stage asr with real inputs in the folder ``job``."""
    sentence = "नमस्ते।"
    (job / "model").mkdir(exist_ok=True)
    context = Context(StageName.DEMUX, job, ".", lambda _: None)
    request = AsrRequest(
        audio=context.write("audio.wav", wav([sentence]), "audio"),
        speech=context.write_document("speech.json", Speech(regions=(region(0),)), "speech"),
        audio_start_ms=0,
        model=ModelFolder(name="m", folder=str(job / "model"), fingerprint="0"),
        device="cpu",
        compute_type="int8",
        languages=ENGINES["whisperx"].languages,
        language="hi",
        initial_prompt=behaviour,
    )
    return Manifest(job=str(job), output="out", request=request)


# --- reading ---------------------------------------------------------------------------------


def _path(file: Artifact | SourceFile, context: Context) -> Path:
    """Where a file of the request lies.

    Raises:
        IndicsubsError: ``NO_INPUT`` where it does not exist; ``BAD_INPUT`` where an artifact is not
            the one that the request describes.
    """
    path = context.path(file)
    if isinstance(file, Artifact) and (sha256(path), path.stat().st_size) != (
        file.sha256,
        file.bytes,
    ):
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{file.path} has changed since it was written. Run it again."
        )
    return path


def _document(file: Artifact, kind: type[Document], context: Context) -> Document:
    path = _path(file, context)
    return read_document(path.read_bytes(), kind, path.name)


def _cues(file: Artifact | SourceFile, context: Context) -> list[Cue]:
    path = _path(file, context)
    return [
        entry.cue for entry in read_subtitles(path.read_bytes(), path.suffix, path.name).entries
    ]


# --- the stages ------------------------------------------------------------------------------


def _demux(request: DemuxRequest, context: Context) -> DemuxResult:
    path = _path(request.source, context)
    sentences = read_film(path.read_bytes(), path.name)
    speech = Speech(regions=tuple(region(index) for index in range(len(sentences))))
    language = None
    if request.detection is not None:
        context.model(request.detection.model)
        language = _detected(sentences)
    return DemuxResult(
        audio=context.write("audio.wav", wav(sentences), "audio"),
        speech=context.write_document("speech.json", speech, "speech"),
        audio_start_ms=0,
        audio_track=0,
        channel="mix",
        media=MediaInfo(
            container=path.suffix[1:], duration_ms=2000 * len(sentences), start_ms=0, streams=()
        ),
        language=language,
        language_probability=None if language is None else 0.9,
    )


def _asr(request: AsrRequest, context: Context) -> AsrResult:
    context.model(request.model)
    regions = _document(request.speech, Speech, context).regions
    with open_audio(_path(request.audio, context)) as audio:
        texts = [heard(read_samples(audio, each)) for each in regions]
    misbehave(request.initial_prompt or "", context)
    segments: list[Segment] = []
    for each, text in zip(regions, texts, strict=True):
        start_ms, end_ms = (request.audio_start_ms + edge for edge in (each.start_ms, each.end_ms))
        segments.append(Segment(start_ms=start_ms, end_ms=end_ms, text=text))
        context.report(len(segments), len(regions), "chunks")
    language = request.language
    transcript = Transcript(language=language, segments=tuple(segments))
    unclear = sum(text.endswith(UNCLEAR) for text in texts)
    return AsrResult(
        transcript=context.write_document("transcript.json", transcript, "transcript", language),
        language=language,
        segments=len(segments),
        warnings=(f"{unclear} of {len(texts)} chunks were hard to hear",) if unclear else (),
    )


def _detected(texts: Sequence[str]) -> str:
    """Hindi for Devanagari, Tamil for Tamil letters; the sentence ``sleep:1`` takes a second."""
    misbehave(texts[-1] if texts else "", None)
    letters = "".join(texts)
    if any("\u0900" <= letter <= "\u097f" for letter in letters):
        return "hi"
    if any("\u0b80" <= letter <= "\u0bff" for letter in letters):
        return "ta"
    raise IndicsubsError(FailureCode.BAD_INPUT, "The language cannot be detected; give it with -s.")


def _witness(request: WitnessRequest, context: Context) -> WitnessResult:
    """Hears the same words as the first recogniser, except where these were hard to hear."""
    context.model(request.model)
    _path(request.audio, context)
    transcript = _document(request.transcript, Transcript, context)
    segments = tuple(
        replace(segment, quarantined="nobody else hears it")
        if segment.text.endswith(UNCLEAR)
        else segment
        for segment in transcript.segments
    )
    judged = replace(transcript, segments=segments)
    return WitnessResult(
        transcript=context.write_document(
            "transcript.json", judged, "transcript", transcript.language
        ),
        heard=len(segments),
        corrected=0,
        quarantined=sum(segment.quarantined is not None for segment in segments),
        added=0,
    )


def _alignment(request: AlignmentRequest, context: Context) -> AlignmentResult:
    transcript = _document(request.transcript, Transcript, context)
    if request.model is not None:
        context.model(request.model)
        with open_audio(_path(request.audio, context)) as audio:
            last_ms = request.audio_start_ms + 1000 * audio.getnframes() // audio.getframerate()
    segments: list[Segment] = []
    for segment in transcript.segments:
        if request.model is None:
            changes: dict[str, Any] = {"note": "no aligner for the language"}
        elif segment.end_ms > last_ms:
            raise IndicsubsError(FailureCode.BAD_INPUT, "The transcript is longer than the audio.")
        else:
            changes = {
                "timing": Timing.ALIGNED,
                "words": _words(segment),
                "timed_by": request.engine,
            }
        segments.append(replace(segment, **changes))
    counts = Counter("characters" if not s.words else request.engine for s in segments)
    timed = replace(transcript, segments=tuple(segments))
    return AlignmentResult(
        transcript=context.write_document(
            "transcript.json", timed, "transcript", transcript.language
        ),
        timings=tuple(
            TimingCount(method=method, sentences=count) for method, count in counts.most_common()
        ),
    )


def _words(segment: Segment) -> tuple[Word, ...]:
    """The words of a segment, all of one length."""
    texts = segment.text.split()
    length_ms = segment.end_ms - segment.start_ms
    edges = [segment.start_ms + length_ms * k // len(texts) for k in range(len(texts) + 1)]
    return tuple(
        Word(text=text, start_ms=start, end_ms=end)
        for text, start, end in zip(texts, edges, edges[1:], strict=False)
    )


def _export(request: ExportTranscriptRequest, context: Context) -> ExportTranscriptResult:
    transcript = _document(request.transcript, Transcript, context)
    text = "".join(f"{segment.text}\n" for segment in transcript.segments)
    return ExportTranscriptResult(
        files=(
            context.write_document("transcript.json", transcript, "json", transcript.language),
            context.write("transcript.txt", text.encode(), "txt", transcript.language),
        )
    )


def _load(request: LoadTranscriptRequest, context: Context) -> LoadTranscriptResult:
    path = _path(request.source, context)
    if path.suffix == ".json":
        transcript = read_document(path.read_bytes(), Transcript, path.name)
        language = request.language or transcript.language
        segments = transcript.segments
    else:
        if request.language is None:
            raise IndicsubsError(
                FailureCode.BAD_INPUT, f"{path.name} does not say its language; give it with -s."
            )
        language = request.language
        segments = _segments(_cues(request.source, context))
        if request.baseline is not None:
            segments = _with_unedited(segments, request.baseline, context)
        if not segments:
            raise IndicsubsError(FailureCode.BAD_INPUT, f"{path.name} has no cue with text.")
    loaded = Transcript(language=language, segments=segments)
    return LoadTranscriptResult(
        transcript=context.write_document("transcript.json", loaded, "transcript", language),
        language=language,
        segments=len(segments),
    )


def _segments(cues: Sequence[Cue]) -> tuple[Segment, ...]:
    return tuple(
        Segment(
            start_ms=cue.start_ms,
            end_ms=cue.end_ms,
            text=" ".join(cue.lines),
            timing=Timing.SUBTITLE,
        )
        for cue in cues
    )


def _with_unedited(
    segments: Sequence[Segment], baseline: EditBaseline, context: Context
) -> tuple[Segment, ...]:
    """The segments; those whose cues are as they were have the times of their words again."""
    before = _document(baseline.transcript, Transcript, context).segments
    if baseline.cues is not None:
        shown = _segments(_cues(baseline.cues, context))
        before = [
            replace(one, start_ms=cue.start_ms, end_ms=cue.end_ms, text=cue.text)
            for one, cue in zip(before, shown, strict=True)
        ]
    unedited = {(one.start_ms, one.end_ms, one.text): one for one in before}
    return tuple(unedited.get((one.start_ms, one.end_ms, one.text), one) for one in segments)


def _translate(request: TranslationRequest, context: Context) -> TranslationResult:
    transcript = _document(request.transcript, Transcript, context)
    written: list[Artifact] = []
    for target in request.targets:
        for model in filter(None, (target.pivot, target.model)):
            context.model(model)
        tag = in_script(find_language(target.language), target.script).tag
        known = {line.source: line.text for line in request.memory if line.language == tag}
        translation = Translation(
            language=tag,
            source_language=transcript.language,
            texts=tuple(
                known.get(segment.text, f"[{tag}] {segment.text}")
                for segment in transcript.segments
            ),
        )
        written.append(
            context.write_document(f"translation.{tag}.json", translation, "translation", tag)
        )
    return TranslationResult(translations=tuple(written))


def _subtitles(request: SubtitleRequest, context: Context) -> SubtitleResult:
    transcript = _document(request.transcript, Transcript, context)
    texts = {transcript.language: tuple(segment.text for segment in transcript.segments)}
    for artifact in request.translations:
        translation = _document(artifact, Translation, context)
        if len(translation.texts) != len(transcript.segments):
            raise IndicsubsError(
                FailureCode.BAD_INPUT, f"{artifact.path} does not belong to the transcript."
            )
        texts[translation.language] = translation.texts
    cues = {
        tag: [
            Cue(start_ms=segment.start_ms, end_ms=segment.end_ms, lines=(line,))
            for segment, line in zip(transcript.segments, lines, strict=True)
        ]
        for tag, lines in texts.items()
    }
    for edited in request.edited:
        if edited.subtitles.language not in cues:
            raise IndicsubsError(FailureCode.BAD_INPUT, "The edited language is not a target.")
        if edited.transcript is not None:
            _document(edited.transcript, Transcript, context)
        cues[edited.subtitles.language] = _cues(edited.subtitles, context)
    masters = {edited.subtitles.language: edited.subtitles for edited in request.edited}
    files = request.files
    written = tuple(
        context.write(
            f"{tag}.{kind}",
            FORMATS[kind].encode(
                shown,
                FileStyle(language=find_language(tag)),
                windows_lines=files.windows_lines,
                mark=files.byte_order_mark,
            ),
            kind,
            tag,
        )
        for tag, shown in cues.items()
        for kind in files.formats
        if tag not in masters or masters[tag].kind != kind
    )
    written += tuple(
        context.write(
            f"{tag}.{file.kind}", _path(file, context).read_bytes(), file.kind, file.language
        )
        for tag, file in masters.items()
    )
    return SubtitleResult(subtitles=written, cues={tag: len(shown) for tag, shown in cues.items()})


def _mux(request: MuxRequest, context: Context) -> MuxResult:
    path = _path(request.source, context)
    film = path.read_bytes()
    read_film(film, path.name)
    if request.only_check is not None:
        asked = request.only_check.only_languages
        return MuxResult(film=None, tracks=(), languages=languages_inside(film) if asked else None)
    burned_in = () if request.burned_in is None else (request.burned_in,)
    for subtitles in (*request.subtitles, *burned_in):
        _cues(subtitles, context)
        film += b"\n" + _path(subtitles, context).read_bytes()
    return MuxResult(
        film=context.write("film.mkv", film, "film"),
        tracks=tuple(find_language(track.language or "").iso_639_2 for track in request.subtitles),
    )


_ANSWERS: dict[type, Any] = {
    DemuxRequest: _demux,
    AsrRequest: _asr,
    WitnessRequest: _witness,
    AlignmentRequest: _alignment,
    ExportTranscriptRequest: _export,
    LoadTranscriptRequest: _load,
    TranslationRequest: _translate,
    SubtitleRequest: _subtitles,
    MuxRequest: _mux,
}

if __name__ == "__main__":
    serve(dict.fromkeys(StageName, "fake_stages"))
