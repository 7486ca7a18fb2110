"""Runs one stage in its own process: sends the request, reads the answers, ends the process."""

import errno
import queue
import signal
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Final

from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.envelope import Answer, Failure, Manifest, Result
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import decode_answer
from indicsubs_processes import stage_process
from indicsubs_processes.stage_process import StageLaunch, StageProcess, signals_delayed

LOG: Final = " Log: "
"""Stands in a message before the path of the log."""
_TICK_S = 1.0
_WITHOUT_MEMORY = {signal.SIGKILL, signal.SIGABRT, signal.SIGSEGV}
"""The signals that end a process without memory: the system sends the first, and native code that
does not check for it, such as CTranslate2's under a limit, ends by the others."""
_SHORTAGES = {errno.ENOMEM, errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EDQUOT}
"""The errors of a start for which the machine is to blame, and not the environment."""


class StageFailure(IndicsubsError):
    """The error of a stage that answered with a failure or broke the protocol."""

    def __init__(self, stage: StageName, code: FailureCode, message: str) -> None:
        super().__init__(code, message)
        self.stage = stage

    def with_hint(self, hint: str) -> "StageFailure":
        """Returns the error with one more sentence, before the path of the log."""
        message, log, path = self.message.rpartition(LOG)
        text = f"{message} {hint}{log}{path}" if log else f"{path} {hint}"
        return StageFailure(self.stage, self.code, text)


OnProgress = Callable[[Progress], None]


def run_stage(
    launch: StageLaunch,
    manifest: Manifest,
    on_progress: OnProgress,
    *,
    standby: StageProcess | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Result:
    """Runs a stage and returns its result.

    After the function has returned or raised, even for Ctrl-C, no process of the stage is running.

    Args:
        launch: How the stage is started.
        manifest: The request.
        on_progress: Called with every progress message.
        standby: The stage's prepared process, or None; a process that has exited is replaced.
        meanwhile: Called as soon as the stage has its request.

    Raises:
        StageFailure: The stage could not start, answered with a failure, died, sent no message for
            too long, or broke the protocol. The message names the stage, its environment and log.
        KeyboardInterrupt: The user stopped the run.
    """
    with _running(launch, standby) as process:
        if process.send(manifest) or process is not standby:
            meanwhile()
            return read_answer(process, launch, on_progress)
    return run_stage(launch, manifest, on_progress, meanwhile=meanwhile)


@contextmanager
def _running(launch: StageLaunch, process: StageProcess | None) -> Generator[StageProcess]:
    """Yields the process, or a new one if it is None, and ends it at the end of the block."""
    try:
        if process is None:
            with signals_delayed():
                process = start_stage(launch)
        yield process
    except BaseException:
        if process is not None:
            process.terminate()
        raise
    finally:
        if process is not None:
            process.end()


def start_stage(launch: StageLaunch) -> StageProcess:
    """Starts the process of a stage.

    Raises:
        StageFailure: ``BROKEN_ENVIRONMENT`` where the command is not there.
        OSError: The machine has no room for another process.
    """
    try:
        return StageProcess(launch)
    except OSError as error:
        if error.errno in _SHORTAGES:
            raise
        raise _failure(
            launch,
            FailureCode.BROKEN_ENVIRONMENT,
            f"could not be started with {launch.command[0]} ({error.strerror}); `just doctor`"
            " checks this machine",
        ) from error


def read_answer(
    process: StageProcess, launch: StageLaunch, on_progress: OnProgress, *, stays: bool = False
) -> Result:
    """Reads the messages of a stage until it has answered, and returns its result.

    Args:
        process: The process, which has the request.
        launch: How the stage was started.
        on_progress: Called with every progress message.
        stays: Whether the process waits for another request after a result. Otherwise it has to
            end.

    Raises:
        StageFailure: As :func:`run_stage`.
    """
    answer: Result | Failure | None = None
    for message in _messages(process.lines, launch):
        if answer is not None:
            raise _failure(launch, FailureCode.PROTOCOL, "answered twice")
        if isinstance(message, Progress):
            on_progress(message)
        else:
            answer = message
            if stays and isinstance(answer, Result):
                return answer
    status = process.wait()
    if isinstance(answer, Failure):
        raise StageFailure(launch.stage, answer.code, _describe(launch, answer.message))
    if answer is None:
        raise _failure(launch, *_explain(status))
    return answer


def _messages(lines: "queue.Queue[bytes | None]", launch: StageLaunch) -> Iterator[Answer]:
    """Yields every message until the output ends.

    After the answer, the wait for the end of the output lasts at most ``GRACE_SECONDS``.
    """
    answered = False
    while True:
        limit = stage_process.GRACE_SECONDS if answered else launch.silence_limit_s
        try:
            line = _within(limit, lines)
        except queue.Empty:
            if answered:
                return
            minutes = launch.silence_limit_s / 60
            raise _failure(
                launch,
                FailureCode.TIMED_OUT,
                f"sent no message for {minutes:.3g} minutes and was stopped; --stage-limit sets how"
                " long a stage may be silent",
            ) from None
        if line is None:
            return
        try:
            message = decode_answer(line)
        except ProtocolError as error:
            start = line[:120].decode(errors="replace").strip()
            raise _failure(
                launch,
                FailureCode.PROTOCOL,
                f"wrote a line that is not an answer ({error}): {start!r}",
            ) from error
        answered = not isinstance(message, Progress)
        yield message


def _within(limit_s: float, lines: "queue.Queue[bytes | None]") -> bytes | None:
    """Returns the next line.

    The time is counted in short waits: while this process is stopped (Ctrl-Z) or the machine
    sleeps, at most one of them passes, however long it takes by the clock.

    Raises:
        queue.Empty: No line came within the limit.
    """
    tick_s = min(_TICK_S, limit_s / 10)
    for _ in range(round(limit_s / tick_s) - 1):
        try:
            return lines.get(timeout=tick_s)
        except queue.Empty:
            continue
    return lines.get(timeout=tick_s)


def _explain(status: int | None) -> tuple[FailureCode, str]:
    """Explains a missing answer by the exit status, which is None if the process still runs."""
    if status is None:
        return FailureCode.PROTOCOL, "closed its output without an answer and did not exit"
    # uv passes a signal on as 128 + its number.
    number = -status if status < 0 else status - 128
    if number > 0 and number in {s.value for s in signal.Signals}:
        hint = " (often a sign that memory ran out)" if number in _WITHOUT_MEMORY else ""
        return FailureCode.CRASHED, f"was ended by {signal.Signals(number).name}{hint}"
    return FailureCode.PROTOCOL, f"exited with status {status} without an answer"


def _failure(launch: StageLaunch, code: FailureCode, what: str) -> StageFailure:
    return StageFailure(launch.stage, code, _describe(launch, f"The stage {what}."))


def _describe(launch: StageLaunch, message: str) -> str:
    where = f"{launch.stage} failed in the {launch.environment} environment."
    return f"{where} {message}{LOG}{launch.log}"
