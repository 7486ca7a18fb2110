"""Nodes, stages, the connection and the command are killed at random: no film is lost or changed.

INDICSUBS_KILLS and INDICSUBS_SEED set the number of kills and what chance does.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cluster_of_nodes import ROOT, Nodes, command, files_of, nodes_of
from processes import processes_marked

from benchmarks.cluster import OPTIONS, write_films

FILMS = 12
KILLS = int(os.environ.get("INDICSUBS_KILLS", "4"))
SEED = int(os.environ.get("INDICSUBS_SEED", "11"))
MARK = "INDICSUBS_CLUSTER_KILLS"
PROGRAM = (sys.executable, str(ROOT / "benchmarks" / "sleeping_command.py"))


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with films; only their sleep takes time."""
    with TemporaryDirectory(prefix="kills-") as name:
        write_films(Path(name) / "films", FILMS)
        yield Path(name)


def test_no_kill_costs_a_film_or_changes_a_subtitle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MARK, folder.name)
    alone = subprocess.run([*PROGRAM, *run(folder, "alone")], capture_output=True, check=False)
    assert alone.returncode == 0, alone.stdout + alone.stderr
    with nodes_of(3) as nodes:
        kills = Kills(nodes, random.Random(SEED))
        arguments = (*run(folder, "cluster"), "--on", nodes.address)
        while kills.done < KILLS:
            with command(*arguments, program=PROGRAM) as running:
                kills.during(running)
        for _ in range(3):  # a request whose process dies twice fails its film
            with command(*arguments, program=PROGRAM) as running:
                out, _ = running.communicate(timeout=120)
            if running.returncode == 0:
                break
        assert running.returncode == 0, f"seed {SEED}: {kills.log}\n{out}"
    assert files_of(folder / "cluster") == files_of(folder / "alone"), f"{SEED}: {kills.log}"
    assert len(files_of(folder / "alone")) == 3 * FILMS
    wait_for_the_end_of(list(processes_marked(f"{MARK}={folder.name}")))


def run(folder: Path, name: str) -> tuple[str, ...]:
    sleep = ("--initial-prompt", "sleep:1")
    places = ("--output", str(folder / f"{name}-jobs"), "--into", str(folder / name))
    return ("run", str(folder / "films"), *OPTIONS, *sleep, *places)


@dataclass
class Kills:
    """Kills something of a cluster, or the command, at a random moment."""

    nodes: Nodes
    chance: random.Random
    done: int = 0

    def __post_init__(self) -> None:
        self.log: list[str] = []
        self._names = ["node-0", "node-1", "node-2"]
        self._started = 3

    def during(self, running: "subprocess.Popen[str]") -> None:
        """Kills until the command has ended, or the number is reached."""
        ways: list[Callable[[], str]] = [
            self._node,
            lambda: self._process("fake_stages.py"),
            lambda: self._process("indicsubs_cluster\0"),
            lambda: self._command(running),
        ]
        while self.done < KILLS and running.poll() is None:
            time.sleep(self.chance.uniform(1, 8))
            if running.poll() is None and (killed := self.chance.choice(ways)()):
                self.done += 1
                self.log.append(killed)

    def _node(self) -> str:
        """Kills a node, and adds another in its place."""
        name = self._names.pop(self.chance.randrange(3))
        self.nodes.kill(name)
        self.nodes.add()
        self._names.append(f"node-{self._started}")
        self._started += 1
        return name

    def _process(self, part: str) -> str:
        """Kills a process whose command has a part; nothing where there is none."""
        found = [pid for pid in processes_marked(MARK) if part in command_line(pid)]
        if not found:
            return ""
        os.kill(self.chance.choice(sorted(found)), signal.SIGKILL)
        return part

    def _command(self, running: "subprocess.Popen[str]") -> str:
        running.kill()
        running.wait()
        return "command"


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def wait_for_the_end_of(pids: list[int]) -> None:
    deadline = time.monotonic() + 30
    while left := [pid for pid in pids if command_line(pid)]:
        assert time.monotonic() < deadline, [command_line(pid) for pid in left]
        time.sleep(0.2)
