"""Clusters of several Ray nodes on this machine, and commands that use them."""

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import IO, cast

ROOT = Path(__file__).parents[1]
PYTHON = ROOT / "venv" / "cluster" / "bin" / "python"
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
"""The variables with which only these tests are let in."""
COMMAND = (sys.executable, "-m", "indicsubs")
TOKEN = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
"""The variables that give the nodes and the commands one token."""


class Nodes:
    """A Ray cluster of nodes on this machine, each with one core; see ``cluster_nodes``."""

    def __init__(self, process: "subprocess.Popen[str]", log: Path) -> None:
        self._log = log
        self._stdin, self._stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        addresses = json.loads(self._stdout.readline())
        self.address: str = addresses["ray"]
        """The address for programs on a machine of the cluster."""
        self.client_address: str = addresses["client"]
        """The address for programs on any machine."""

    def kill(self, name: str) -> None:
        """Kills a node with all that runs on it: ``node-0``, ``node-1``..."""
        self._say(f"kill {name}")

    def add(self) -> None:
        """Adds a node."""
        self._say("add")

    def _say(self, line: str) -> None:
        self._stdin.write(f"{line}\n")
        self._stdin.flush()
        assert self._stdout.readline() == "done\n", self._log.read_text()[-3000:]


@contextmanager
def nodes_of(
    count: int, *, gpus: int = 0, path: Path | None = None, hidden: Sequence[Path] = ()
) -> Iterator[Nodes]:
    """A cluster of ``count`` nodes, which ends with the block.

    Args:
        count: The number of nodes besides the head.
        gpus: The GPUs that Ray is told the last node has.
        path: A folder of programs for the nodes, before all others.
        hidden: Folders that the nodes see empty, as machines without shared storage do.
    """
    folder = Path(mkdtemp(prefix="ray-", dir="/tmp"))  # the names of Ray's sockets are long
    command = [
        str(PYTHON),
        str(ROOT / "tests" / "cluster_nodes.py"),
        str(folder),
        str(count),
        str(gpus),
    ]
    if hidden:
        mounts = "".join(f"mount -t tmpfs none '{path}' && " for path in hidden)
        command = ["unshare", "--mount", "sh", "-c", f'{mounts}exec "$@"', "sh", *command]
    try:
        with (
            (folder / "nodes.log").open("wb") as log,
            subprocess.Popen(
                command,
                env=os.environ | TOKEN | ({"PATH": f"{path}:{os.environ['PATH']}"} if path else {}),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            yield Nodes(process, folder / "nodes.log")
            cast("IO[str]", process.stdin).close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def command(
    *arguments: str | Path, program: Sequence[str] = COMMAND
) -> Iterator["subprocess.Popen[str]"]:
    """A running command of the program; it is killed if the block ends before it."""
    process = subprocess.Popen(
        [*program, *map(str, arguments)],
        env=os.environ | TOKEN,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(holds: Callable[[], bool], seconds: float = 120) -> None:
    """Waits until something holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def log_lines(jobs: Path, text: str) -> list[str]:
    """The lines of the logs of all jobs that contain a text."""
    logs = jobs.glob("[0-9]*/*/*/*/logs/pipeline.log")
    return [line for log in logs for line in log.read_text().splitlines() if text in line]


def files_of(folder: Path) -> dict[str, bytes]:
    """The content of every file in a folder, by its name."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
