"""indicsubs' own stages, run as the harness runs them, in one folder for each film."""

import importlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.speech.contenders.clock import timed
from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.engines import ENGINES, package_of
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.files import Artifact, ModelFolder, SourceFile
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Transcript

Times = dict[str, float]


def dialogue(job: str, source: str) -> dict[str, Any]:
    """Runs stage demux: extracts the dialogue of a film, and finds the speech in it."""
    times: Times = {}
    _dialogue(Path(job), source, times)
    return {"times": times}


def recognition(
    job: str,
    engine: str,
    model: str,
    compute_type: str,
    language: str,
    source: str | None = None,
    script: str | None = None,
    device: Device = "cpu",
    **options: Any,
) -> dict[str, Any]:
    """Runs stage asr, and stage demux before it where a film is given.

    Args:
        job: The folder of the stages' files.
        engine: A row of ``ENGINES``.
        model: The model's folder.
        compute_type: The number format.
        language: Tag of the film's language.
        source: The film; None where stage demux has run in this folder.
        script: ISO 15924 code of the script that the text must be in; None accepts every script.
        device: The device of the engine.
        options: Other fields of the request.

    Returns:
        The segments, the regions of speech, and the times of the stages.
    """
    times: Times = {}
    folder = Path(job)
    if source is not None:
        _dialogue(folder, source, times)
    demux = _result(folder, StageName.DEMUX, DemuxResult)
    module = _prepared(StageName.ASR, engine, model, compute_type, times, device)
    known = ENGINES[engine].languages
    request = AsrRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        model=_model(model),
        device=device,
        compute_type=compute_type,  # type: ignore[arg-type]
        languages=known if ENGINES[engine].family == "whisper" else {language: known[language]},
        language=language,
        script=script,
        **options,
    )
    with timed(times, "asr"):
        result = module.run(request, _context(folder, StageName.ASR))
    _keep(folder, StageName.ASR, result)
    return {
        "times": times,
        "segments": _segments(folder, result.transcript.path),
        "regions": msgspec.json.decode((folder / demux.speech.path).read_bytes())["regions"],
    }


def dialogues(jobs: list[str], sources: list[str]) -> None:
    """Runs stage demux on several films."""
    for job, source in zip(jobs, sources, strict=True):
        dialogue(job, source)


def recognitions(
    jobs: list[str], sources: list[str] | None = None, **options: Any
) -> dict[str, Any]:
    """Runs stage asr on several films, and stage demux before it where they are given.

    The segments are a list for each film.
    """
    films = sources or [None] * len(jobs)
    found = [
        recognition(job, source=film, **options) for job, film in zip(jobs, films, strict=True)
    ]
    return {"segments": [one["segments"] for one in found]}


def witnesses(jobs: list[str], **options: Any) -> dict[str, Any]:
    """Runs stage witness on several films; the segments are a list for each."""
    return {"segments": [witness(job, **options)["segments"] for job in jobs]}


def witness(
    job: str, engine: str, model: str, compute_type: str, language: str, scope: str, script: str
) -> dict[str, Any]:
    """Runs stage witness on the transcript of stage asr; returns the segments and the times."""
    times: Times = {}
    folder = Path(job)
    demux = _result(folder, StageName.DEMUX, DemuxResult)
    module = _prepared(StageName.WITNESS, engine, model, compute_type, times)
    request = WitnessRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        transcript=_result(folder, StageName.ASR, AsrResult).transcript,
        scope=scope,  # type: ignore[arg-type]
        corrects=False,
        engine=engine,
        model=_model(model),
        device="cpu",
        compute_type=compute_type,  # type: ignore[arg-type]
        language=ENGINES[engine].languages[language],
        script=script,
    )
    with timed(times, "witness"):
        result = module.run(request, _context(folder, StageName.WITNESS))
    _keep(folder, StageName.WITNESS, result)
    return {"times": times, "segments": _segments(folder, result.transcript.path)}


