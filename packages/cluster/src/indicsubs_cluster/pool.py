"""Chooses which processes run on a cluster, and which call each of them gets.

The processes are the actors of Ray, each of which serves stages of its kind. Ray decides on which
machine a process runs. The pool decides how many there are of each kind: as many as calls wait for,
and as there is room for. Where there is no room, a process that has nothing to do makes place.
"""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from indicsubs_cluster.demands import Demand
from indicsubs_contract.errors import FailureCode, IndicsubsError

_PATIENCE_S: Final = 10.0
"""A process that has not started for so many seconds waits for room on a machine: the free parts
of several machines make no room."""
_BETWEEN_S: Final = 1.0
"""The time until Ray shows the room that an ended process has left."""
_HOPELESS_S: Final = 30.0
"""A call for which processes have failed to start for so many seconds waits for no further one.
Until Ray has noticed the loss of a machine, it chooses it for new processes, which fail."""
_LONGEST_PAUSE_S: Final = 8.0
"""The pause after a failed start is a second, and doubles up to this."""

Handle = TypeVar("Handle")


class Machines(Protocol[Handle]):
    """Starts and stops processes on the machines of a cluster."""

    def start(self, demand: Demand) -> Handle:
        """Asks for a process; it waits where no machine has room."""
        ...

    def machine_of(self, handle: Handle) -> str | None:
        """Returns the name of the machine that a process runs on; None until it has started.

        Raises:
            StartError: It cannot start.
        """
        ...

    def stop(self, handle: Handle) -> None:
        """Ends a process, or withdraws the wish for it."""
        ...

    def free(self) -> Demand:
        """Returns what is free on all machines together."""
        ...


class StartError(Exception):
    """A process could not start, or its machine was lost meanwhile."""


@dataclass(eq=False)
class StageWorker(Generic[Handle]):
    """A process on a machine of the cluster."""

    kind: str
    demand: Demand
    handle: Handle
    since_s: float
    """When it was asked for, or when its last call ended, on the monotonic clock."""
    machine: str = ""
    """The machine that it runs on; empty until it has started."""
    is_busy: bool = False


@dataclass(eq=False)
class _Waiter:
    """A call that waits for a process; those of earlier films come first."""

    order: tuple[int, int]
    kind: str
    demand: Demand
    machine: str
    """The machine that has the film's files already; empty where none does."""
    failed_starts: int = 0
    """The failed starts of such processes in succession, while the call waits."""
    first_failed_s: float = float("inf")
    """When the first of them failed."""
    failed_s: float = float("-inf")
    """When the last of them failed. What was asked for before then fails of the same fault, such as
    the loss of a machine on which many processes start."""
    error: str = ""

    def fail(self, now_s: float, error: str) -> None:
        """Notes a failed start."""
        self.failed_starts += 1
        self.first_failed_s = min(self.first_failed_s, now_s)
        self.failed_s, self.error = now_s, error

    def hope(self) -> None:
        """Forgets the failed starts."""
        self.failed_starts, self.first_failed_s = 0, float("inf")

    def has_given_up(self, now_s: float) -> bool:
        """Returns whether no further process is started for the call."""
        return now_s - self.first_failed_s >= _HOPELESS_S

    def pauses(self, now_s: float) -> bool:
        """Returns whether it is too early for another start."""
        if not self.failed_starts:
            return False
        return now_s - self.failed_s < min(2.0 ** (self.failed_starts - 1), _LONGEST_PAUSE_S)


