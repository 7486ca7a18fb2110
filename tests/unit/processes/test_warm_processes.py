"""Warm processes: loaded once, equal results, one lost request at most, memory and turns."""

import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fake_stages import asr_manifest, preparation
from msgspec import structs
from processes import alive, assert_gone
from stage_launches import ignore, launch, preparing

from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_processes.process_limits import Limits
from indicsubs_processes.runner import StageFailure, read_answer, run_stage
from indicsubs_processes.stage_process import Program, StageProcess
from indicsubs_processes.warm_processes import WarmProcesses

LOG = logging.getLogger("test")
ROOMY = Limits(slots={"cpu": 2}, memory_bytes={})


def pool_of(tmp_path: Path, limits: Limits = ROOMY) -> WarmProcesses:
    return WarmProcesses(limits, tmp_path / "warm")


@pytest.fixture
def pool(tmp_path: Path) -> Iterator[WarmProcesses]:
    found = pool_of(tmp_path)
    yield found
    found.close()
    assert not list((tmp_path / "warm").glob("*")), "temporary files go with their process"


class Film:
    """A film's job, whose requests are served by warm processes."""

    def __init__(self, pool: WarmProcesses, job: Path, order: int = 0) -> None:
        job.mkdir(exist_ok=True)
        self.job, self.processes = job, pool.of_film(order, LOG)

    def run(self, behaviour: str = "", stage: StageName = StageName.ASR, **changes) -> Result:
        how = replace(launch(self.job), stage=stage, **changes)
        return self.processes.run(how, self.manifest(behaviour), changes.pop("seen", ignore))

    def manifest(self, behaviour: str = "") -> Manifest:
        return asr_manifest(self.job, f"pid+{behaviour}")

    @property
    def pids(self) -> list[int]:
        """The processes that served the film, as they wrote them in its log."""
        lines = (self.job / "logs" / "asr.log").read_text().splitlines()
        return [int(line.removeprefix("served by ")) for line in lines if "served by" in line]


def test_one_process_serves_film_after_film(pool: WarmProcesses, tmp_path: Path) -> None:
    films = [Film(pool, tmp_path / name) for name in ("a", "b", "c")]
    for film in films:
        film.run()
    (pid,) = {pid for film in films for pid in film.pids}
    assert alive(pid)
    pool.close()
    assert_gone([pid])


def test_its_results_are_those_of_processes_for_one_request(
    pool: WarmProcesses, tmp_path: Path
) -> None:
    film = Film(pool, tmp_path / "a")
    warm = [film.run() for _ in range(3)][-1]
    written = {p.name: sha256(p) for p in (film.job / "out").iterdir()}
    shutil.rmtree(film.job / "out")
    cold = run_stage(launch(film.job), film.manifest(), ignore)
    assert cold.result == warm.result
    assert written == {p.name: sha256(p) for p in (film.job / "out").iterdir()}


def test_a_process_that_dies_loses_one_request_which_is_repeated(
    pool: WarmProcesses, tmp_path: Path
) -> None:
    film = Film(pool, tmp_path / "a")
    film.run()
    (job := tmp_path / "b").mkdir()
    killed = Film(pool, job)
    (job / "out").mkdir()
    (job / "out" / "half").touch()
    killed.run(f"die once:{job / 'died'}")
    assert len({*film.pids, *killed.pids}) == 2
    assert killed.pids[0] == film.pids[0]
    assert not (job / "out" / "half").exists()


def test_a_request_that_kills_every_process_fails(pool: WarmProcesses, tmp_path: Path) -> None:
    film = Film(pool, tmp_path / "a")
    with pytest.raises(StageFailure, match="ended by SIGKILL") as failed:
        film.run("die:SIGKILL")
    assert failed.value.code is FailureCode.CRASHED
    assert len(set(film.pids)) == 2
    assert_gone(film.pids)
    film.run()


def test_a_process_that_died_meanwhile_is_replaced(pool: WarmProcesses, tmp_path: Path) -> None:
    film = Film(pool, tmp_path / "a")
    film.run()
    os.kill(film.pids[0], signal.SIGKILL)
    assert_gone(film.pids)
    film.run()
    assert len(set(film.pids)) == 2


