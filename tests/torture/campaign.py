"""Rounds of kills: each command is killed several times, given again, and its files compared."""

import fcntl
import os
import random
import re
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from torture.kills import MOMENTS, Command, End, Kill, choose
from torture.products import Product

_PATIENCE_S = 600.0
_OWN = re.compile(r"/\.[^/]*(\.tmp|\.unfinished|\.replaced)$|/stages/\.|/\.published\.tmp$")
"""Names of files and folders that only a running command has."""


@dataclass
class Campaign:
    """Counts the kills, and keeps what went wrong."""

    product: Product
    base: Path
    """An empty folder for the jobs, the temporary files and the caches."""
    seed: int
    faults: list[str] = field(default_factory=list)
    kills: int = 0
    steps: ClassVar[int] = 3
    """The number of commands of a round, each of which needs those before it."""
    moments: ClassVar[tuple[str, ...]] = MOMENTS
    statuses: ClassVar[frozenset[int]] = frozenset({0, 70, 74, 75, 130})
    """The statuses that a command may end with whose stage, uv or own process got a signal."""

    def run(self, count: int, per_command: int, say: Callable[[str], None] = print) -> None:
        """Runs rounds until ``count`` kills have hit a running command.

        Args:
            count: The number of kills.
            per_command: The number of kills of a command before it is let to end.
            say: Called with a line after each command.
        """
        chooser = random.Random(self.seed)
        undisturbed = [self._undisturbed(step) for step in range(self.steps)]
        expected = [files for files, _ in undisturbed]
        number = 0
        while self.kills < count:
            self._begin()
            for step in range(self.steps):
                duration_s = undisturbed[step][1]
                for _ in range(min(per_command, count - self.kills)):
                    number += 1
                    self._kill(step, choose(chooser, duration_s, self.moments), number)
                self._finish(step, expected[step], number)
                say(f"{self.kills} kills, {len(self.faults)} faults")
                if self.kills >= count:
                    break

    def _command(self, step: int) -> Command:
        """Starts a command."""
        product = self.product
        variables = os.environ | product.variables
        variables |= {
            "TMPDIR": str(self._folder("tmp")),
            "XDG_CACHE_HOME": str(self.base / "cache"),
        }
        command = [*product.program, *self._arguments(step), "--output", str(self._jobs)]
        return Command(command, product.folder, dict(variables))

    def _arguments(self, step: int) -> tuple[str, ...]:
        """Returns a run, the import of a correction, or a run with another option."""
        product = self.product
        if step == 1:
            correction = ("import", str(self._correction()), "-l", "en", "--accept")
            return (*correction, "--job", self._first_job())
        targets = product.other if step else product.targets
        return ("run", product.film, *product.options, *targets)

    @property
    def _jobs(self) -> Path:
        return self.base / "jobs"

    def _folder(self, name: str) -> Path:
        (self.base / name).mkdir(parents=True, exist_ok=True)
        return self.base / name

    def _begin(self) -> None:
        shutil.rmtree(self._jobs, ignore_errors=True)

    def _first_job(self) -> str:
        return self._job_folders()[0].name

    def _job_folders(self) -> list[Path]:
        """Returns the folders of the jobs, the oldest first."""
        made = self._jobs.glob("[0-9]*/*/*/*/job.json")
        return [path.parent for path in sorted(made, key=lambda path: path.stat().st_mtime_ns)]

    def _correction(self) -> Path:
        """Returns a corrected subtitle file of the first job; it is made once."""
        path = self.base / "corrected.srt"
        if not path.exists():
            (made,) = self._jobs.glob("*/*/*/*/subtitles/*.eng.srt")
            text = made.read_text(encoding="utf-8")
            text = re.sub(r"(--> \S+\n).*", r"\1A corrected line.", text)
            path.write_text(text, encoding="utf-8")
        return path

    def _undisturbed(self, step: int) -> tuple[dict[str, bytes], float]:
        began_s = time.monotonic()
        command = self._command(step)
        end = command.end(None, _PATIENCE_S)
        if end.status != 0:
            raise AssertionError(f"The undisturbed command fails with {end.status}: {end.err}")
        return self._results(), time.monotonic() - began_s

    def _kill(self, step: int, kill: Kill, number: int) -> None:
        command = self._command(step)
        what = f"seed {self.seed}, kill {number} (command {step}): {kill}"
        try:
            end = command.end(kill, _PATIENCE_S)
        except TimeoutError as error:
            self.faults.append(f"{what}: {error}")
            return
        self.kills += end.was_killed
        self.faults += [f"{what}: {problem}" for problem in self._problems(kill, end)]
        self.faults += [f"{what}: still running: {name}" for name in command.orphans()]
        self.faults += [f"{what}: locked: {path}" for path in self._locked()]

    def _finish(self, step: int, expected: dict[str, bytes], number: int) -> None:
        what = f"seed {self.seed}, after kill {number} (command {step})"
        command = self._command(step)
        try:
            end = command.end(None, _PATIENCE_S)
        except TimeoutError as error:
            self.faults.append(f"{what}: given again: {error}")
            return
        if end.status != 0:
            self.faults.append(f"{what}: given again: status {end.status}: {end.err}{end.out}")
        results = self._results()
        for name in sorted(results.keys() | expected.keys()):
            if results.get(name) != expected.get(name):
                state = "is left" if name not in expected else "is missing"
                self.faults.append(
                    f"{what}: {name} {'differs' if name in results and name in expected else state}"
                )
        self.faults += [f"{what}: {path} is left" for path in self._litter()]

    def _results(self) -> dict[str, bytes]:
        """Returns what people see of the jobs, oldest first; the names of jobs do not count."""
        return {
            f"{index}/{path.relative_to(job)}": path.read_bytes()
            for index, job in enumerate(self._job_folders())
            for folder in ("subtitles", "edits")
            for path in sorted((job / folder).rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def _litter(self) -> list[str]:
        """Returns temporary files of the jobs, the caches and the folder of temporary files."""
        found = [str(path) for path in self.base.rglob("*") if _OWN.search(str(path))]
        partial = (self.base / "cache").rglob("*.partial")
        temporary = [
            path
            for path in self._folder("tmp").iterdir()
            if not path.name.startswith("uv-")  # a lock of uv's own, one for each project
        ]
        litter = [*found, *map(str, partial), *map(str, temporary)]
        shutil.rmtree(self.base / "tmp", ignore_errors=True)
        return litter

    def _locked(self) -> list[str]:
        locked: list[str] = []
        for path in self._jobs.rglob(".lock"):
            with path.open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    locked.append(str(path))
        return locked

    def _problems(self, kill: Kill, end: End) -> list[str]:
        """Returns what is wrong with the end of a command that was killed."""
        problems: list[str] = []
        if "Traceback" in end.err + end.out or "Exception ignored" in end.err:
            problems.append(f"a trace: {end.err}{end.out}")
        if not end.was_killed:
            return problems if end.status == 0 else [*problems, f"status {end.status}: {end.err}"]
        promised = set(self.statuses)
        if kill.number == signal.SIGKILL or not end.out:
            # Python itself, before the first line of the product runs, dies of any signal.
            promised.add(-kill.number)
        if end.status not in promised:
            problems.append(f"status {end.status}: {end.err}")
        return problems
