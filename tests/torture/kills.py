"""Kills a running command: whom, with which signal, and when; then what must hold."""

import os
import queue
import random
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

MARK = "INDICSUBS_TORTURE"
"""Environment variable of every process of a command, by which orphans are found."""
VICTIMS = ("orchestrator", "uv", "stage", "all")
SIGNALS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_END_S = 30.0
"""The longest time that a command may take to end after a kill."""
_ORPHAN_S = 10.0


@dataclass(frozen=True)
class Kill:
    """One kill."""

    victim: str
    number: signal.Signals
    twice: bool
    after: str
    """The part of a line of the output after which the time counts; empty for the start."""
    wait_s: float

    def __str__(self) -> str:
        moment = f"{self.wait_s:.3f} s after {self.after or 'the start'}"
        twice = " twice" if self.twice else ""
        return f"{self.number.name}{twice} to {self.victim}, {moment}"


MOMENTS = (
    "",
    "",
    "Job ",
    "demux: started",
    "asr: started",
    "alignment: started",
    "load_transcript: started",
    "translation: started",
    "generation: started",
    "mux: started",
    "mux: ",
)
"""Parts of the lines after which something begins: each stage, and at last publishing."""


def choose(random_: random.Random, duration_s: float, moments: Sequence[str]) -> Kill:
    """Chooses a kill: half of them at a random moment, half shortly after a named one."""
    after = random_.choice(moments)
    longest_s = duration_s if random_.random() < 0.3 else min(0.8, duration_s)
    return Kill(
        victim=random_.choice(VICTIMS),
        number=random_.choice(SIGNALS),
        twice=random_.random() < 0.25,
        after=after,
        wait_s=random_.uniform(0, longest_s),
    )


@dataclass(frozen=True)
class End:
    """How a command ended."""

    status: int
    """The exit status; negative for a signal."""
    out: str
    err: str
    was_killed: bool
    """Whether the command still ran when the signal was due."""


class Command:
    """A running command, whose processes carry a mark."""

    def __init__(self, command: list[str], folder: Path, variables: dict[str, str]) -> None:
        self._mark = f"{os.getpid()}-{time.monotonic_ns()}"
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=variables | {MARK: self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._out: list[str] = []
        self._err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, kept))
            for stream, kept in (
                (cast("IO[str]", self._process.stdout), self._out),
                (cast("IO[str]", self._process.stderr), self._err),
            )
        ]
        for reader in self._readers:
            reader.start()

    def end(self, kill: Kill | None, patience_s: float) -> End:
        """Waits for the command, and kills it on the way.

        Raises:
            TimeoutError: The command did not end in time.
        """
        was_killed = False
        if kill is not None:
            self._wait_for(kill.after, patience_s)
            with_status = self._ended_within(kill.wait_s)
            if not with_status:
                was_killed = self._send(kill)
                if kill.twice and not self._ended_within(kill.wait_s % 0.3):
                    self._send(kill)
        if not self._ended_within(_END_S if was_killed else patience_s):
            self._kill_all()
            raise TimeoutError("the command does not end")
        for reader in self._readers:
            reader.join()
        return End(self._process.returncode, "".join(self._out), "".join(self._err), was_killed)

    def orphans(self) -> list[str]:
        """Returns the processes that still run after some seconds, and ends them."""
        deadline_s = time.monotonic() + _ORPHAN_S
        while (left := self._others()) and time.monotonic() < deadline_s:
            time.sleep(0.05)
        names = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in left]
        self._kill_all()
        return names

    def _read(self, stream: IO[str], kept: list[str]) -> None:
        for line in stream:
            kept.append(line)
            if kept is self._out:
                self._lines.put(line)
        stream.close()
        if kept is self._out:
            self._lines.put(None)

    def _wait_for(self, after: str, patience_s: float) -> None:
        deadline_s = time.monotonic() + patience_s
        while after and time.monotonic() < deadline_s:
            try:
                line = self._lines.get(timeout=0.2)
            except queue.Empty:
                continue
            if line is None or after in line:
                return

    def _ended_within(self, seconds: float) -> bool:
        try:
            self._process.wait(max(0.001, seconds))
        except subprocess.TimeoutExpired:
            return False
        return True

    def _send(self, kill: Kill) -> bool:
        """Sends the signal; returns False where the victim does not run at this moment."""
        victims = self._victims(kill.victim)
        for pid in victims:
            try:
                os.kill(pid, kill.number)
            except ProcessLookupError:
                continue
        return bool(victims)

    def _victims(self, victim: str) -> list[int]:
        own, others = self._process.pid, self._others()
        match victim:
            case "orchestrator":
                return [own]
            case "uv":
                return [pid for pid in others if _name(pid) == "uv"] or [own]
            case "stage":
                return [pid for pid in others if _name(pid) != "uv"] or [own]
            case _:
                return [*others, own]

    def _others(self) -> list[int]:
        """Returns the processes of the command besides the orchestrator."""
        mark = f"{MARK}={self._mark}".encode()
        found: list[int] = []
        for folder in Path("/proc").glob("[0-9]*"):
            pid = int(folder.name)
            try:
                if pid != self._process.pid and mark in (folder / "environ").read_bytes():
                    found.append(pid)
            except OSError:
                continue  # of another user, or just ended
        return found

    def _kill_all(self) -> None:
        for pid in [*self._others(), self._process.pid]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""
