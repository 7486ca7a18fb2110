"""A thousand films through the ledger, with work that takes no time."""

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import fake_workspace
import pytest
from msgspec.structs import replace

from indicsubs.jobs.job import Job
from indicsubs.jobs.specification import JobFile
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.library.wishes import Wish, encode
from indicsubs.library.work import FilmOutcome, Work
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile

FILMS = 1000
ROUNDS = 8
"""How often runners are killed."""


class Maker:
    """Makes jobs of films without work; every tenth film fails, every eleventh has subtitles."""

    def __init__(self, jobs: Path, spec_of: Path) -> None:
        self.jobs = jobs
        self.spec = fake_workspace.spec(spec_of)

    def languages_inside(self, film: LedgerFilm, order: int) -> LanguagesInside:
        assert order > 0
        return {"full": ("en",)} if film.id % 11 == 0 else {}

    def make(self, film: LedgerFilm, wish: Wish, order: int) -> Job:
        assert wish.languages == ("en",)
        if film.id % 10 == 0:
            raise IndicsubsError(FailureCode.BAD_INPUT, f"{film.path} is not a film.")
        name = f"{order}"
        return Job(self.jobs / "2026/11/27" / name, JobFile(id=name, created="", spec=self.spec))

    def release(self) -> None: ...

    def stop(self) -> None: ...

    def explained(self, error: Exception) -> IndicsubsError:
        assert isinstance(error, IndicsubsError)
        return error


class Counted:
    """Counts the instructions of SQLite's machine for each film."""

    def __init__(self, ledger: Ledger) -> None:
        self.counts: list[int] = []
        self.states: dict[int, str] = {}
        self._steps = 0
        base = ledger._base  # pyright: ignore[reportPrivateUsage]
        base.set_progress_handler(self._step, 1)

    def _step(self) -> None:
        self._steps += 1

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None: ...

    def ended(self, outcome: FilmOutcome) -> None:
        self.states[outcome.film.id] = outcome.film.state
        self.counts.append(self._steps)
        self._steps = 0


@pytest.fixture
def library(tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    for number in range(FILMS):
        (folder / f"{number:04}.mkv").write_bytes(b"film")
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "out" / LEDGER_FILE)
    yield opened
    opened.close()


def wish_of(root: Path) -> str:
    spec = replace(fake_workspace.spec(root), source=SourceFile(path="", fingerprint=""))
    return encode(Wish(spec=spec))


def expected(number: int) -> str:
    if number % 11 == 0:
        return "skipped"
    return "failed" if number % 10 == 0 else "done"


@pytest.mark.parametrize("at_once", [1, 4])
def test_the_last_films_cost_no_more_than_the_first(
    tmp_path: Path, library: Path, ledger: Ledger, at_once: int
) -> None:
    wish = wish_of(tmp_path)
    ids = ledger.add((path, wish) for path in sorted(library.iterdir()))
    display = Counted(ledger)
    maker = Maker(tmp_path / "out", tmp_path)
    Work(ledger, maker, display, at_once=at_once, ids=ids).run()
    assert display.states == {number: expected(number) for number in ids}
    assert sum(display.counts[-100:]) <= 1.1 * sum(display.counts[:100])


def _runner(ledger_path: Path, root: Path, log: Path) -> None:
    """Works until no film waits; writes the end of each film."""

    class Log:
        def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None: ...

        def ended(self, outcome: FilmOutcome) -> None:
            with log.open("a") as file:
                file.write(f"{outcome.film.id} {outcome.film.state}\n")

    ledger = Ledger(ledger_path)
    Work(ledger, Maker(ledger_path.parent, root), Log(), at_once=2).run()
    ledger.close()


def test_two_runners_and_kills_do_each_film_and_lose_none(
    tmp_path: Path, library: Path, ledger: Ledger
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    wish = wish_of(tmp_path)
    ids = ledger.add((path, wish) for path in sorted(library.iterdir()))
    context = multiprocessing.get_context("spawn")
    logs = [tmp_path / f"log{number}" for number in range(2)]

    def start(log: Path) -> multiprocessing.process.BaseProcess:
        runner = context.Process(target=_runner, args=(ledger.path, tmp_path, log))
        runner.start()
        return runner

    runners = [start(log) for log in logs]
    kills = 0
    deadline = time.monotonic() + 240
    while ledger.waiting().films and time.monotonic() < deadline:
        time.sleep(chance.uniform(0.1, 0.6))
        if kills < ROUNDS:
            number = chance.randrange(2)
            pid = runners[number].pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            runners[number].join()
            kills += 1
            runners[number] = start(logs[number])
    for runner in runners:
        runner.join(max(0.0, deadline - time.monotonic()))
        assert runner.exitcode == 0, f"seed {seed}"
    assert kills, "the runners were faster than the first kill"
    _runner(ledger.path, tmp_path, logs[0])  # what the last killed runner had in hand
    states = {film.id: film.state for film in ledger.films()}
    assert states == {number: expected(number) for number in ids}, f"seed {seed}"
    ended = Counter(line for log in logs for line in log.read_text().splitlines())
    assert all(count == 1 for count in ended.values()), f"a film ended twice: seed {seed}"
    assert len(list((tmp_path / "out/runners").iterdir())) <= kills
