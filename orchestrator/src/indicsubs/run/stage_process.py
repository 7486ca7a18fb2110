"""The process of one stage: starting it, writing to it, and ending it with all its children."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

import msgspec

from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import LIFELINE, encode_line

GRACE_SECONDS = 5.0
"""The longest time that a stage may take to exit after its answer, or after SIGTERM."""


@dataclass(frozen=True, kw_only=True)
class StageLaunch:
    """How a stage is started."""

    stage: StageName
    environment: str
    command: list[str]
    variables: dict[str, str]
    """Environment variables of the process."""
    folder: Path
    """Working folder of the process."""
    log: Path
    """File that everything is appended to that the stage and uv write to stderr."""
    silence_limit_s: float
    """A stage that sends no message for this long is stopped."""


class StageProcess:
    """A running process of a stage, with its children.

    Raises:
        OSError: The process cannot be started.
    """

    def __init__(self, launch: StageLaunch) -> None:
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        with launch.log.open("ab") as log:
            self.popen = subprocess.Popen(
                launch.command,
                cwd=launch.folder,
                env=launch.variables | {LIFELINE: "1"},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                # A session of its own: Ctrl-C reaches only the orchestrator, and the stage and its
                # children can be ended together. Killing uv alone would leave the stage running.
                start_new_session=True,
            )
        self._stdin = cast("IO[bytes]", self.popen.stdin)
        self.stdout = cast("IO[bytes]", self.popen.stdout)

    def send(self, message: msgspec.Struct) -> bool:
        """Writes a line to the process; returns False where the process reads no more.

        Its stdin stays open: a stage stops when its stdin ends.
        """
        if self.popen.poll() is not None:
            return False
        try:
            self._stdin.write(encode_line(message))
            self._stdin.flush()
        except BrokenPipeError:
            return False
        return True

    def wait(self) -> int | None:
        """Returns the exit status, or None where the process does not exit in time."""
        deadline = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < deadline:
            if self.popen.poll() is not None:
                return self.popen.returncode
            time.sleep(0.01)
        return None

    def terminate(self) -> None:
        """Asks the process and its children to exit, and gives them time to do so."""
        self._signal(signal.SIGTERM)
        self.wait()

    def end(self) -> None:
        """Ends the process and its children; none of them runs when this returns."""
        self._signal(signal.SIGKILL)
        self.popen.wait()
        self.stdout.read()  # ends when the last child is gone
        try:
            self._stdin.close()
        except BrokenPipeError:
            pass  # a request that the stage has not read
        self.stdout.close()

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.popen.pid, number)
        except (ProcessLookupError, PermissionError):
            pass  # no process is left (macOS answers EPERM for a group of zombies)


@contextmanager
def signals_delayed() -> Generator[None]:
    """Delays every signal that has a Python handler until the block has ended.

    A KeyboardInterrupt between the start of a process and the assignment of its object would leave
    the process running, with no object that could end it.
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
