"""The server as its own process, over fake stages: run as a script with the arguments of serve."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import fake_workspace
import pytest
import requests

from indicsubs.cli import console
from indicsubs.cli import main as cli
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.server.connections import GuardedConnection
from indicsubs.server.settings import ServerSettings

OPTIONS = ("--profile", "demo")
IMPATIENT = "--impatient"
"""Not an option of serve: clients are cut off after 1.5 s at the same rate, and 3 uploads may run
at once."""
TIMEOUT_S = 60


class FakeServer:
    """A running server."""

    def __init__(self, root: Path, *arguments: str, name: str = "server.log") -> None:
        self.log = root / name
        fake_workspace.copy_sources(root)
        script = [
            sys.executable,
            __file__,
            str(root),
            "serve",
            *OPTIONS,
            *(() if "--port" in arguments else ("--port", "0")),
            *arguments,
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(script, stdout=log, stderr=subprocess.STDOUT)
        self.port = self._wait_for_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def _wait_for_port(self) -> int:
        deadline_s = time.monotonic() + TIMEOUT_S
        while time.monotonic() < deadline_s:
            if found := re.search(r"Listening on \S+:(\d+)", self.log.read_text()):
                return int(found[1])
            assert self.process.poll() is None, self.log.read_text()
            time.sleep(0.02)
        raise AssertionError(self.log.read_text())

    def get(self, path: str, **options: object) -> requests.Response:
        return requests.get(self.url + path, **({"timeout": TIMEOUT_S} | options))

    def post(self, path: str, **options: object) -> requests.Response:
        return requests.post(self.url + path, **({"timeout": TIMEOUT_S} | options))

    def job(self, number: int) -> dict:
        return self.get(f"/jobs/{number}").json()

    def wait_for(self, number: int, *states: str) -> dict:
        """Waits until a job is in one of the states."""
        deadline_s = time.monotonic() + TIMEOUT_S
        while (found := self.job(number))["state"] not in states:
            assert time.monotonic() < deadline_s, found
            time.sleep(0.05)
        return found

    def connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
        connection.settimeout(TIMEOUT_S)
        return connection

    def memory_kib(self) -> int:
        """The resident memory of the server's own process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found
        return int(found[1])

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def running(root: Path, *arguments: str, **options: str) -> Iterator[FakeServer]:
    """Runs a server; it must end in peace."""
    server = FakeServer(root, *arguments, **options)
    try:
        yield server
        assert server.stop() == 0, server.log.read_text()
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def events(server: FakeServer, last: str = "") -> Iterator[tuple[str, str, dict]]:
    """The id, the kind and the data of each event."""
    headers = {"Last-Event-ID": last} if last else {}
    with server.get("/events", stream=True, headers=headers) as answer:
        found: dict[str, str] = {}
        for line in answer.iter_lines(decode_unicode=True):
            name, _, value = line.partition(": ")
            if not line and "event" in found:
                yield found["id"], found["event"], json.loads(found["data"])
                found = {}
            elif line:
                found[name] = value


def main(root: Path, arguments: list[str]) -> None:
    patches = pytest.MonkeyPatch()
    jobs = root / "out"
    is_new = not (root / "uv.lock").exists()
    if is_new:
        workspace = fake_workspace.build(root, patches)
    else:
        patches.setattr(
            EnvironmentManager,
            "python_command",
            lambda self, name, *rest: [sys.executable, fake_workspace.fake_stages.__file__],
        )
        workspace = fake_workspace.Workspace(root=root, jobs=jobs)
    patches.setattr(console, "find_workspace", lambda _: workspace)
    patches.setattr("indicsubs.cli.failures.find_workspace", lambda: workspace)
    patches.setattr(EnvironmentManager, "_is_as_locked", lambda *_: True)
    patches.setattr("indicsubs.library.work._TICK_S", 0.1)  # films are begun soon
    if IMPATIENT in arguments:
        arguments.remove(IMPATIENT)
        patches.setattr(GuardedConnection, "head_s", 1.5)
        patches.setattr(GuardedConnection, "answer_s", 1.5)
        patches.setattr(
            "indicsubs.server.settings.ServerSettings",
            partial(ServerSettings, period_s=1.5, least_bytes=6 * 1024, uploads_at_once=3),
        )
    cli.main(arguments)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
