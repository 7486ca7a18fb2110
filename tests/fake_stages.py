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

from indicsubs_contract import messages as m
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.harness import serve
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, SpeechRegion, Transcript, Translation
from indicsubs_contract.wire import encode_line
from indicsubs_text.languages import find_language, in_script

TRANSCRIPT = Transcript(
    language="hi", segments=(Segment(start_ms=1000, end_ms=2000, text="दरवाज़ा बंद कर दो।"),)
)


AUDIO = m.Artifact(path="audio.wav", kind="audio", sha256="0", bytes=4)


def asr_manifest(job: Path, manners: str = "") -> m.Manifest:
    """What asr is asked in tests: to behave in a certain way, in the folder ``job``."""
    job.joinpath("audio.wav").write_bytes(b"RIFF")
    request = m.AsrRequest(
        audio=AUDIO,
        speech=AUDIO,
        audio_start_ms=0,
        model=m.ModelFolder(name="m", folder="/m", fingerprint="0"),
        device="cpu",
        compute_type="int8",
        initial_prompt=manners,
    )
    return m.Manifest(job=str(job), output="out", request=request)


def run(request: m.Request, context: Context) -> m.StageResult:
    """Answer as the stage of the request's type would."""
    return _ANSWERS[type(request)](request, context)


def prepare(known: m.Preparation) -> None:
    """Do what the model's name says."""
    name = known.model.name if known.model else "nothing"
    print(f"{os.getpid()} prepares {known.prepare}: {name}", flush=True)
    if name == "sleep":
        time.sleep(600)
    _misbehave(name, None)


def preparation(manners: str = "") -> m.Preparation:
    """What asr is told in tests before its manifest."""
    model = m.ModelFolder(name=manners, folder="/m", fingerprint="0")
    return m.Preparation(prepare=StageName.ASR, model=model)


def _demux(request: m.DemuxRequest, context: Context) -> m.DemuxResult:
    context.path(request.source)
    speech = Speech(regions=(SpeechRegion(start_ms=1000, end_ms=2000),))
    return m.DemuxResult(
        audio=context.write("audio.wav", b"RIFF", "audio"),
        speech=context.write_document("speech.json", speech, "speech"),
        audio_start_ms=0,
        audio_track=0,
        channel="mix",
        media=m.MediaInfo(container="mp4", duration_ms=3000, start_ms=0, streams=()),
    )


def _asr(request: m.AsrRequest, context: Context) -> m.AsrResult:
    context.path(request.audio)
    _misbehave(request.initial_prompt or "", context)
    context.report(1, 1, "chunks")
    return m.AsrResult(
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
            line = m.Failure(code=FailureCode.BUG, message="first answer")
            context._answers.write(encode_line(line))
        case "nonsense":
            context._answers.write(b"nonsense\n")
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


def _alignment(request: m.AlignmentRequest, context: Context) -> m.AlignmentResult:
    context.path(request.transcript)
    return m.AlignmentResult(
        transcript=context.write_document("transcript.json", TRANSCRIPT, "transcript"),
        aligned=1,
        unaligned=0,
    )


def _export(request: m.ExportTranscriptRequest, context: Context) -> m.ExportTranscriptResult:
    context.path(request.transcript)
    return m.ExportTranscriptResult(files=(context.write("transcript.txt", b"text", "txt"),))


def _load(request: m.LoadTranscriptRequest, context: Context) -> m.LoadTranscriptResult:
    context.path(request.source)
    return m.LoadTranscriptResult(
        transcript=context.write_document("transcript.json", TRANSCRIPT, "transcript"),
        language="hi",
        segments=1,
    )


def _translate(request: m.TranslationRequest, context: Context) -> m.TranslationResult:
    made: list[m.Artifact] = []
    for target in request.targets:
        tag = in_script(find_language(target.language), target.script).tag
        text = Translation(language=tag, source_language="hi", texts=("Close the door.",))
        made.append(context.write_document(f"translation.{tag}.json", text, "translation", tag))
    return m.TranslationResult(translations=tuple(made))


def _subtitles(request: m.SubtitleRequest, context: Context) -> m.SubtitleResult:
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
    return m.SubtitleResult(subtitles=made, cues=dict.fromkeys(languages, 1))


def _mux(request: m.MuxRequest, context: Context) -> m.MuxResult:
    film = context.path(request.source).read_bytes()
    return m.MuxResult(film=context.write("film.mkv", film, "film"), tracks=("hin",))


_ANSWERS: dict[type, Any] = {
    m.DemuxRequest: _demux,
    m.AsrRequest: _asr,
    m.AlignmentRequest: _alignment,
    m.ExportTranscriptRequest: _export,
    m.LoadTranscriptRequest: _load,
    m.TranslationRequest: _translate,
    m.SubtitleRequest: _subtitles,
    m.MuxRequest: _mux,
}

if __name__ == "__main__":
    serve(dict.fromkeys(StageName, "fake_stages"))
