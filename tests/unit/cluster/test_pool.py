"""Which processes run on a cluster: as many as there are calls and room for, and never more."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from fake_machines import Call, Clock, FakeMachines, Process

from indicsubs_cluster.demands import Demand
from indicsubs_cluster.pool import StagePool, StageWorker
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName

ONE = Demand(1, 0, 100)
"""A stage without an engine."""
ENGINE = Demand(4, 0, 400)
GPU = Demand(1, 0.5, 200)
MACHINE = Demand(4, 0, 1000)
GPU_MACHINE = Demand(4, 1, 1000)

DEMUX, ASR, MUX, TRANSLATION = (
    StageName.DEMUX,
    StageName.ASR,
    StageName.MUX,
    StageName.INDICTRANS2_TRANSLATION,
)


class Cluster:
    """A pool on fake machines, whose time the test moves."""

    def __init__(self, **rooms: Demand) -> None:
        self.clock = Clock()
        self.machines = FakeMachines(self.clock, dict(rooms))
        self.pool: StagePool[Process] = StagePool(self.machines, self.clock)
        self.calls: list[Call] = []

    def call(self, stage: StageName, film: int = 1, demand: Demand = ONE, at: str = "") -> Call:
        self.calls.append(call := Call(self.pool, stage, film, demand, at))
        return call

    def advance(self, seconds: float) -> None:
        """Lets time pass, with ten ticks a second."""
        for _ in range(round(seconds * 10)):
            self.clock.now_s += 0.1
            self.pool.tick()
            time.sleep(0.001)  # the calls take what there is

    def served(self, call: Call) -> StageWorker[Process]:
        """The process of a call, which gets one within a minute."""
        for _ in range(600):
            if call.served.wait(0.002):
                break
            self.advance(0.1)
        assert call.error is None, call.error
        assert call.worker is not None, "the call was not served"
        return call.worker

    def refused(self, call: Call) -> IndicsubsError:
        for _ in range(600):
            if call.served.wait(0.002):
                break
            self.advance(0.1)
        assert call.error is not None
        return call.error

    def waits(self, call: Call, seconds: float = 3) -> bool:
        """Whether a call still has no process after a time."""
        self.advance(seconds)
        return not call.served.wait(0.05)

    def idle(self, stage: StageName, demand: Demand = ONE) -> StageWorker[Process]:
        """A process that has served a call, and waits for another."""
        worker = self.served(self.call(stage, demand=demand))
        self.advance(0.1)
        self.pool.give_back(worker)
        return worker


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    yield from made(Cluster(a=MACHINE))


@pytest.fixture
def two() -> Iterator[Cluster]:
    yield from made(Cluster(a=MACHINE, b=MACHINE))


@pytest.fixture
def with_gpu() -> Iterator[Cluster]:
    yield from made(Cluster(a=GPU_MACHINE))


def made(cluster: Cluster) -> Iterator[Cluster]:
    yield cluster
    cluster.pool.close()
    assert not cluster.machines.live, "every process ends with the run"
    for call in cluster.calls:
        call.thread.join(10)
        assert not call.thread.is_alive(), "no call waits for ever"


def test_a_call_gets_a_process_on_a_machine(cluster: Cluster) -> None:
    worker = cluster.served(cluster.call(ASR))
    assert worker.machine == "a"
    assert worker.is_busy
    assert worker.demand == ONE


def test_a_process_that_is_free_is_used_again(cluster: Cluster) -> None:
    first = cluster.idle(ASR)
    assert cluster.served(cluster.call(ASR, film=2)) is first
    assert len(cluster.machines.asked) == 1


def test_the_process_used_last_is_taken_unless_another_machine_has_the_film(two: Cluster) -> None:
    calls = [two.call(ASR, demand=ENGINE) for _ in range(2)]
    workers = {worker.machine: worker for worker in map(two.served, calls)}
    assert sorted(workers) == ["a", "b"]
    for machine in ("a", "b"):
        two.advance(1)
        two.pool.give_back(workers[machine])
    worker = two.served(two.call(ASR, demand=ENGINE))
    assert worker.machine == "b"
    two.pool.give_back(worker)
    assert two.served(two.call(ASR, demand=ENGINE, at="a")).machine == "a"


def test_a_process_is_of_one_stage(cluster: Cluster) -> None:
    first = cluster.idle(DEMUX)
    assert cluster.served(cluster.call(MUX)) is not first
    assert len(cluster.machines.live) == 2


def test_each_call_that_waits_gets_a_process_as_far_as_there_is_room(cluster: Cluster) -> None:
    calls = [cluster.call(DEMUX, film) for film in range(1, 7)]
    cluster.advance(2)
    assert [call.worker is not None for call in calls] == [True] * 4 + [False] * 2
    assert len(cluster.machines.asked) == 4, "Ray is not asked for what has no room"
    cluster.pool.give_back(cluster.served(calls[0]))
    cluster.served(calls[4])
    assert len(cluster.machines.asked) == 4


def test_films_are_served_in_their_order(cluster: Cluster) -> None:
    busy = [cluster.served(cluster.call(DEMUX, film)) for film in range(1, 5)]
    third, first, second = (cluster.call(DEMUX, film) for film in (9, 5, 7))
    order: list[Call] = []
    for worker in busy[:3]:
        cluster.pool.give_back(worker)
        (now,) = set(served_of([first, second, third])) - set(order)
        order.append(now)
    assert order == [first, second, third]


def served_of(calls: list[Call], seconds: float = 5) -> list[Call]:
    """The calls that are served, as soon as one more is."""
    before = sum(call.served.is_set() for call in calls)
    deadline = time.monotonic() + seconds
    while sum(call.served.is_set() for call in calls) == before:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    time.sleep(0.02)
    return [call for call in calls if call.served.is_set()]


def test_a_process_that_has_just_started_goes_to_its_call(cluster: Cluster) -> None:
    """The tick that notices the start comes before the call's thread can take the process."""
    cluster.idle(DEMUX, Demand(3, 0, 100))
    call = cluster.call(ASR, demand=ONE)
    cluster.pool.tick()
    cluster.clock.now_s += 1
    with cluster.pool._changed:  # the call's thread waits meanwhile
        for _ in range(3):
            cluster.pool.tick()
    assert len(cluster.machines.asked) == 2, "no second process for the same call"
    assert cluster.served(call).handle not in cluster.machines.stopped


