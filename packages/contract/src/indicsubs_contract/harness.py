"""A stage's end of the pipe.

An environment's ``__main__`` only calls :func:`serve` with its table of stages. The harness reads
a manifest from stdin, runs the stage that it names, and answers on stdout. Where the manifest says
that the process stays, the harness then waits for the next one. Lines before a manifest let the
stage prepare itself while another stage works. Before any engine is imported, the harness takes the
real stdout for itself. The output that libraries, C libraries included, and child processes print
then goes to stderr.
"""

import importlib
import logging
import os
import queue
import re
import resource
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from pathlib import Path
from types import FrameType
from typing import BinaryIO, Protocol, TypeAlias

from indicsubs_contract.context import Context
from indicsubs_contract.device_memory import is_out_of_memory
from indicsubs_contract.errors import (
    EXIT_STATUS,
    OUT_OF_MEMORY,
    ExitStatus,
    FailureCode,
    IndicsubsError,
    ProtocolError,
    os_failure,
)
from indicsubs_contract.loaded_models import trim_memory
from indicsubs_contract.messages.envelope import Failure, Manifest, Request, Result, StageResult
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, decode_manifest, decode_preparation, encode_line

_STATUS, _CLEAR_REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")
_Handler: TypeAlias = Callable[[int, FrameType | None], object] | int | None
"""What :func:`signal.signal` takes."""


class Stage(Protocol):
    """The interface of a stage's module.

    A stage that starts slowly may also have ``prepare(preparation: Preparation) -> None``, which
    imports the engine and loads the model before ``run`` needs them.
    """

    def run(self, request: Request, context: Context) -> StageResult:
        """Does the work of the request, and writes files only in ``context.folder``.

        Raises:
            IndicsubsError: The work failed; the stage's own docstring names the codes.
        """
        ...


def serve(modules: Mapping[StageName, str]) -> None:
    """Answers manifests from stdin, then exits with the status of the last answer.

    The first manifest is the last one unless it says that the process stays. A process that stays
    exits when stdin ends.

    Args:
        modules: The name of the module of each stage that this environment has.
    """
    open_standard_files()
    answers = _take_stdout()
    lines = _listen(_take_stdin())
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format="%(asctime)s %(name)s %(levelname)s %(message)s",
    )
    handlers = {signal.SIGTERM: _interrupt, signal.SIGINT: signal.getsignal(signal.SIGINT)}
    status, stays = None, True
    while stays:
        answer, stays = _answer(lines, answers, modules, handlers, may_end=status is not None)
        for number in handlers:
            signal.signal(number, signal.SIG_IGN)  # the answer is all that is left to do
        if answer is None:
            break
        try:
            _write(answers, answer)
        except BrokenPipeError:
            _exit(ExitStatus.IO_ERROR)
        if stays:
            trim_memory()
        status = ExitStatus.DONE if isinstance(answer, Result) else EXIT_STATUS[answer.code]
    _exit(status or ExitStatus.DONE)


def open_standard_files() -> None:
    """Opens the null device for each of the descriptors 0, 1 and 2 that the caller has closed.

    Otherwise the next file or pipe to be opened would get that descriptor.
    """
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)


def _answer(
    lines: "queue.SimpleQueue[bytes]",
    answers: BinaryIO,
    modules: Mapping[StageName, str],
    handlers: Mapping[signal.Signals, _Handler],
    *,
    may_end: bool,
) -> tuple[Result | Failure | None, bool]:
    """Returns the answer to the next manifest, and whether the process waits for another.

    The answer is None where stdin has ended, which it may do after the first manifest.
    """
    try:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        line = lines.get()
        try:
            while line and (preparation := decode_preparation(line)) is not None:
                _prepare(preparation, modules)
                line = lines.get()
            if not line and may_end:
                return None, False
            manifest = decode_manifest(line)
        except ProtocolError as error:
            problem = "is empty" if not line.strip() else f"cannot be read: {error}"
            return _failure(FailureCode.BAD_REQUEST, f"The job manifest on stdin {problem}."), False
        return _run(manifest, answers, modules), manifest.stays
    except IndicsubsError as error:
        return _failure(error.code, error.message), False
    except KeyboardInterrupt:
        return _failure(FailureCode.INTERRUPTED, "Interrupted."), False
    except Exception as error:
        traceback.print_exc()
        return _unexpected(error), False


