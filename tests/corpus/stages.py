"""Runs one stage on the files of a corpus: ``python -m corpus.stages STAGE FOLDER``.

Each run has a process of its own, forked from this one, with limits of time and of written bytes.
``demux`` runs in the environment whisperx; ``subtitles_and_mux`` in common; ``load_transcript`` in
indictrans2, or in any that has the libraries.
"""

import argparse
import hashlib
import importlib
import os
import resource
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

import msgspec

from corpus.make import files_of, is_film, kind_of
from corpus.outcomes import MOST_SECONDS, MOST_WRITTEN, OPEN, Outcome, report
from indicsubs_contract.context import Context
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest
from indicsubs_contract.messages.mux import MuxRequest
from indicsubs_contract.messages.subtitles import SubtitleRequest
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Transcript

_TRANSCRIPT = Transcript(
    language="hi",
    segments=(
        Segment(start_ms=0, end_ms=900, text="नमस्ते।"),
        Segment(start_ms=1000, end_ms=1900, text="तुम कहाँ हो?"),
        Segment(start_ms=5_000_000, end_ms=5_001_000, text="देर से।"),
    ),
)


def _context(stage: StageName, job: Path) -> Context:
    context = Context(stage, job, f"stages/{stage}", lambda _: None, None)
    context.folder.mkdir(parents=True, exist_ok=True)
    return context


def _demux(file: Path, job: Path) -> None:
    from indicsubs_whisperx import demux

    request = DemuxRequest(source=SourceFile(path=str(file), fingerprint=""), language="hi")
    result = demux.run(request, _context(StageName.DEMUX, job))
    (job / "demux.json").write_bytes(msgspec.json.encode(result))


def _subtitles_and_mux(file: Path, job: Path) -> None:
    from indicsubs_common import mux, subtitle_generation

    context = _context(StageName.SUBTITLE_GENERATION, job)
    known = job / "demux.json"
    media = None
    if known.is_file():
        media = msgspec.json.decode(known.read_bytes(), type=DemuxResult).media
    source = SourceFile(path=str(file), fingerprint="")
    made = subtitle_generation.run(
        SubtitleRequest(
            transcript=context.write_document("sentences.json", _TRANSCRIPT, "transcript", "hi"),
            film=source,
            film_path=str(file),
            film_end_ms=media.start_ms + media.duration_ms if media else None,
            film_start_ms=media.start_ms if media else 0,
        ),
        context,
    )
    subtitles = tuple(each for each in made.subtitles if each.kind == "srt")
    mux.run(MuxRequest(source=source, subtitles=subtitles), _context(StageName.MUX, job))


def _load_transcript(file: Path, job: Path) -> None:
    from indicsubs_indictrans2 import load_transcript

    source = SourceFile(path=str(file), fingerprint="")
    request = LoadTranscriptRequest(source=source, language="hi")
    load_transcript.run(request, _context(StageName.LOAD_TRANSCRIPT, job))


STAGES: dict[str, tuple[Callable[[Path, Path], None], bool]] = {
    "demux": (_demux, True),
    "subtitles_and_mux": (_subtitles_and_mux, True),
    "load_transcript": (_load_transcript, False),
}
"""The function of each run, and whether it takes the films or the texts of the corpus."""


_MODULES = {
    "demux": ("indicsubs_whisperx.demux",),
    "subtitles_and_mux": ("indicsubs_common.mux", "indicsubs_common.subtitle_generation"),
    "load_transcript": ("indicsubs_indictrans2.load_transcript",),
}


def run(name: str, file: Path, job: Path) -> Outcome:
    """Runs a stage in a process of its own and returns what became of it."""
    before = _state(file)
    job.mkdir(parents=True, exist_ok=True)
    log = job / "message.txt"
    began = time.monotonic()
    child = os.fork()
    if child == 0:
        _in_child(STAGES[name][0], file, job, log)
    ended, status, usage = 0, 0, None
    while not ended and time.monotonic() - began < MOST_SECONDS + 5:
        ended, status, usage = os.wait4(child, os.WNOHANG)
        time.sleep(0.005)
    if not ended:
        os.kill(child, signal.SIGKILL)
        ended, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    message = log.read_text("utf-8", errors="replace") if log.is_file() else f"ended by {code}"
    for folder in (job / "stages").glob("*"):
        shutil.rmtree(folder)
    return Outcome(
        file=file,
        status=code,
        message=message,
        seconds=time.monotonic() - began,
        memory_bytes=usage.ru_maxrss << (0 if sys.platform == "darwin" else 10),
        source_changed=_state(file) != before,
        left=tuple(sorted(path.name for path in file.parent.iterdir() if path.name != file.name)),
    )


def _state(file: Path) -> tuple[str, int]:
    return hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_mtime_ns


def _in_child(stage: Callable[[Path, Path], None], file: Path, job: Path, log: Path) -> None:
    """Runs the stage and ends the process with the status that the product would have."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_WRITTEN, MOST_WRITTEN))
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.dup2(null, 2)
    status = 0
    try:
        stage(file, job)
    except IndicsubsError as error:
        status = error.status
        log.write_text(error.message, "utf-8", "backslashreplace")
    except BaseException:
        status = 70
        log.write_text(traceback.format_exc(), "utf-8", "backslashreplace")
    os._exit(status)


def main() -> None:
    """Runs a stage on all files of its kind; open kinds only with --open."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("folder", type=lambda name: Path(name).resolve())
    parser.add_argument("--open", action="store_true", help="Run the kinds with open faults too.")
    given = parser.parse_args()
    takes_films = STAGES[given.stage][1]
    files = [
        file
        for file in files_of(given.folder)
        if is_film(file) == takes_films and (given.open or kind_of(file) not in OPEN)
    ]
    if not files:
        sys.exit(f"{given.folder} has no files for {given.stage}")
    jobs = given.folder / "jobs"
    for module in _MODULES[given.stage]:
        importlib.import_module(module)  # once, before the processes are forked
    outcomes = [run(given.stage, file, jobs / file.parent.name) for file in files]
    sys.exit(report(given.stage, outcomes))


if __name__ == "__main__":
    main()
