"""Runs one stage in its own process: sends the request, reads the answers, ends the process."""

import errno
import queue
import signal
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from typing import IO

from indicsubs.run import stage_process
from indicsubs.run.stage_process import StageLaunch, StageProcess, signals_delayed
from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.envelope import Answer, Failure, Manifest, Result
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import decode_answer

_LOG = " Log: "
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
        message, log, path = self.message.rpartition(_LOG)
        text = f"{message} {hint}{log}{path}" if log else f"{path} {hint}"
        return StageFailure(self.stage, self.code, text)


OnProgress = Callable[[Progress], None]


class StandbyProcess:
    """Holds at most one process of a stage that is prepared while another stage works."""

    def __init__(self) -> None:
        self._process: StageProcess | None = None
        self._stage: StageName | None = None
        self._sent: Preparation | None = None

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Starts a stage, unless its process is running already, and sends it a new preparation.

        Raises:
            OSError: The process cannot be started.
        """
        if self._process is None or self._stage != launch.stage:
            self.close()
            with signals_delayed():
                self._process, self._stage = StageProcess(launch), launch.stage
        if preparation != self._sent:
            self._process.send(preparation)  # a process that has exited is replaced in its turn
            self._sent = preparation

    def take(self, stage: StageName) -> StageProcess | None:
        """Returns the process if it belongs to this stage, or None; the caller has to end it."""
        if self._process is None or self._stage != stage:
            return None
        process, self._process, self._sent = self._process, None, None
        return process

    def discard(self, stage: StageName) -> None:
        """Ends the process if it belongs to this stage, which was skipped."""
        if self._stage == stage:
            self.close()

    def close(self) -> None:
        """Ends the process. No work is lost, because the process has no request yet."""
        if self._process is not None:
            self._process.end()
        self._process = self._sent = None


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
            return _result(process, launch, on_progress)
    return run_stage(launch, manifest, on_progress, meanwhile=meanwhile)


@contextmanager
def _running(launch: StageLaunch, process: StageProcess | None) -> Generator[StageProcess]:
    """Yields the process, or a new one if it is None, and ends it at the end of the block."""
    try:
        if process is None:
            with signals_delayed():
                process = _start(launch)
        yield process
    except BaseException:
        if process is not None:
            process.terminate()
        raise
    finally:
        if process is not None:
            process.end()


def _start(launch: StageLaunch) -> StageProcess:
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


def _result(process: StageProcess, launch: StageLaunch, on_progress: OnProgress) -> Result:
    answer: Result | Failure | None = None
    for message in _messages(process.stdout, launch):
        if answer is not None:
            raise _failure(launch, FailureCode.PROTOCOL, "answered twice")
        if isinstance(message, Progress):
            on_progress(message)
        else:
            answer = message
    status = process.wait()
    if isinstance(answer, Failure):
        raise StageFailure(launch.stage, answer.code, _describe(launch, answer.message))
    if answer is None:
        raise _failure(launch, *_explain(status))
    return answer


def _messages(stdout: IO[bytes], launch: StageLaunch) -> Iterator[Answer]:
    """Yields every message until stdout ends.

    After the answer, the wait for the end of stdout lasts at most ``GRACE_SECONDS``.
    """
    lines: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        for line in stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
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
    return f"{where} {message}{_LOG}{launch.log}"