def _run(manifest: Manifest, answers: BinaryIO, modules: Mapping[StageName, str]) -> Result:
    """Runs the stage of a manifest.

    Raises:
        Exception: As the stage raises it.
    """
    if manifest.log is not None:
        _append_stderr_to(Path(manifest.job) / manifest.log)
    name = StageName(type(manifest.request).__struct_config__.tag)
    if name not in modules:
        raise IndicsubsError(
            FailureCode.BAD_REQUEST,
            f"Stage {name} does not run in this environment, whose stages are"
            f" {', '.join(modules)}.",
        )
    module: Stage = importlib.import_module(modules[name])  # type: ignore[assignment]
    context = Context(
        name,
        Path(manifest.job),
        manifest.output,
        lambda progress: _write(answers, progress),
        manifest.cache,
        manifest.digest,
        manifest.film_cache,
        stays=manifest.stays,
    )
    context.folder.mkdir(parents=True, exist_ok=True)
    with closing(context), context.sources_checked():
        result = module.run(manifest.request, context)
    peak = _peak_memory()
    _begin_peak_memory()  # for the next request, if there is one
    return Result(result=result, peak_memory_bytes=peak)


def _append_stderr_to(path: Path) -> None:
    """Lets stdout and stderr go to a file, for C libraries and child processes too."""
    with path.open("ab") as file:
        os.dup2(file.fileno(), 1)  # it was stderr before, see _take_stdout
        os.dup2(file.fileno(), 2)


def _unexpected(error: Exception) -> Failure:
    """Returns what to do about an error that the stage itself does not explain."""
    if is_out_of_memory(error):
        return _failure(FailureCode.OUT_OF_MEMORY, OUT_OF_MEMORY)
    if isinstance(error, ImportError):
        return _failure(
            FailureCode.BROKEN_ENVIRONMENT,
            f"A library of this environment does not load: {error}. Run `just setup` to repair the"
            " environment.",
        )
    if isinstance(error, OSError):
        failure = os_failure(
            error,
            "If this is a file of yours, check that it can be read; the stage's log has more.",
        )
        return _failure(failure.code, failure.message)
    return _failure(
        FailureCode.BUG,
        f"{type(error).__name__}: {error}. This is a bug; the stage's log has the details.",
    )


def _prepare(preparation: Preparation, modules: Mapping[StageName, str]) -> None:
    """Prepares a stage. Errors are only logged, because the run meets and reports them again."""
    log = logging.getLogger(f"indicsubs.{preparation.prepare}")
    try:
        module = importlib.import_module(modules[preparation.prepare])
        if hasattr(module, "prepare"):
            module.prepare(preparation)
    except Exception:
        log.exception("The stage could not be prepared.")
    else:
        log.info("The stage is prepared.")


def _failure(code: FailureCode, message: str) -> Failure:
    return Failure(code=code, message=message)


def _take_stdout() -> BinaryIO:
    """Returns the real stdout; from now on descriptor 1 is stderr, for child processes too."""
    descriptor = os.dup(1)  # not inherited by child processes, nor known to the stage
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return os.fdopen(descriptor, "wb", buffering=0)


def _take_stdin() -> BinaryIO:
    """Returns the real stdin; from now on descriptor 0 is empty, for child processes too."""
    descriptor = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return os.fdopen(descriptor, "rb")


def _listen(requests: BinaryIO) -> "queue.SimpleQueue[bytes]":
    """Returns a queue of the lines of stdin as they arrive; an empty line marks the end of stdin.

    Where stdin is a lifeline (:data:`LIFELINE`), its end stops the stage. A separate thread reads,
    because the end may come while the stage is busy.
    """
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read() -> None:
        try:
            for line in requests:
                lines.put(line)
        finally:
            if os.environ.get(LIFELINE):
                _stop()
            lines.put(b"")

    # A signal that the system gave to the reading thread would not wake the main thread.
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    threading.Thread(target=read, daemon=True).start()
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    return lines


def _stop() -> None:
    """Ends this stage and every process that it started, because the orchestrator has ended."""
    if os.getpgrp() == os.getsid(0):
        # The orchestrator gave this stage a session of its own: the group has no other processes.
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(ExitStatus.INTERRUPTED)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    """Interrupts the stage; a second SIGTERM ends it, because a library may catch the first.

    Python itself ignores an exception where it calls back, as at the end of an import.
    """
    signal.signal(signal.SIGTERM, _end)
    raise KeyboardInterrupt


def _end(_signal: int, _frame: FrameType | None) -> None:
    os._exit(ExitStatus.INTERRUPTED)


def _begin_peak_memory() -> None:
    """Lets the measurement of the peak memory begin again, where the system can (proc(5))."""
    with suppress(OSError):
        _CLEAR_REFS.write_text("5")


def _peak_memory() -> int:
    """Returns the most memory in bytes that this process had since the measurement began.

    Linux counts in getrusage also what the process was before it became this program.
    """
    unit = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes on macOS, KiB on Linux
    own, children = (
        resource.getrusage(who).ru_maxrss * unit
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    with suppress(OSError):
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(), re.MULTILINE)
        own = int(found[1]) * 1024 if found else own
    return max(own, children)


def _write(answers: BinaryIO, message: Progress | Result | Failure) -> None:
    answers.write(encode_line(message))


def _exit(status: ExitStatus) -> None:
    """Exits at once, because threads and exit hooks of engines can hang after the answer."""
    sys.stderr.flush()
    logging.shutdown()
    os._exit(status)
