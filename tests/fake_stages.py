"""Stages that do next to nothing, in the real harness: for tests of what surrounds stages.

Run as a script it is an environment with all eight. ``asr`` does what its ``initial_prompt`` says.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from indicsubs_contract.context import Context
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.harness import serve
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.messages.envelope import Failure, Manifest, Request, StageResult
from indicsubs_contract.messages.export_transcript import (
    ExportTranscriptRequest,
    ExportTranscriptResult,
)
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest, LoadTranscriptResult
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.subtitles import SubtitleRequest, SubtitleResult
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript, Translation
from indicsubs_text.languages import find_language, in_script

TRANSCRIPT = Transcript(
    language="hi", segments=(Segment(start_ms=1000, end_ms=2000, text="दरवाज़ा बंद कर दो।"),)
)


AUDIO = Artifact(path="audio.wav", kind="audio", sha256="0", bytes=4)


def asr_manifest(job: Path, manners: str = "") -> Manifest:
    """What asr is asked in tests: to behave in a certain way, in the folder ``job``."""
    job.joinpath("audio.wav").write_bytes(b"RIFF")
    request = AsrRequest(
        audio=AUDIO,
        speech=AUDIO,
        audio_start_ms=0,
        model=ModelFolder(name="m", folder="/m", fingerprint="0"),
        device="cpu",
        compute_type="int8",
        languages=ENGINES["whisperx"].languages,
        initial_prompt=manners,
    )
    return Manifest(job=str(job), output="out", request=request)


class Nonsense(msgspec.Struct):
    """What is no message of a stage."""

    nonsense: str = "nonsense"


def run(request: Request, context: Context) -> StageResult:
    """Answer as the stage of the request's type would."""
    return _ANSWERS[type(request)](request, context)


def prepare(known: Preparation) -> None:
    """Do what the model's name says."""
    name = known.model.name if known.model else "nothing"
    print(f"{os.getpid()} prepares {known.prepare}: {name}", flush=True)
    if name == "sleep":
        time.sleep(600)
    _misbehave(name, None)


def preparation(manners: str = "") -> Preparation:
    """What asr is told in tests before its manifest."""
    model = ModelFolder(name=manners, folder="/m", fingerprint="0")
    return Preparation(prepare=StageName.ASR, model=model)


def _demux(request: DemuxRequest, context: Context) -> DemuxResult:
    context.path(request.source)
    speech = Speech(regions=(SpeechRegion(start_ms=1000, end_ms=2000),))
    return DemuxResult(
        audio=context.write("audio.wav", b"RIFF", "audio"),
        speech=context.write_document("speech.json", speech, "speech"),
        audio_start_ms=0,
        audio_track=0,
        channel="mix",
        media=MediaInfo(container="mp4", duration_ms=3000, start_ms=0, streams=()),
    )


def _asr(request: AsrRequest, context: Context) -> AsrResult:
    context.path(request.audio)
    _misbehave(request.initial_prompt or "", context)
    context.report(1, 1, "chunks")
    return AsrResult(
        transcript=context.write_document("transcript.json", TRANSCRIPT, "transcript"),
        language="hi",
        language_probability=None,
        segments=1,
        warnings=("one chunk was hard to hear",),
    )


def _misbehave(how: str, context: Context | None) -> None:  # noqa: C901, PLR0912 (a list of manners)
    what, _, detail = how.partition(":")
    match what:
        case "print":
            print("garbage from Python")
            sys.stdout.write("more garbage\n")
            ctypes.CDLL(None).puts(b"garbage from C")
            ctypes.CDLL(None).fflush(None)
            os.write(1, b"garbage to descriptor 1\n")
            subprocess.run(["echo", "garbage from a child"], check=True)
        case "read":
            if sys.stdin.read() or subprocess.run(["cat"], capture_output=True, check=True).stdout:
                raise AssertionError("stdin is the protocol's, not the stage's")
        case "die":
            os.kill(os.getpid(), getattr(signal, detail))
        case "exit":
            os._exit(int(detail))
        case "hang":
            # A child that ignores a polite end, as an engine's worker might.
            child = subprocess.Popen(["bash", "-c", "trap '' TERM; sleep 600; true"])
            context.report(0, 1, "chunks", note=f"{os.getpid()} {child.pid}")
            time.sleep(600)
        case "twice":
            line = Failure(code=FailureCode.BUG, message="first answer")
            context._report_line(line)
        case "nonsense":
            context._report_line(Nonsense())
        case "fail":
            raise IndicsubsError(FailureCode(detail), "It went wrong; do the other thing.")
        case "bug":
            raise ZeroDivisionError("nobody expected that")
        case "memory":
            raise MemoryError
        case "import":
            raise ModuleNotFoundError("No module named 'whisper_of_heart'")
        case _:
            pass


def _alignment(request: AlignmentRequest, context: Context) -> AlignmentResult:
    context.path(request.transcript)
    return AlignmentResult(
        transcript=context.write_document("transcript.json", TRANSCRIPT, "transcript"),
        aligned=1,
        unaligned=0,
    )


def _export(request: ExportTranscriptRequest, context: Context) -> ExportTranscriptResult:
    context.path(request.transcript)
    return ExportTranscriptResult(files=(context.write("transcript.txt", b"text", "txt"),))


def _load(request: LoadTranscriptRequest, context: Context) -> LoadTranscriptResult:
    context.path(request.source)
    return LoadTranscriptResult(
        transcript=context.write_document("transcript.json", TRANSCRIPT, "transcript"),
        language="hi",
        segments=1,
    )


def _translate(request: TranslationRequest, context: Context) -> TranslationResult:
    made: list[Artifact] = []
    for target in request.targets:
        tag = in_script(find_language(target.language), target.script).tag
        text = Translation(language=tag, source_language="hi", texts=("Close the door.",))
        made.append(context.write_document(f"translation.{tag}.json", text, "translation", tag))
    return TranslationResult(translations=tuple(made))


def _subtitles(request: SubtitleRequest, context: Context) -> SubtitleResult:
    languages = ["hi", *(t.language or "" for t in request.translations)]
    cue = b"1\n00:00:01,000 --> 00:00:02,000\nClose the door.\n\n"
    edited = {e.subtitles.language: context.path(e.subtitles).read_bytes() for e in request.edited}
    if b"nonsense" in edited.values():
        raise IndicsubsError(FailureCode.BAD_INPUT, "It is no SubRip.")
    made = tuple(
        context.write(f"{tag}.{kind}", edited.get(tag, cue), kind, tag)
        for tag in languages
        for kind in request.files.formats
    )
    return SubtitleResult(subtitles=made, cues=dict.fromkeys(languages, 1))


def _mux(request: MuxRequest, context: Context) -> MuxResult:
    film = context.path(request.source).read_bytes()
    return MuxResult(film=context.write("film.mkv", film, "film"), tracks=("hin",))


_ANSWERS: dict[type, Any] = {
    DemuxRequest: _demux,
    AsrRequest: _asr,
    AlignmentRequest: _alignment,
    ExportTranscriptRequest: _export,
    LoadTranscriptRequest: _load,
    TranslationRequest: _translate,
    SubtitleRequest: _subtitles,
    MuxRequest: _mux,
}

if __name__ == "__main__":
    serve(dict.fromkeys(StageName, "fake_stages"))
