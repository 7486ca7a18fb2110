"""A stage's end of the pipe.

An environment's ``__main__`` calls :func:`serve` with its table of stages, and nothing else. The
harness reads one manifest from stdin, runs the stage that it names, and answers on stdout. Lines
before the manifest let the stage get ready while another one works. The harness keeps the real
stdout for itself before any engine is imported: what libraries print, C libraries and child
processes included, goes to stderr.
"""

import importlib
import logging
import os
import queue
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Protocol

from indicsubs_contract.context import Context
from indicsubs_contract.errors import (
    EXIT_STATUS,
    ExitStatus,
    FailureCode,
    IndicsubsError,
    ProtocolError,
)
from indicsubs_contract.messages.envelope import Failure, Request, Result, StageResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, decode_manifest, decode_preparation, encode_line


class Stage(Protocol):
    """A module that is a stage: it has this function.

    A stage that is slow to start may also have ``prepare(known: Preparation) -> None``: it imports
    the engine and loads the model, and ``run`` finds them there.
    """

    def run(self, request: Request, context: Context) -> StageResult:
        """Do what the request says; write files in ``context.folder`` alone."""
        ...


def serve(modules: Mapping[StageName, str]) -> None:
    """Answer one manifest from stdin, then exit with the status of the answer.

    ``modules`` names the module of each stage that this environment has.
    """
    open_standard_files()
    answers = _take_stdout()
    lines = _listen(_take_stdin())
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(name)s %(levelname)s %(message)s",
    )
    signal.signal(signal.SIGTERM, _interrupt)
    answer = _answer(lines, answers, modules)
    try:
        _write(answers, answer)
    except BrokenPipeError:
        _exit(ExitStatus.IO_ERROR)
    _exit(ExitStatus.DONE if isinstance(answer, Result) else EXIT_STATUS[answer.code])


def open_standard_files() -> None:
    """Put the null device where the caller closed descriptor 0, 1 or 2.

    Otherwise the next file or pipe to be opened would land there.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)


def _answer(
    lines: "queue.SimpleQueue[bytes]", answers: BinaryIO, modules: Mapping[StageName, str]
) -> Result | Failure:
    try:
        line = lines.get()
        try:
            while line and (known := decode_preparation(line)) is not None:
                _prepare(known, modules)
                line = lines.get()
            manifest = decode_manifest(line)
        except ProtocolError as error:
            what = "is empty" if not line.strip() else f"cannot be read: {error}"
            return _failure(FailureCode.BAD_REQUEST, f"The job manifest on stdin {what}.")
        name = StageName(type(manifest.request).__struct_config__.tag)
        if name not in modules:
            return _failure(
                FailureCode.BAD_REQUEST,
                f"Stage {name} does not run in this environment, which has {', '.join(modules)}.",
            )
        module: Stage = importlib.import_module(modules[name])  # type: ignore[assignment]
        context = Context(
            name,
            Path(manifest.job),
            manifest.output,
            lambda progress: _write(answers, progress),
            manifest.cache,
        )
        context.folder.mkdir(parents=True, exist_ok=True)
        result = module.run(manifest.request, context)
        return Result(result=result, peak_memory_bytes=_peak_memory())
    except IndicsubsError as error:
        return _failure(error.code, error.message)
    except KeyboardInterrupt:
        return _failure(FailureCode.INTERRUPTED, "Interrupted.")
    except MemoryError:
        traceback.print_exc()
        return _failure(
            FailureCode.OUT_OF_MEMORY,
            "Memory ran out. Close other programs, or give a smaller --batch-size or model.",
        )
    except ImportError as error:
        traceback.print_exc()
        return _failure(
            FailureCode.BROKEN_ENVIRONMENT,
            f"A library of this environment does not load: {error}. `just setup` mends it.",
        )
    except OSError as error:
        traceback.print_exc()
        return _failure(FailureCode.IO_ERROR, f"{error}. Is the disk full or read-only?")
    except Exception as error:
        traceback.print_exc()
        return _failure(
            FailureCode.BUG,
            f"{type(error).__name__}: {error}. This is a bug; the log has the rest.",
        )


def _prepare(known: Preparation, modules: Mapping[StageName, str]) -> None:
    """Get a stage ready; what fails here fails in the run too, which reports it."""
    log = logging.getLogger(f"indicsubs.{known.prepare}")
    try:
        module = importlib.import_module(modules[known.prepare])
        if hasattr(module, "prepare"):
            module.prepare(known)
    except Exception:
        log.exception("Could not be prepared.")
    else:
        log.info("Prepared.")


def _failure(code: FailureCode, message: str) -> Failure:
    return Failure(code=code, message=message)


def _take_stdout() -> BinaryIO:
    """Keep the real stdout; from now on descriptor 1 is stderr, for child processes too."""
    kept = os.dup(1)  # not inherited by child processes, nor seen by the stage
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(kept, "wb", buffering=0)


def _take_stdin() -> BinaryIO:
    """Keep the real stdin; from now on descriptor 0 is empty, for child processes too."""
    kept = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return os.fdopen(kept, "rb")


def _listen(requests: BinaryIO) -> "queue.SimpleQueue[bytes]":
    """The lines of stdin as they come, an empty one at its end; where that is a lifeline, heed it.

    A thread of its own reads, for the end may come while the stage is busy.
    """
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            for line in requests:
                lines.put(line)
        finally:
            if os.environ.get(LIFELINE):
                _end()
            lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    return lines


def _end() -> None:
    """Stop, for the orchestrator is gone: with all that this stage has started."""
    if os.getpgrp() == os.getsid(0):
        # The orchestrator gave this stage a session of its own: nobody else is in the group.
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(ExitStatus.INTERRUPTED)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _peak_memory() -> int:
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes on macOS, KiB on Linux
    own, children = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return max(own, children) * unit


def _write(answers: BinaryIO, message: Progress | Result | Failure) -> None:
    answers.write(encode_line(message))


def _exit(status: ExitStatus) -> None:
    """Leave at once: engines' own threads and exit hooks can hang after the answer is out."""
    sys.stderr.flush()
    logging.shutdown()
    os._exit(status)
