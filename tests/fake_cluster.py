"""A cluster without Ray: a process that speaks with the orchestrator as the real one does.

The address says how it behaves; stages are the fake ones, in threads of this process. Every line
that it gets is in its log.
"""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import fake_stages
import msgspec
import pytest

from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.workspace import Workspace
from indicsubs.run.cluster_processes import LOG_FILE
from indicsubs_contract.context import Context
from indicsubs_contract.engines import CLUSTER, environment_names
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import (
    CallAnswer,
    CallBegun,
    CallNote,
    CallProgress,
    ClusterMachine,
    Connect,
    Connected,
    Refused,
    StageCall,
    ToCluster,
)
from indicsubs_contract.messages.envelope import Failure, Result
from indicsubs_contract.wire import decode_to_cluster, encode_line

_writing = threading.Lock()


def install(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives a workspace of ``fake_workspace`` an environment that is this cluster."""
    folder = workspace.root / "venv" / CLUSTER
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").touch()
    digest = EnvironmentManager(workspace.root)._lock_digest(CLUSTER)
    (folder / ".indicsubs-ready").write_text(digest)
    stages = EnvironmentManager.python_command

    def command(self: EnvironmentManager, name: str, *arguments: str) -> list[str]:
        if name == CLUSTER:
            return [sys.executable, __file__]
        return stages(self, name, *arguments)

    monkeypatch.setattr(EnvironmentManager, "python_command", command)


def received(workspace: Workspace) -> list[ToCluster]:
    """The lines that the cluster has got so far."""
    lines = (workspace.cache / LOG_FILE).read_bytes().splitlines()
    return [decode_to_cluster(line) for line in lines if line.startswith(b'{"type"')]


def calls(workspace: Workspace) -> list[StageCall]:
    """The requests that the cluster has got so far."""
    return [line for line in received(workspace) if isinstance(line, StageCall)]


def machine(name: str, environments: tuple[str, ...] = environment_names()) -> ClusterMachine:
    return ClusterMachine(
        name=name, cpus=2, gpus=0, memory_bytes=8 << 30, environments=environments
    )


def main() -> None:
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)

    def answer(message: msgspec.Struct) -> None:
        with _writing:
            answers.write(encode_line(message))

    connect = _next_line()
    assert isinstance(connect, Connect)
    match connect.address.partition(":"):
        case ("refuse", _, code):
            text = "No Ray answers there. Start it."
            answer(Refused(failure=Failure(code=FailureCode(code), message=text)))
            return
        case ("die", _, _):
            sys.exit("ray: no such library")
        case ("nonsense", _, _):
            answers.write(b"Welcome to Ray!\n")
            return
        case ("silent", _, _):
            time.sleep(600)
        case ("poor", _, _):
            answer(Connected(machines=(machine("kaveri"), machine("ganga", ("common",)))))
        case _:
            answer(Connected(machines=(machine("kaveri"), machine("ganga"))))
    while (line := _next_line()) is not None:
        if isinstance(line, StageCall):
            threading.Thread(target=_run, args=(line, answer), daemon=True).start()
    if connect.address == "slow to leave":
        time.sleep(600)


def _next_line() -> ToCluster | None:
    line = sys.stdin.buffer.readline()
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()
    return decode_to_cluster(line) if line else None


def _run(call: StageCall, answer) -> None:
    prompt = getattr(call.manifest.request, "initial_prompt", "") or ""
    if prompt == "wait for a machine":
        return
    name = "kaveri" if call.film % 2 else "ganga"
    answer(CallBegun(number=call.number, machine=name))
    if prompt == "lose the connection":
        os.kill(os.getpid(), signal.SIGKILL)
    if prompt == "garble":
        os.write(1, b"")
        answer(Connect(address="this is no answer"))
        return
    if prompt == "move":
        answer(CallNote(number=call.number, text=f"{name} was lost; another gets the request."))
        answer(CallBegun(number=call.number, machine="yamuna"))
    if prompt == "hang":
        time.sleep(600)
    context = Context(
        call.stage,
        Path(call.manifest.job),
        call.manifest.output,
        lambda progress: answer(CallProgress(number=call.number, progress=progress)),
    )
    context.folder.mkdir(parents=True, exist_ok=True)
    try:
        result = fake_stages.run(call.manifest.request, context)
    except IndicsubsError as error:
        failure = Failure(code=error.code, message=error.message)
        answer(CallAnswer(number=call.number, answer=failure))
        return
    answer(CallAnswer(number=call.number, answer=Result(result=result, peak_memory_bytes=5)))


if __name__ == "__main__":
    main()
