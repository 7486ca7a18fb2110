"""One stage in its own process: start it, ask it, listen to it, and leave nothing of it behind."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TypeAlias

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.envelope import Answer, Failure, Manifest, Result
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, decode_answer, encode_line

GRACE_SECONDS = 5.0
"""How long a stage may take to leave after its answer, or when it is told to stop."""


class StageFailure(IndicsubsError):
    """A stage answered with a failure, or did not answer as it should."""

    def __init__(self, stage: StageName, code: FailureCode, message: str) -> None:
        super().__init__(code, message)
        self.stage = stage


OnProgress = Callable[[Progress], None]
Process: TypeAlias = subprocess.Popen[bytes]


@dataclass(frozen=True, kw_only=True)
class Call:
    """How a stage is started."""

    stage: StageName
    environment: str
    command: list[str]
    variables: dict[str, str]
    folder: Path
    """Working folder of the process."""
    log: Path
    """Takes everything that the stage and uv write to stderr."""
    silence_limit_s: float
    """A stage that says nothing for so long is stopped."""


class Standby:
    """The process of a stage that gets ready while another one works: one at most."""

    def __init__(self) -> None:
        self._process: Process | None = None
        self._stage: StageName | None = None
        self._told: Preparation | None = None

    def prepare(self, how: Call, known: Preparation) -> None:
        """Start a stage, unless it stands by already, and tell it what is new."""
        if self._process is None or self._stage != how.stage:
            self.close()
            with _signals_held():
                self._process, self._stage = _start(how), how.stage
        if known != self._told:
            _send(self._process, known)  # if it is gone, its turn shows that
            self._told = known

    def take(self, stage: StageName) -> Process | None:
        """The process, if it is this stage's: from now on the caller's."""
        if self._process is None or self._stage != stage:
            return None
        process, self._process, self._told = self._process, None, None
        return process

    def dismiss(self, stage: StageName) -> None:
        """End the process if it is this stage's, whose turn has passed."""
        if self._stage == stage:
            self.close()

    def close(self) -> None:
        """End the process: it has done nothing that could be half done."""
        if self._process is not None:
            _end(self._process)
        self._process = self._told = None


def call(
    how: Call,
    manifest: Manifest,
    on_progress: OnProgress,
    *,
    ready: Process | None = None,
    meanwhile: Callable[[], None] = lambda: None,
) -> Result:
    """Run a stage and return its result.

    Whatever happens, Ctrl-C included, no process of the stage is left when this returns or raises.

    Args:
        how: How it is started.
        manifest: What it is asked.
        on_progress: Called with every progress message.
        ready: Its process, where it stood by; one that has died since is replaced.
        meanwhile: Called when the stage is at work.

    Raises:
        StageFailure: the stage answered with a failure, died, fell silent, or broke the protocol;
            the message names the stage, its environment and its log.
        KeyboardInterrupt: the user stopped it.
    """
    with _started(how, ready) as process:
        if _send(process, manifest) or process is not ready:
            meanwhile()
            return _listen(process, how, on_progress)
    return call(how, manifest, on_progress, meanwhile=meanwhile)


def _listen(process: Process, how: Call, on_progress: OnProgress) -> Result:
    assert process.stdout is not None  # noqa: S101 (pyright cannot know)
    answer: Result | Failure | None = None
    for message in _messages(process.stdout, how):
        if answer is not None:
            raise _failed(how, FailureCode.PROTOCOL, "answered twice")
        if isinstance(message, Progress):
            on_progress(message)
        else:
            answer = message
    status = _wait(process)
    if isinstance(answer, Failure):
        raise StageFailure(how.stage, answer.code, _describe(how, answer.message))
    if answer is None:
        raise _failed(how, *_explain(status))
    return answer