def test_a_full_machine_serves_one_stage_after_the_other() -> None:
    """A process that has started for a call is never ended in favour of the same call."""
    cluster = Cluster(a=Demand(1, 0, 100))
    for stage in (DEMUX, ASR, MUX, DEMUX):
        worker = cluster.served(cluster.call(stage))
        cluster.pool.give_back(worker)
    assert len(cluster.machines.asked) == 4
    cluster.pool.close()


def test_a_call_for_a_gpu_does_not_hold_up_calls_for_the_cpu(with_gpu: Cluster) -> None:
    for film in (1, 2):
        with_gpu.served(with_gpu.call(ASR, film, GPU))
    waiting = with_gpu.call(ASR, 3, GPU)
    with_gpu.served(with_gpu.call(DEMUX, film=4))
    assert not waiting.served.is_set()


def test_the_room_of_a_call_that_waits_is_kept(with_gpu: Cluster) -> None:
    """Two cores are free: one is for the call that waits for a GPU, and one for another call."""
    for film in (1, 2):
        with_gpu.served(with_gpu.call(ASR, film, GPU))
    gpu = with_gpu.call(ASR, 3, GPU)
    first, second = (with_gpu.call(DEMUX, film) for film in (4, 5))
    with_gpu.served(first)
    assert with_gpu.waits(second)
    assert not gpu.served.is_set()


def test_small_calls_do_not_keep_a_large_one_waiting_for_ever(cluster: Cluster) -> None:
    worker = cluster.served(cluster.call(DEMUX, film=1))
    large = cluster.call(ASR, 2, ENGINE)
    small = cluster.call(MUX, film=3)
    assert cluster.waits(small), "its core is one of the four"
    cluster.pool.give_back(worker)
    cluster.served(large)


def test_the_process_idle_for_the_longest_time_makes_room(cluster: Cluster) -> None:
    old, new = cluster.idle(DEMUX, Demand(2, 0, 100)), cluster.idle(MUX, Demand(2, 0, 100))
    cluster.served(cluster.call(ASR, demand=Demand(2, 0, 100)))
    assert cluster.machines.stopped == [old.handle]
    cluster.served(cluster.call(TRANSLATION, demand=Demand(2, 0, 100)))
    assert cluster.machines.stopped == [old.handle, new.handle]


def test_no_process_ends_while_there_is_room(cluster: Cluster) -> None:
    cluster.idle(DEMUX)
    cluster.idle(MUX)
    cluster.served(cluster.call(ASR))
    assert not cluster.machines.stopped


def test_only_what_has_something_of_what_lacks_makes_room(with_gpu: Cluster) -> None:
    """An older process without a GPU stays: its end would give the call nothing."""
    cpu = with_gpu.idle(DEMUX)
    gpu = with_gpu.idle(TRANSLATION, Demand(1, 1, 100))
    with_gpu.served(with_gpu.call(ASR, 2, GPU))
    assert with_gpu.machines.stopped == [gpu.handle]
    assert cpu.handle in with_gpu.machines.live


def test_a_busy_process_never_makes_room(cluster: Cluster) -> None:
    busy = cluster.served(cluster.call(DEMUX, demand=MACHINE))
    assert cluster.waits(cluster.call(ASR, film=2), seconds=60)
    assert busy.handle in cluster.machines.live


