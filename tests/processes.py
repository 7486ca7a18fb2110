"""Which processes are still there."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path


def assert_gone(pids: list[int]) -> None:
    """Fails if one of the processes is still running after ten seconds."""
    deadline = time.monotonic() + 10
    while any(alive(pid) for pid in pids):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return True
    return stat.read_text().rpartition(")")[2].split()[0] != "Z"


def kill_an_orchestrator(module: Path, job: Path) -> list[int]:
    """Lets a process call a stage that hangs, kills that process, and names the stage's processes.

    The process dies by SIGKILL and can do nothing about it. ``module`` is a test module with
    ``run_stage``, ``launch`` and ``asr_manifest``.
    """
    code = (
        f"import sys; from pathlib import Path; import {module.stem} as t\n"
        "job = Path(sys.argv[1])\n"
        "show = lambda message: print(message.note, flush=True)\n"
        "t.run_stage(t.launch(job), t.asr_manifest(job, 'hang:kill'), show)\n"
    )
    paths = os.pathsep.join([str(module.parent), str(Path(__file__).parent)])
    with subprocess.Popen(
        [sys.executable, "-c", code, str(job)],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": paths},
    ) as orchestrator:
        assert orchestrator.stdout
        pids = [int(pid) for pid in orchestrator.stdout.readline().split()]
        orchestrator.send_signal(signal.SIGKILL)
    return pids


def processes_marked(mark: str) -> Iterator[int]:
    """Processes that have ``mark`` in their environment variables (Linux)."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            marked = mark.encode() in (folder / "environ").read_bytes()
            zombie = (folder / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:
            continue  # it has ended, or belongs to another user
        if marked and not zombie and int(folder.name) != os.getpid():
            yield int(folder.name)