def _start(how: Call) -> Process:
    how.log.parent.mkdir(parents=True, exist_ok=True)
    with how.log.open("ab") as log:
        return subprocess.Popen(
            how.command,
            cwd=how.folder,
            env=how.variables | {LIFELINE: "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            # A session of its own: Ctrl-C reaches only the orchestrator, and the whole family of
            # the stage can be ended together. Killing uv alone would leave the stage running.
            start_new_session=True,
        )


@contextmanager
def _started(how: Call, process: Process | None) -> Generator[Process]:
    """The process, started if there is none; nothing of it is left behind."""
    try:
        if process is None:
            with _signals_held():
                process = _start(how)
        yield process
    except BaseException:
        if process is not None:
            _signal_group(process, signal.SIGTERM)
            _wait(process)
        raise
    finally:
        if process is not None:
            _end(process)


@contextmanager
def _signals_held() -> Generator[None]:
    """Put off every signal that has a handler of ours until the block is done.

    A KeyboardInterrupt between the start of a process and the assignment that keeps it would leave
    the process to nobody.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are handled in the main thread alone
        return
    came: list[int] = []
    handlers = {
        number: handler
        for number in signal.valid_signals()
        if callable(handler := signal.getsignal(number))
    }
    for number in handlers:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])


def _end(process: Process) -> None:
    _signal_group(process, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.read()  # ends when the last of the family is gone, not the first
    for pipe in (process.stdin, process.stdout):
        _close(pipe)


def _send(process: Process, message: msgspec.Struct) -> bool:
    """Write a line to the process; False if it is gone.

    Its stdin stays open: the end of that would mean that nobody listens any more.
    """
    assert process.stdin is not None  # noqa: S101 (pyright cannot know)
    if process.poll() is not None:
        return False
    try:
        process.stdin.write(encode_line(message))
        process.stdin.flush()
    except BrokenPipeError:
        return False
    return True


def _close(pipe: IO[bytes] | None) -> None:
    if pipe is not None:
        try:
            pipe.close()
        except BrokenPipeError:
            pass  # an unread request of a stage that is gone


def _messages(stdout: IO[bytes], how: Call) -> Iterator[Answer]:
    """Every message until stdout ends, or until a stage that has answered lingers too long."""
    lines: queue.Queue[bytes | None] = queue.Queue()

    def read() -> None:
        for line in stdout:
            lines.put(line)
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    answered = False
    while True:
        limit = GRACE_SECONDS if answered else how.silence_limit_s
        try:
            line = lines.get(timeout=limit)
        except queue.Empty:
            if answered:
                return
            minutes = how.silence_limit_s / 60
            raise _failed(
                how,
                FailureCode.TIMED_OUT,
                f"said nothing for {minutes:.3g} minutes and was stopped; --stage-limit sets how"
                " long it may be silent",
            ) from None
        if line is None:
            return
        try:
            message = decode_answer(line)
        except ProtocolError as error:
            shown = line[:120].decode(errors="replace").strip()
            raise _failed(
                how, FailureCode.PROTOCOL, f"answered nonsense ({error}): {shown!r}"
            ) from error
        answered = not isinstance(message, Progress)
        yield message


def _wait(process: Process) -> int | None:
    """The process's exit status, or None if it does not leave in time."""
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return process.returncode
        time.sleep(0.01)
    return None


def _signal_group(process: Process, number: signal.Signals) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass  # nobody is left (macOS says so with EPERM for a group of zombies)


def _explain(status: int | None) -> tuple[FailureCode, str]:
    """Why there is no answer."""
    if status is None:
        return FailureCode.PROTOCOL, "closed its output without an answer, and did not leave"
    # uv passes a signal on as 128 + its number.
    number = -status if status < 0 else status - 128
    if number > 0 and number in {s.value for s in signal.Signals}:
        hint = " (often a sign that memory ran out)" if number == signal.SIGKILL else ""
        return FailureCode.CRASHED, f"was ended by {signal.Signals(number).name}{hint}"
    return FailureCode.PROTOCOL, f"left with status {status} without an answer"


def _failed(how: Call, code: FailureCode, what: str) -> StageFailure:
    return StageFailure(how.stage, code, _describe(how, f"The stage {what}."))


def _describe(how: Call, message: str) -> str:
    return f"{how.stage} failed in the {how.environment} environment. {message} Log: {how.log}"