def alignment(
    job: str,
    engine: str,
    model: str | None,
    compute_type: str = "float32",
    transcript: str | None = None,
    audio: str | None = None,
    device: Device = "cpu",
    **options: Any,
) -> dict[str, Any]:
    """Runs stage alignment.

    Args:
        job: The folder of the stages' files.
        engine: A row of ``ENGINES``.
        model: The aligner's folder; None keeps the recogniser's times.
        compute_type: The number format.
        transcript: A file in ``job``; None takes the transcript of stage asr.
        audio: A WAV file in ``job`` (16 kHz, mono, 16-bit) that begins with the film; None takes
            the dialogue of stage demux.
        device: The device of the engine.
        options: Other fields of the request.

    Returns:
        The sentences with their words, the times, and as ``steady`` the seconds of speech that were
        aligned after the first batch, with the time they took. The first batch has the start-up:
        the stage loads the model before it, and CUDA its code during it.
    """
    times: Times = {}
    folder = Path(job)
    module = _prepared(StageName.ALIGNMENT, engine, model, compute_type, times, device)
    reports: list[tuple[float, Progress]] = []
    context = _context(
        folder, StageName.ALIGNMENT, lambda report: reports.append((time.perf_counter(), report))
    )
    sound, audio_start_ms = _audio(folder, audio)
    if transcript is None:
        artifact = _result(folder, StageName.ASR, AsrResult).transcript
    else:
        data = read_document((folder / transcript).read_bytes(), Transcript, transcript)
        artifact = context.write_document("given.json", data, "transcript")
    request = AlignmentRequest(
        audio=sound,
        audio_start_ms=audio_start_ms,
        transcript=artifact,
        model=None if model is None else _model(model),
        engine=engine,
        device=device,
        compute_type=compute_type,  # type: ignore[arg-type]
        **options,
    )
    with timed(times, "alignment"):
        result: AlignmentResult = module.run(request, context)
    ended = time.perf_counter()
    _keep(folder, StageName.ALIGNMENT, result)
    return {
        "times": times,
        "segments": _segments(folder, result.transcript.path),
        "steady": _steady(reports, ended),
    }


def _steady(reports: list[tuple[float, Progress]], ended: float) -> dict[str, float] | None:
    """Returns the seconds of speech after the first batch, and their time; None without batches."""
    if not reports:
        return None
    (began, first), (_, last) = reports[0], reports[-1]
    return {"speech_s": (last.done - first.done) / 1000, "wall_s": ended - began}


def _audio(folder: Path, name: str | None) -> tuple[Artifact, int]:
    """Returns the sound of a film, and where it starts on the film's clock in milliseconds."""
    if name is None:
        demux = _result(folder, StageName.DEMUX, DemuxResult)
        return demux.audio, demux.audio_start_ms
    path = folder / name
    return Artifact(path=name, kind="audio", sha256=sha256(path), bytes=path.stat().st_size), 0


def _dialogue(folder: Path, source: str, times: Times) -> None:
    with timed(times, "load"):
        from indicsubs_whisperx import demux
    request = DemuxRequest(source=SourceFile(path=source, fingerprint=""))
    with timed(times, "demux"):
        result = demux.run(request, _context(folder, StageName.DEMUX))
    _keep(folder, StageName.DEMUX, result)


def _prepared(
    stage: StageName,
    engine: str,
    model: str | None,
    compute_type: str,
    times: Times,
    device: Device = "cpu",
) -> Any:
    """Returns the module of a stage, with its engine imported and its model loaded."""
    with timed(times, "load"):
        module = importlib.import_module(f"{package_of(ENGINES[engine].environment)}.{stage}")
        if hasattr(module, "prepare"):
            module.prepare(
                Preparation(
                    prepare=stage,
                    model=None if model is None else _model(model),
                    device=device,
                    compute_type=compute_type,  # type: ignore[arg-type]
                )
            )
    return module


def _model(folder: str) -> ModelFolder:
    return ModelFolder(name=Path(folder).name, folder=folder, fingerprint="")


def _context(
    folder: Path, stage: StageName, report: Callable[[Progress], None] = lambda _: None
) -> Context:
    context = Context(stage, folder, stage, report)
    context.folder.mkdir(parents=True, exist_ok=True)
    return context


def _keep(folder: Path, stage: StageName, result: msgspec.Struct) -> None:
    (folder / f"{stage}.json").write_bytes(msgspec.json.encode(result))


def _result(
    folder: Path,
    stage: StageName,
    kind: type[DemuxResult] | type[AsrResult] | type[WitnessResult],
) -> Any:
    return msgspec.json.decode((folder / f"{stage}.json").read_bytes(), type=kind)


def _segments(folder: Path, path: str) -> list[dict[str, Any]]:
    return msgspec.json.decode((folder / path).read_bytes())["segments"]