def test_processes_make_room_one_at_a_time(cluster: Cluster) -> None:
    """Ray shows the room of an ended process a little later."""
    for stage in (DEMUX, MUX, TRANSLATION):
        cluster.idle(stage)
    cluster.advance(2)
    cluster.call(ASR, 2, ENGINE)
    cluster.advance(0.5)
    assert len(cluster.machines.stopped) == 1
    cluster.advance(1)
    assert len(cluster.machines.stopped) == 2


def test_free_parts_of_several_machines_are_put_together_after_a_while(two: Cluster) -> None:
    """Two cores are free on each machine; no machine has the four that the call needs."""
    for stage in (DEMUX, MUX):
        two.machines.rooms = dict(reversed(two.machines.rooms.items()))
        two.idle(stage, Demand(2, 0, 100))
    assert {process.machine for process in two.machines.live} == {"a", "b"}
    call = two.call(ASR, 2, ENGINE)
    assert two.waits(call, seconds=9)
    assert not two.machines.stopped, "it may start at any moment"
    two.served(call)
    assert len(two.machines.stopped) == 1


def test_a_process_whose_call_was_served_otherwise_is_withdrawn(cluster: Cluster) -> None:
    busy = cluster.served(cluster.call(DEMUX))
    call = cluster.call(DEMUX, film=2)
    cluster.advance(0.1)
    assert len(cluster.machines.live) == 2, "one more is on its way"
    cluster.pool.give_back(busy)
    assert cluster.served(call) is busy
    cluster.advance(0.1)
    assert [process.demand for process in cluster.machines.stopped] == [ONE]
    assert cluster.machines.live == [busy.handle]


def test_a_process_for_an_empty_cluster_is_asked_for_even_without_room() -> None:
    """A cluster that grows adds a machine only where something waits for one."""
    cluster = Cluster(a=Demand(1, 0, 100))
    call = cluster.call(ASR, demand=ENGINE)
    assert cluster.waits(call)
    cluster.machines.rooms["b"] = MACHINE
    assert cluster.served(call).machine == "b"
    cluster.pool.close()


def test_starts_that_fail_for_half_a_minute_are_a_clear_error(cluster: Cluster) -> None:
    cluster.machines.faults["a"] = "no module named indicsubs_cluster"
    calls = [cluster.call(ASR, film) for film in (1, 2)]
    for call in calls:
        error = cluster.refused(call)
        assert error.code is FailureCode.BROKEN_ENVIRONMENT
        assert error.message == (
            "Ray could not start a process for asr on cpu: no module named indicsubs_cluster"
        )
    assert len(cluster.machines.asked) >= 3


def test_a_later_call_tries_again(cluster: Cluster) -> None:
    cluster.machines.faults["a"] = "the disk is full"
    cluster.refused(cluster.call(ASR))
    del cluster.machines.faults["a"]
    cluster.served(cluster.call(ASR, film=2))


def test_other_stages_go_on_where_one_cannot_start(cluster: Cluster) -> None:
    worker = cluster.served(cluster.call(DEMUX))
    cluster.machines.faults["a"] = "the disk is full"
    cluster.refused(cluster.call(ASR))
    cluster.pool.give_back(worker)
    assert cluster.served(cluster.call(DEMUX, film=2)) is worker


def test_two_failed_starts_are_forgotten_after_a_start(cluster: Cluster) -> None:
    cluster.machines.faults["a"] = "a hiccup"
    call, other = cluster.call(ASR), cluster.call(ASR, film=2)
    while (failed := max(waiter.failed_starts for waiter in cluster.pool._waiters)) < 2:
        cluster.advance(0.1)
    assert failed == 2
    del cluster.machines.faults["a"]
    cluster.served(call)
    assert {waiter.failed_starts for waiter in cluster.pool._waiters} <= {0}
    cluster.served(other)


def test_a_machine_that_is_lost_counts_as_one_failed_start(two: Cluster) -> None:
    """Four processes are on their way there; their calls get others elsewhere."""
    del two.machines.rooms["b"]
    calls = [two.call(ASR, film) for film in range(1, 5)]
    two.advance(0.1)
    assert [process.machine for process in two.machines.live] == ["a"] * 4
    two.machines.lose("a", "the machine died")
    two.machines.rooms["b"] = MACHINE
    assert {two.served(call).machine for call in calls} == {"b"}