class StagePool(Generic[Handle]):
    """The processes on a cluster; its methods may be called by several threads.

    :meth:`tick` has to be called several times a second.

    Args:
        machines: Starts and stops processes.
        clock: Returns the time in seconds.
    """

    def __init__(
        self, machines: Machines[Handle], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._machines, self._clock = machines, clock
        self._changed = threading.Condition()
        self._workers: list[StageWorker[Handle]] = []
        self._waiters: list[_Waiter] = []
        self._is_closed = False
        self._numbers = itertools.count()
        self._evicted_s = float("-inf")

    def take(self, kind: str, film: int, demand: Demand, machine: str = "") -> StageWorker[Handle]:
        """Returns a process for a call, as soon as there is one and it is the call's turn.

        Args:
            kind: What the process can serve; processes of one kind are alike.
            film: The number of the film; calls of films with lower numbers come first.
            demand: What a new process takes of a machine.
            machine: The machine to prefer.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where Ray cannot start such a process;
                ``INTERRUPTED`` after :meth:`close`.
        """
        waiter = _Waiter((film, next(self._numbers)), kind, demand, machine)
        with self._changed:
            self._waiters.append(waiter)
            try:
                while (worker := self._idle_for(waiter)) is None:
                    self._require_hope(waiter)
                    self._changed.wait()
            finally:
                self._waiters.remove(waiter)
                self._changed.notify_all()
            worker.is_busy = True
            return worker

    def give_back(self, worker: StageWorker[Handle]) -> None:
        """Lets a process serve another call."""
        with self._changed:
            worker.is_busy, worker.since_s = False, self._clock()
            self._changed.notify_all()

    def discard(self, worker: StageWorker[Handle]) -> None:
        """Ends a process that did not answer."""
        with self._changed:
            self._end(worker)

    def tick(self) -> None:
        """Notices what has started, and starts and ends processes as the calls need them."""
        with self._changed:
            if self._is_closed:
                return
            self._notice_started()
            self._withdraw_unneeded()
            self._start_missing()

    def close(self) -> None:
        """Ends all processes; no further one is started, and calls that wait fail."""
        with self._changed:
            self._is_closed = True
            for worker in list(self._workers):
                self._end(worker)
            self._changed.notify_all()

    def _idle_for(self, waiter: _Waiter) -> StageWorker[Handle] | None:
        """Returns a process for a call; None where there is none, or an earlier call waits."""
        same = self._waiting_for(waiter.kind)
        idle = [worker for worker in self._idle() if worker.kind == waiter.kind]
        if not idle or min(same, key=lambda other: other.order) is not waiter:
            return None
        # The last one used: the others can then be ended.
        return max(idle, key=lambda worker: (worker.machine == waiter.machine, worker.since_s))

    def _idle(self) -> list[StageWorker[Handle]]:
        return [worker for worker in self._workers if worker.machine and not worker.is_busy]

    def _spare(self) -> list[StageWorker[Handle]]:
        """Returns the idle processes that no call is about to take, the last one used first."""
        waiting = Counter(waiter.kind for waiter in self._waiters)
        spare: list[StageWorker[Handle]] = []
        for worker in sorted(self._idle(), key=lambda worker: worker.since_s, reverse=True):
            waiting[worker.kind] -= 1
            if waiting[worker.kind] < 0:
                spare.append(worker)
        return spare

    def _starting(self) -> list[StageWorker[Handle]]:
        return [worker for worker in self._workers if not worker.machine]

    def _require_hope(self, waiter: _Waiter) -> None:
        """Checks that a process can become free for a call.

        Raises:
            IndicsubsError: As :meth:`take`.
        """
        if self._is_closed:
            raise IndicsubsError(FailureCode.INTERRUPTED, "The run leaves the cluster.")
        others = any(worker.kind == waiter.kind and worker.machine for worker in self._workers)
        if waiter.has_given_up(self._clock()) and not others:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"Ray could not start a process for {waiter.kind}: {waiter.error}",
            )

    def _notice_started(self) -> None:
        for worker in self._starting():
            try:
                machine = self._machines.machine_of(worker.handle)
            except StartError as error:
                for waiter in self._waiting_for(worker.kind):
                    if worker.since_s >= waiter.failed_s:
                        waiter.fail(self._clock(), str(error))
                self._end(worker)
                continue
            if machine is not None:
                worker.machine, worker.since_s = machine, self._clock()
                for waiter in self._waiting_for(worker.kind):
                    waiter.hope()
                self._changed.notify_all()

    def _waiting_for(self, kind: str) -> list[_Waiter]:
        return [waiter for waiter in self._waiters if waiter.kind == kind]

    def _withdraw_unneeded(self) -> None:
        """Withdraws the processes that are still to start where their calls were served."""
        waiting = Counter(waiter.kind for waiter in self._waiters)
        waiting.subtract(worker.kind for worker in self._idle())  # a call is about to take them
        for worker in self._starting():
            waiting[worker.kind] -= 1
            if waiting[worker.kind] < 0:
                self._end(worker)

    def _start_missing(self) -> None:
        now_s = self._clock()
        coming = Counter(worker.kind for worker in self._workers if not worker.is_busy)
        missing: list[_Waiter] = []
        for waiter in sorted(self._waiters, key=lambda waiter: waiter.order):
            coming[waiter.kind] -= 1
            if waiter.has_given_up(now_s):
                self._changed.notify_all()
            elif coming[waiter.kind] < 0 and not waiter.pauses(now_s):
                missing.append(waiter)
        free = self._machines.free() if missing else Demand(0, 0, 0)
        for worker in self._starting():
            free = free.without(worker.demand)
        is_empty = not self._workers
        for waiter in missing:
            # With no process at all, Ray is asked for one: it may get another machine for it.
            if waiter.demand.fits(free) or is_empty:
                self._start(waiter)
                is_empty = False
            else:
                self._evict(waiter.demand.without(free))
            free = free.without(waiter.demand)  # later calls leave earlier ones their room
        if any(now_s - worker.since_s > _PATIENCE_S for worker in self._starting()):
            self._evict()

    def _start(self, waiter: _Waiter) -> None:
        handle = self._machines.start(waiter.demand)
        self._workers.append(StageWorker(waiter.kind, waiter.demand, handle, self._clock()))

    def _evict(self, lacking: Demand | None = None) -> None:
        """Ends the process that has had nothing to do for the longest time.

        Args:
            lacking: What a call lacks; the process has to have a part of it. None ends any process.
        """
        spare = [w for w in self._spare() if lacking is None or w.demand.has_of(lacking)]
        if spare and self._clock() - self._evicted_s >= _BETWEEN_S:
            self._evicted_s = self._clock()
            self._end(spare[-1])

    def _end(self, worker: StageWorker[Handle]) -> None:
        if worker in self._workers:  # and was not ended by close()
            self._workers.remove(worker)
            self._machines.stop(worker.handle)
            self._changed.notify_all()
