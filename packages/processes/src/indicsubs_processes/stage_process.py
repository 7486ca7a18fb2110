"""Starts the process of one stage, writes to it, and ends it with all its children."""

import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, NamedTuple, cast

import msgspec

from indicsubs_contract.messages.engine import Device
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, encode_line

GRACE_SECONDS = 5.0
"""The longest time that a stage may take to exit after its answer, or after SIGTERM."""


class Program(NamedTuple):
    """What a stage runs: its code and its libraries."""

    code: str
    """Digest of the modules and data files that the stage can reach through imports."""
    lock: str
    """Digest of the environment's part of the lock."""


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How a process is started."""

    command: list[str]
    variables: dict[str, str]
    """The environment variables of the process."""
    folder: Path
    """The working folder of the process."""
    log: Path
    """The file to which all stderr output of the process and of uv is appended."""
    temporary: Path
    """The folder of the temporary files of the process, of its libraries and of its children. It is
    removed with the process: engines leave files there, and a killed process cannot remove any."""


@dataclass(frozen=True, kw_only=True)
class StageLaunch(Launch):
    """How a stage is started."""

    stage: StageName
    environment: str
    silence_limit_s: float
    """A stage that sends no message for this many seconds is stopped."""
    device: Device = "cpu"
    """The device that the stage's engine computes on."""
    model_bytes: int = 0
    """The size on the disk of the models that the stage loads."""
    program: Program | None = None
    """What the process runs; a process that serves many requests is replaced when it changes."""


class StageProcess:
    """A running process that speaks by lines, such as that of a stage, with its children.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(self, launch: Launch) -> None:
        self._temporary = launch.temporary
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._temporary.mkdir(parents=True)
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        with launch.log.open("ab") as log:
            self.popen = subprocess.Popen(
                launch.command,
                cwd=launch.folder,
                env=launch.variables | {LIFELINE: "1", "TMPDIR": str(self._temporary)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A session of its own: Ctrl-C reaches only the orchestrator, and the stage and its
                # children can be ended together. Killing uv alone would leave the stage running.
                start_new_session=True,
            )
        self._stdin = cast("IO[bytes]", self.popen.stdin)
        self.lines: queue.Queue[bytes | None] = queue.Queue()
        """The lines that the process writes, as they arrive; None marks the end of its output."""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        with cast("IO[bytes]", self.popen.stdout) as stdout:
            for line in stdout:
                self.lines.put(line)
        self.lines.put(None)

    @property
    def is_waiting(self) -> bool:
        """Whether the process runs and has written nothing since its last answer was read."""
        return self.popen.poll() is None and self.lines.empty()

    def send(self, message: msgspec.Struct) -> bool:
        """Writes a message as a line to the process; returns False if the process no longer reads.

        The stdin of the process stays open, because a stage stops when its stdin ends.
        """
        if self.popen.poll() is not None:
            return False
        try:
            self._stdin.write(encode_line(message))
            self._stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def close_stdin(self) -> None:
        """Tells the process that nothing more is sent."""
        with suppress(BrokenPipeError):  # of a request that it has not read
            self._stdin.close()

    def wait(self, limit_s: float | None = None) -> int | None:
        """Returns the exit status; None if the process does not exit within the limit.

        Args:
            limit_s: The limit in seconds; None takes ``GRACE_SECONDS``.
        """
        deadline = time.monotonic() + (GRACE_SECONDS if limit_s is None else limit_s)
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                return self.popen.returncode
            time.sleep(0.01)
        return None

    def interrupt(self) -> None:
        """Asks the process and its children to exit."""
        self._signal(signal.SIGTERM)

    def terminate(self) -> None:
        """Asks the process and its children to exit, and waits for up to ``GRACE_SECONDS``."""
        self.interrupt()
        self.wait()

    def end(self) -> None:
        """Kills the process and its children, and waits until all of them have ended."""
        self._signal(signal.SIGKILL)
        self.popen.wait()
        self._reader.join()  # it ends when the last child is gone
        self.close_stdin()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _signal(self, number: signal.Signals) -> None:
        _signal_group(self.popen.pid, number)


def run_attached(
    command: list[str], variables: dict[str, str], folder: Path, request: bytes
) -> int:
    """Runs a stage whose answers and log go to this process's own stdout and stderr.

    The stage ends when this process ends, in whatever way: its stdin is a lifeline.

    Returns:
        The exit status of the stage; 128 and the number of the signal where one ended it.

    Raises:
        OSError: The process cannot be started.
        KeyboardInterrupt: The user stopped the stage; no process of it is running any more.
    """
    with TemporaryDirectory(prefix="indicsubs-", ignore_cleanup_errors=True) as temporary:
        return _run_attached(command, variables | {"TMPDIR": temporary}, folder, request)


def _run_attached(
    command: list[str], variables: dict[str, str], folder: Path, request: bytes
) -> int:
    with signals_delayed():
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables | {LIFELINE: "1"},
            stdin=subprocess.PIPE,
            start_new_session=True,
        )
    stdin = cast("IO[bytes]", process.stdin)
    try:
        with suppress(BrokenPipeError):  # its exit status says why it does not read
            stdin.write(request)
            stdin.flush()
        status = process.wait()
    except BaseException:
        _signal_group(process.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_SECONDS)
        raise
    finally:
        _signal_group(process.pid, signal.SIGKILL)
        process.wait()
        with suppress(BrokenPipeError):
            stdin.close()
    return status if status >= 0 else 128 - status


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass  # no process is left (macOS answers EPERM for a group of zombies)


@contextmanager
def signals_delayed() -> Generator[None]:
    """Delays every signal that has a Python handler until the block has ended.

    After a KeyboardInterrupt between the start of a process and the assignment of its object, the
    process would run on, and no object could end it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread handles signals
        return
    received: list[int] = []
    handlers = {
        number: handler
        for number in signal.valid_signals()
        if callable(handler := signal.getsignal(number))
    }
    for number in handlers:
        signal.signal(number, lambda number, _: received.append(number))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            signal.raise_signal(received[0])
