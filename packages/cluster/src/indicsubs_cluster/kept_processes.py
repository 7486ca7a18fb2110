"""The processes of stages that an actor keeps, with their models loaded."""

from dataclasses import dataclass
from typing import NamedTuple

from indicsubs_contract.messages.envelope import Result
from indicsubs_processes.process_limits import estimated_memory
from indicsubs_processes.runner import start_stage
from indicsubs_processes.stage_process import StageLaunch, StageProcess


class _Work(NamedTuple):
    """What a process serves: a stage with its models, or all stages of an environment without."""

    environment: str
    stage: str


@dataclass
class _Kept:
    process: StageProcess
    memory_bytes: int
    """What the process is taken to need, and since its first answer what it used."""


class KeptProcesses:
    """The processes of stages that wait for further requests.

    Args:
        memory_bytes: The memory for all processes. The least recently used are ended where a new
            one would exceed it; one alone may.
    """

    def __init__(self, memory_bytes: int) -> None:
        self._memory_bytes = memory_bytes
        self._kept: dict[_Work, _Kept] = {}
        """The least recently used first."""

    def take(self, launch: StageLaunch) -> StageProcess:
        """Returns the process of a stage, which is started where there is none.

        It is not kept any more until :meth:`keep`.

        Raises:
            StageFailure, OSError: As :func:`~indicsubs_processes.runner.start_stage`.
        """
        kept = self._kept.pop(_work(launch), None)
        needed = _needed(launch) if kept is None else kept.memory_bytes
        if kept is not None and kept.process.is_waiting:
            self._make_room(needed)
            return kept.process
        if kept is not None:
            kept.process.end()
        self._make_room(needed)
        return start_stage(launch)

    def keep(self, launch: StageLaunch, process: StageProcess, result: Result) -> None:
        """Keeps a process that has answered."""
        self._make_room(result.peak_memory_bytes)
        self._kept[_work(launch)] = _Kept(process, result.peak_memory_bytes)

    def close(self) -> None:
        """Ends all processes that are kept."""
        self._make_room(self._memory_bytes + 1)

    def _make_room(self, needed_bytes: int) -> None:
        total = needed_bytes + sum(kept.memory_bytes for kept in self._kept.values())
        for work, kept in list(self._kept.items()):
            if total <= self._memory_bytes:
                return
            total -= kept.memory_bytes
            del self._kept[work]
            kept.process.end()


def _work(launch: StageLaunch) -> _Work:
    return _Work(launch.environment, launch.stage if launch.model_bytes else "")


def _needed(launch: StageLaunch) -> int:
    return estimated_memory(launch.device, launch.model_bytes)["cpu"]