def test_a_process_that_dies_before_it_reads_its_request_is_replaced(
    pool: WarmProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = Film(pool, tmp_path / "a")
    film.run()
    os.kill(film.pids[0], signal.SIGKILL)
    assert_gone(film.pids)
    with monkeypatch.context() as patch:
        patch.setattr(StageProcess, "is_waiting", True)
        film.run()
    assert len(set(film.pids)) == 2


def test_a_process_whose_thread_does_not_end_is_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs_processes.warm_processes.GRACE_SECONDS", 0.05)
    pool = pool_of(tmp_path)
    process = pool._take(0, launch(tmp_path)).process
    pool.close()
    assert process.popen.returncode is not None


def test_a_failure_ends_its_process_and_no_other_film(pool: WarmProcesses, tmp_path: Path) -> None:
    film = Film(pool, tmp_path / "a")
    with pytest.raises(StageFailure, match="do the other thing"):
        film.run("fail:bad_input")
    assert_gone(film.pids)
    film.run()
    assert len(set(film.pids)) == 2


def test_other_code_gets_another_process(pool: WarmProcesses, tmp_path: Path) -> None:
    film = Film(pool, tmp_path / "a")
    film.run(program=Program("old", "lock"))
    film.run(program=Program("old", "lock"))
    film.run(program=Program("new", "lock"))
    first, second, third = film.pids
    assert first == second != third
    assert_gone([first])


def test_a_process_that_says_more_than_its_answer_is_replaced(
    pool: WarmProcesses, tmp_path: Path
) -> None:
    film = Film(pool, tmp_path / "a")
    film.run("later")
    time.sleep(0.5)
    film.run()
    assert len(set(film.pids)) == 2


def test_an_interrupt_stops_every_request(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, Limits(slots={"cpu": 1}, memory_bytes={}))
    hanging, waiting = Film(pool, tmp_path / "a"), Film(pool, tmp_path / "b", order=1)
    seen: list[Progress] = []
    errors: list[StageFailure] = []

    def run(film: Film, behaviour: str) -> None:
        try:
            film.processes.run(launch(film.job), film.manifest(behaviour), seen.append)
        except StageFailure as failure:
            errors.append(failure)

    threads = [
        threading.Thread(target=run, args=(hanging, "hang:stop")),
        threading.Thread(target=run, args=(waiting, "")),
    ]
    threads[0].start()
    wait_until(lambda: bool(seen))
    threads[1].start()
    wait_until(lambda: bool(pool._turns))
    pool.close()
    for thread in threads:
        thread.join(10)
    assert [error.code for error in errors] == [FailureCode.INTERRUPTED] * 2
    assert_gone([int(pid) for pid in seen[0].note.split()])
    with pytest.raises(StageFailure, match="was stopped"):
        waiting.run()


def test_an_interrupt_in_the_thread_of_a_request_ends_its_process(
    pool: WarmProcesses, tmp_path: Path
) -> None:
    film = Film(pool, tmp_path / "a")

    def interrupt(_: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        film.processes.run(launch(film.job), film.manifest("hang:me"), interrupt)
    assert_gone(film.pids)


def test_a_process_is_prepared_for_the_first_film(pool: WarmProcesses, tmp_path: Path) -> None:
    film = Film(pool, tmp_path / "a")
    film.processes.prepare(launch(film.job), preparation("the model"))
    film.processes.prepare(launch(film.job), preparation("again"))
    (pid,) = preparing(film.job)
    film.processes.discard(StageName.ASR)
    film.run()
    assert film.pids == [pid]
    assert len(preparing(film.job)) == 1, "a process that is there is not prepared again"


# --- memory ------------------------------------------------------------------------------------

SIZE = 100_000_000


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each process says that it has used 100 MB."""

    def answer(*arguments, **options) -> Result:
        return structs.replace(read_answer(*arguments, **options), peak_memory_bytes=SIZE)

    monkeypatch.setattr("indicsubs_processes.warm_processes.read_answer", answer)


def stages(pool: WarmProcesses) -> set[StageName]:
    return {key.stage for key in pool._warm}


@pytest.mark.usefixtures("small")
def test_the_least_recently_used_process_makes_room(tmp_path: Path) -> None:
    limit = 400_000_000 + SIZE * 3 // 2  # a new process, and one that has shown its size
    pool = pool_of(tmp_path, Limits(slots={"cpu": 1}, memory_bytes={"cpu": limit}))
    film = Film(pool, tmp_path / "a")
    film.run(stage=StageName.ASR)
    film.run(stage=StageName.ALIGNMENT)
    film.run(stage=StageName.ASR)
    assert stages(pool) == {StageName.ASR, StageName.ALIGNMENT}
    film.run(stage=StageName.WITNESS)
    assert stages(pool) == {StageName.ASR, StageName.WITNESS}
    film.run(stage=StageName.MUX, model_bytes=10**12)
    assert stages(pool) == {StageName.MUX}, "alone, a stage may need more than the limit"
    pool.release_idle(unused_s=60)
    assert stages(pool) == {StageName.MUX}
    pool.close()


@pytest.mark.usefixtures("small")
def test_no_process_is_prepared_beside_others_that_need_the_memory(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, Limits(slots={"cpu": 1}, memory_bytes={"cpu": 405_000_000}))
    film = Film(pool, tmp_path / "a")
    film.run()
    mux = replace(launch(film.job), stage=StageName.MUX)
    film.processes.prepare(mux, preparation())
    assert stages(pool) == {StageName.ASR}
    pool.release_idle()
    film.processes.prepare(mux, preparation())
    assert stages(pool) == {StageName.MUX}
    pool.close()


@pytest.mark.usefixtures("small")
def test_memory_that_is_used_by_others_is_waited_for(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, Limits(slots={"cpu": 9}, memory_bytes={"cpu": 700_000_000}))
    first, second = Film(pool, tmp_path / "a"), Film(pool, tmp_path / "b", order=1)
    busy = threading.Event()

    def slow(_: Progress) -> None:
        busy.set()
        time.sleep(0.5)
        ended.append("first")

    ended: list[str] = []
    thread = threading.Thread(
        target=lambda: first.processes.run(launch(first.job), first.manifest(), slow)
    )
    thread.start()
    busy.wait()
    second.run(stage=StageName.MUX)
    ended.append("second")
    thread.join()
    assert ended == ["first", "second"]
    busy.clear()
    thread = threading.Thread(
        target=lambda: first.processes.run(launch(first.job), first.manifest(), slow)
    )
    thread.start()
    busy.wait()
    second.run(stage=StageName.MUX)
    ended.append("second")
    thread.join()
    assert ended[2:] == ["second", "first"], "a process that is there needs no more memory"
    pool.close()


def test_a_full_memory_is_emptied_once(tmp_path: Path) -> None:
    pool = pool_of(tmp_path)
    film = Film(pool, tmp_path / "a")
    film.run(stage=StageName.MUX)
    with pytest.raises(StageFailure) as failed:
        film.run("memory")
    assert failed.value.code is FailureCode.OUT_OF_MEMORY
    assert len(set(film.pids)) == 3
    assert stages(pool) == set()
    pool.close()


def test_a_gpu_has_a_memory_and_a_slot_of_its_own(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, Limits(slots={"cpu": 1, "cuda": 1}, memory_bytes={"cuda": 10**9}))
    film = Film(pool, tmp_path / "a")
    film.run(device="cuda", model_bytes=300_000_000)
    film.run(stage=StageName.MUX)
    film.run(stage=StageName.WITNESS, device="cuda", model_bytes=300_000_000)
    assert stages(pool) == {StageName.MUX, StageName.WITNESS}
    pool.close()


# --- turns -------------------------------------------------------------------------------------


def test_the_earliest_film_is_next_and_no_stage_has_two_processes(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, Limits(slots={"cpu": 2}, memory_bytes={}))
    films = [Film(pool, tmp_path / str(order), order) for order in range(4)]
    served: list[int] = []

    def run(film: Film, order: int) -> None:
        def note(_: Progress) -> None:
            served.append(order)
            time.sleep(0.3)

        film.processes.run(launch(film.job), film.manifest(), note)

    threads = [threading.Thread(target=run, args=(films[order], order)) for order in (0, 3, 2, 1)]
    threads[0].start()
    wait_until(lambda: bool(served))
    for thread in threads[1:]:
        thread.start()
        time.sleep(0.02)
    for thread in threads:
        thread.join()
    assert served == [0, 1, 2, 3]
    assert len({pid for film in films for pid in film.pids}) == 1
    pool.close()


def wait_until(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)
