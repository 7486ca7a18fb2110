"""A real ``watch`` command over fake stages, whose lines a test can wait for."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import torture

_COMMAND = Path(torture.__file__).with_name("fake_command.py")
_LONGEST_S = 180.0


class Watching:
    """The command in a process of its own.

    Args:
        root: The workspace of fake stages.
        arguments: Arguments after ``watch``.
        variables: Environment variables of the command.
    """

    def __init__(
        self, root: Path, arguments: Sequence[str | Path], variables: dict[str, str] | None = None
    ) -> None:
        self.lines: list[str] = []
        self._changed = threading.Condition()
        self._read = 0
        tests = str(Path(__file__).parent)
        self.process = subprocess.Popen(
            [sys.executable, str(_COMMAND), "watch", *map(str, arguments)],
            cwd=root,
            env=os.environ
            | {"INDICSUBS_TORTURE_ROOT": str(root), "PYTHONPATH": tests}
            | (variables or {}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._collect)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.end(signal.SIGKILL)
        if error is not None:
            print("".join(self.lines))

    def wait_for(self, text: str) -> str:
        """The next line with a text; lines before it count as read."""
        deadline = time.monotonic() + _LONGEST_S
        with self._changed:
            while True:
                while self._read < len(self.lines):
                    line = self.lines[self._read]
                    self._read += 1
                    if text in line:
                        return line
                left = deadline - time.monotonic()
                assert left > 0, f"no line with {text!r}"
                assert self._reader.is_alive() or self._read < len(self.lines), (
                    f"ended without a line with {text!r}"
                )
                self._changed.wait(min(left, 1.0))

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends a signal, and returns the exit status."""
        self.process.send_signal(number)
        status = self.process.wait(30)
        self._reader.join(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status

    def _collect(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._changed:
                self.lines.append(line)
                self._changed.notify_all()
