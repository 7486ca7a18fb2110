"""Machines of a cluster as the pool of processes sees them, without Ray and without time."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from indicsubs_cluster.demands import Demand
from indicsubs_cluster.pool import StagePool, StageWorker, StartError
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.stages import StageName


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(eq=False)
class Process:
    """A process that was asked for."""

    demand: Demand
    machine: str = ""
    """Where it has its room; empty while it waits for some."""
    ready_s: float = 0.0
    """When it will have started."""
    error: str = ""
    """Why it is lost."""


@dataclass
class FakeMachines:
    """Gives each process the first machine with room, in the order in which they were asked for."""

    clock: Clock
    rooms: dict[str, Demand]
    start_s: float = 0.3
    """How long a process takes to start once it has room."""
    faults: dict[str, str] = field(default_factory=dict)
    """Machines on which no process can start, each with the reason."""
    asked: list[Process] = field(default_factory=list)
    """Every process that was ever asked for."""
    stopped: list[Process] = field(default_factory=list)

    @property
    def live(self) -> list[Process]:
        return [process for process in self.asked if process not in self.stopped]

    def start(self, demand: Demand) -> Process:
        self.asked.append(process := Process(demand))
        self.place()
        return process

    def machine_of(self, handle: Process) -> str | None:
        self.place()
        if error := handle.error or self.faults.get(handle.machine):
            raise StartError(error)
        return handle.machine if handle.machine and self.clock() >= handle.ready_s else None

    def stop(self, handle: Process) -> None:
        assert handle not in self.stopped, "it is ended once"
        self.stopped.append(handle)

    def free(self) -> Demand:
        self.place()
        parts = [self.free_on(name) for name in self.rooms]
        cpus, gpus, memory = (sum(each) for each in zip(*parts, strict=True))
        return Demand(cpus, gpus, memory)

    def free_on(self, machine: str) -> Demand:
        free = self.rooms[machine]
        for process in self.live:
            if process.machine == machine and not process.error:
                free = free.without(process.demand)
        return free

    def place(self) -> None:
        """Gives room to the processes that wait for some."""
        for process in self.live:
            for name in self.rooms:
                if not process.machine and process.demand.fits(self.free_on(name)):
                    process.machine = name
                    process.ready_s = self.clock() + self.start_s

    def lose(self, machine: str, reason: str) -> None:
        """Ends a machine; what still starts there is lost."""
        del self.rooms[machine]
        for process in self.live:
            if process.machine == machine:
                process.error = reason


class Call:
    """A call that takes a process in a thread of its own."""

    def __init__(
        self,
        pool: StagePool[Process],
        stage: StageName,
        film: int,
        demand: Demand,
        machine: str = "",
    ) -> None:
        self.worker: StageWorker[Process] | None = None
        self.error: IndicsubsError | None = None
        self.served = threading.Event()
        self._take: Callable[[], StageWorker[Process]] = lambda: pool.take(
            f"{stage} on {'cuda' if demand.gpus else 'cpu'}", film, demand, machine
        )
        self.thread = threading.Thread(target=self._run, daemon=True)
        before = len(pool._waiters)
        self.thread.start()
        while not self.served.is_set() and len(pool._waiters) <= before:
            self.served.wait(0.001)  # until it waits, too: calls come in the order of the test

    def _run(self) -> None:
        try:
            self.worker = self._take()
        except IndicsubsError as error:
            self.error = error
        self.served.set()