def test_a_call_waits_for_a_process_that_works_where_no_other_starts(two: Cluster) -> None:
    """One machine is broken: the other one serves all calls."""
    worker = two.served(two.call(ASR, demand=ENGINE))
    assert worker.machine == "a"
    two.machines.faults["b"] = "no space left on device"
    call = two.call(ASR, 2, ENGINE)
    assert two.waits(call, seconds=40)
    asked = len(two.machines.asked)
    assert two.waits(call, seconds=40)
    assert len(two.machines.asked) == asked < 10, "it is not tried for ever"
    two.pool.give_back(worker)
    assert two.served(call) is worker
    last = two.call(ASR, 3, ENGINE)
    assert two.waits(last, seconds=40)
    two.pool.discard(worker)
    two.machines.faults["a"] = "the same"
    assert "no space left" in two.refused(last).message


def test_a_process_that_does_not_answer_is_ended_and_its_room_used(cluster: Cluster) -> None:
    worker = cluster.served(cluster.call(ASR, demand=ENGINE))
    call = cluster.call(ASR, 2, ENGINE)
    assert cluster.waits(call)
    cluster.pool.discard(worker)
    assert cluster.machines.stopped == [worker.handle]
    assert cluster.served(call) is not worker


def test_after_the_end_nothing_starts_and_calls_that_wait_are_interrupted(
    cluster: Cluster,
) -> None:
    worker = cluster.served(cluster.call(ASR, demand=ENGINE))
    waiting = cluster.call(DEMUX, film=2)
    cluster.pool.close()
    assert cluster.refused(waiting).code is FailureCode.INTERRUPTED
    cluster.advance(1)
    assert cluster.machines.asked == [worker.handle]
    cluster.pool.discard(worker)  # its call notices that it is gone
    assert cluster.machines.stopped == [worker.handle]
    with pytest.raises(IndicsubsError, match="leaves the cluster"):
        cluster.pool.take(ASR, 3, ONE)


class Library:
    """Films that go through all stages, each in a thread of its own; some processes die."""

    STAGES = ((DEMUX, ONE), (ASR, GPU), (TRANSLATION, ENGINE), (MUX, ONE))

    def __init__(self, cluster: Cluster, films: int, seed: int) -> None:
        self.cluster = cluster
        self.served: Counter[int] = Counter()
        self.errors: list[Exception] = []
        self.threads = [
            threading.Thread(target=self._film, args=(film, seed), daemon=True)
            for film in range(films)
        ]

    def _film(self, film: int, seed: int) -> None:
        chance, machine = random.Random(seed * 1000 + film), ""
        try:
            for stage, demand in self.STAGES:
                while not (machine := self._request(film, stage, demand, machine, chance)):
                    pass
                self.served[film] += 1
        except Exception as error:
            self.errors.append(error)

    def _request(
        self, film: int, stage: StageName, demand: Demand, machine: str, chance: random.Random
    ) -> str:
        """Returns the machine that has served a request; nothing where it was lost."""
        pool, clock = self.cluster.pool, self.cluster.clock
        kind = f"{stage} on {'cuda' if demand.gpus else 'cpu'}"
        worker = pool.take(kind, film, demand, machine)
        assert (worker.kind, worker.demand) == (kind, demand)
        until = clock() + chance.uniform(0, 3)
        while clock() < until:
            time.sleep(0.001)
        if chance.random() < 0.1 or worker.machine not in self.cluster.machines.rooms:
            pool.discard(worker)
            return ""
        pool.give_back(worker)
        return worker.machine


def require_order(cluster: Cluster) -> None:
    """Checks what holds after each tick."""
    pool, machines = cluster.pool, cluster.machines
    starting = Counter(worker.kind for worker in pool._workers if not worker.machine)
    waiting = Counter(waiter.kind for waiter in pool._waiters)
    assert starting <= waiting, "no more processes than calls"
    assert {worker.handle for worker in pool._workers} == set(machines.live), "none is forgotten"
    for name in machines.rooms:
        assert all(part >= 0 for part in machines.free_on(name)), f"{name} has more than its room"


@pytest.mark.parametrize("seed", range(4))
def test_every_request_of_many_films_is_served(seed: int) -> None:
    """Of three machines one is lost on the way, and another one joins."""
    cluster = Cluster(a=MACHINE, b=GPU_MACHINE, c=GPU_MACHINE)
    library = Library(cluster, 30, seed)
    for thread in library.threads:
        thread.start()
    steps, deadline = 0, time.monotonic() + 60
    while any(thread.is_alive() for thread in library.threads):
        assert time.monotonic() < deadline, library.served
        steps += 1
        with cluster.pool._changed:
            cluster.clock.now_s += 0.1
            cluster.pool.tick()
            require_order(cluster)
            if steps == 50:
                cluster.machines.lose("c", "its power failed")
            if steps == 150:
                cluster.machines.rooms["d"] = GPU_MACHINE
        time.sleep(0.001)
    cluster.pool.close()
    assert not library.errors
    assert library.served == dict.fromkeys(range(30), len(Library.STAGES))
    assert steps > 150
    assert not cluster.machines.live
