"""The watcher with a clock and folders that tests move, over a real ledger."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.quiet_hours import read_quiet_hours
from indicsubs.library.runners import newest_sign_s
from indicsubs.library.scanning import FilmState, Scan
from indicsubs.library.watch_surroundings import (
    Clock,
    Surroundings,
    WatchedFolder,
    WatchSettings,
)
from indicsubs.library.watcher import Watcher

NOON = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)


class Machine:
    """Folders, clocks and a user that belong to the test."""

    def __init__(self, jobs: Path) -> None:
        self.ledger = Ledger(jobs / LEDGER_FILE)
        self.films: dict[str, dict[str, FilmState]] = {"/a": {}, "/b": {}}
        self.unreadable: dict[str, str] = {}
        self.now_s = 0.0
        self.scan_s = 0.0
        self.scans = 0
        self.events: list[tuple[str, str]] = []
        self.still_done: Callable[[LedgerFilm], bool] = lambda film: True
        self.obstacle: str | None = None
        self.changes = "none"
        self.answers = True

    def look(self) -> str:
        return self.changes

    def say(self, event: str, text: str, **details: object) -> None:
        self.events.append((event, text))

    def names(self) -> list[str]:
        """The events since the last call."""
        found = [event for event, _ in self.events]
        self.events.clear()
        return found

    def scan(self, folder: str) -> Scan:
        self.scans += 1
        began_s = self.now_s
        self.now_s += self.scan_s
        films = {} if folder in self.unreadable else dict(self.films[folder])
        return Scan(
            folder=folder,
            films=films,
            full=frozenset({folder} if films else ()),
            unreadable={p: r for p, r in self.unreadable.items() if p.startswith(folder)},
            began_s=began_s,
            seconds=self.scan_s,
        )

    def watcher(self, *folders: str, quiet: str = "") -> Watcher:
        def start(work: Callable[[], None]) -> None:
            if self.answers:
                work()

        return Watcher(
            self.ledger,
            [WatchedFolder(folder, "wish") for folder in folders or ("/a",)],
            WatchSettings(quiet=read_quiet_hours(quiet)),
            Surroundings(
                scan=self.scan,
                say=self.say,
                is_still_done=self.still_done,
                obstacle=lambda: self.obstacle,
                sources=self,  # type: ignore[arg-type]
                clock=Clock(
                    monotonic=lambda: self.now_s,
                    time=lambda: 1e9 + self.now_s,
                    local=lambda: NOON + timedelta(seconds=self.now_s),
                ),
                start=start,
            ),
        )

    def states(self) -> dict[str, str]:
        return {film.path: film.state for film in self.ledger.films()}

    def finish(self, watcher: Watcher, state: str, **fields: object) -> LedgerFilm:
        film = self.ledger.claim(watcher.ids)
        assert film is not None
        self.ledger.finish(film, state, **fields)
        (film,) = self.ledger.films([film.id])
        return film


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.ledger.close()


def tick(machine: Machine, watcher: Watcher, *, seconds: float = 60.0) -> str:
    """Lets time pass; a scan that begins in one tick is taken in the next."""
    machine.now_s += seconds
    watcher.tick()
    return watcher.tick()


def settled(machine: Machine, watcher: Watcher) -> None:
    for _ in range(2):
        tick(machine, watcher)


def test_a_new_film_waits_when_it_has_settled(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    assert tick(machine, watcher) == "begin"
    assert (machine.names(), machine.states(), watcher.ids) == (["scanned"], {}, [])
    tick(machine, watcher)
    assert machine.names() == ["new"]
    assert machine.states() == {"/a/A.mkv": "waiting"}
    assert watcher.ids == [1]


def test_many_new_films_are_counted(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"] = {f"/a/{n}.mkv": FilmState(100, n, 5.0) for n in range(21)}
    settled(machine, watcher)
    assert machine.events[1:] == [("new", "new: 21 films in /a")]
    assert len(watcher.ids) == 21


def test_the_next_scan_waits_ten_times_as_long_as_the_last_one_took(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.scan_s = 30.0
    tick(machine, watcher)
    assert machine.scans == 1
    tick(machine, watcher, seconds=299.0)
    assert machine.scans == 1
    tick(machine, watcher, seconds=1.0)
    assert machine.scans == 2


def test_films_of_others_are_begun_where_they_are_there(machine: Machine, tmp_path: Path) -> None:
    here = tmp_path / "Other.mkv"
    here.touch()
    machine.ledger.add([(here, "other"), (tmp_path / "away.mkv", "other")])
    watcher = machine.watcher()
    tick(machine, watcher)
    assert watcher.ids == [1]


def test_a_film_that_failed_because_of_its_folder_stops_the_others(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"] = {f"/a/{n}.mkv": FilmState(100, n, 5.0) for n in range(3)}
    settled(machine, watcher)
    watcher.note_failure(machine.finish(watcher, "failed", code="bad_input"))
    assert watcher.ids == [1, 2, 3]
    watcher.note_failure(machine.finish(watcher, "failed", code="no_input"))
    assert watcher.ids == []
    machine.unreadable["/a"] = "Stale file handle"
    tick(machine, watcher, seconds=0.0)
    assert watcher.ids == []
    assert machine.names()[-1] == "lost"
    machine.unreadable.clear()
    settled(machine, watcher)
    assert watcher.ids == [3]
    assert machine.names() == ["back"]


def test_failures_that_pass_are_tried_again(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    settled(machine, watcher)
    machine.finish(watcher, "failed", code="timed_out")
    machine.now_s += 1e9  # the ledger has the machine's own clock
    machine.names()
    tick(machine, watcher)
    assert machine.names() == ["retry"]
    assert watcher.ids == [1]


def test_a_folder_that_is_away_is_named_once(machine: Machine) -> None:
    watcher = machine.watcher("/a", "/b")
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    settled(machine, watcher)
    machine.names()
    kept, machine.films["/a"] = machine.films["/a"], {}
    settled(machine, watcher)
    ((event, text),) = machine.events
    assert event == "lost"
    assert text.startswith("/a has no film any more, and 1 are known. Nothing is forgotten")
    assert (machine.states(), watcher.ids) == ({"/a/A.mkv": "waiting"}, [])
    machine.films["/a"] = kept
    tick(machine, watcher)
    assert machine.names() == ["lost", "back"]
    assert watcher.ids == [1]


def test_a_part_of_a_folder_that_is_away_is_named_once(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    machine.unreadable["/a/disk"] = "Permission denied"
    settled(machine, watcher)
    machine.unreadable.clear()
    tick(machine, watcher)
    assert [text for event, text in machine.events if event in {"lost", "back"}] == [
        "/a/disk cannot be read (Permission denied). Its films wait.",
        "/a/disk can be read again.",
    ]


def test_a_folder_that_is_away_at_the_start_is_looked_at_when_it_comes(machine: Machine) -> None:
    machine.unreadable["/a"] = "No such file or directory"
    watcher = machine.watcher()
    settled(machine, watcher)
    assert machine.names() == ["lost"]
    machine.unreadable.clear()
    settled(machine, watcher)
    assert machine.names() == ["back", "scanned"]


def test_a_folder_that_does_not_answer_is_named_once(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    settled(machine, watcher)
    machine.names()
    machine.answers = False
    tick(machine, watcher)
    assert watcher.ids == [1]
    for _ in range(3):
        tick(machine, watcher)
    assert (machine.names(), watcher.ids) == (["silent"], [])
    watcher._folders[0].scans.put(machine.scan("/a"))
    watcher.tick()
    assert (machine.names(), watcher.ids) == (["back"], [1])


def test_films_that_moved_changed_or_went(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"] = {f"/a/{name}.mkv": FilmState(100, ord(name), 5.0) for name in "ABC"}
    settled(machine, watcher)
    machine.finish(watcher, "done")
    machine.names()
    films = machine.films["/a"]
    films["/a/new.mkv"] = films.pop("/a/A.mkv")
    films["/a/B.mkv"] = FilmState(200, 9, 6.0)
    del films["/a/C.mkv"]
    settled(machine, watcher)
    assert sorted(machine.names()) == ["changed", "gone", "moved"]
    assert machine.states() == {
        "/a/A.mkv": "done",
        "/a/B.mkv": "waiting",
        "/a/new.mkv": "waiting",
    }


def test_what_was_made_is_looked_at_once_after_the_start(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"] = {f"/a/{n}.mkv": FilmState(100, n, 5.0) for n in range(3)}
    settled(machine, watcher)
    for state in ("done", "skipped", "failed"):
        machine.finish(watcher, state, code="bad_input" if state == "failed" else None)
    looked: list[str] = []

    def is_still_done(film: LedgerFilm) -> bool:
        looked.append(film.path)
        return film.path != "/a/0.mkv"

    machine.still_done = is_still_done
    machine.names()
    again = machine.watcher()
    settled(machine, again)
    assert looked == ["/a/0.mkv", "/a/1.mkv"]
    assert machine.names() == ["scanned", "again"]
    assert [*machine.states().values()] == ["waiting", "skipped", "failed"]
    assert again.ids == [1]


def test_no_film_is_begun_in_quiet_hours(machine: Machine) -> None:
    watcher = machine.watcher(quiet="12:05-12:10")
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    settled(machine, watcher)
    assert watcher.ids == [1]
    machine.names()
    tick(machine, watcher, seconds=180.0)
    assert (machine.events, watcher.ids) == (
        [("quiet", "Quiet hours until 12:10: no film is begun.")],
        [],
    )
    tick(machine, watcher, seconds=300.0)
    assert (machine.names(), watcher.ids) == (["quiet", "loud"], [1])


def test_no_film_is_begun_where_a_model_is_missing(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    machine.obstacle = "The model is missing."
    settled(machine, watcher)
    tick(machine, watcher)
    assert machine.events[2:] == [("held", "No film is begun: The model is missing.")]
    assert watcher.ids == []
    machine.obstacle = None
    tick(machine, watcher)
    assert (machine.names()[-1], watcher.ids) == ("released", [1])


def test_changed_sources_end_the_work_when_they_are_complete(machine: Machine) -> None:
    watcher = machine.watcher()
    machine.films["/a"]["/a/A.mkv"] = FilmState(100, 7, 5.0)
    settled(machine, watcher)
    machine.changes = "going on"
    assert tick(machine, watcher) == "wait"
    assert watcher.ids == []
    machine.changes, machine.obstacle = "complete", "Build with: just setup"
    assert tick(machine, watcher) == "wait"
    machine.obstacle = None
    assert tick(machine, watcher) == "end"
    assert machine.names()[-3:] == ["held", "released", "restart"]
    assert tick(machine, watcher) == "end"
    assert machine.names() == []
    assert watcher.ids == []


def raise_not_found(path: Path) -> bool:
    raise FileNotFoundError(path)


def test_each_tick_is_a_sign_of_life(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watcher = machine.watcher()
    assert newest_sign_s(tmp_path) is None
    watcher.tick()
    sign = newest_sign_s(tmp_path)
    assert sign is not None
    (tmp_path / "runners" / "dead").touch()
    watcher.tick()
    assert newest_sign_s(tmp_path) >= sign
    with monkeypatch.context() as patched:
        patched.setattr("indicsubs.library.runners.is_locked", raise_not_found)
        assert newest_sign_s(tmp_path) is None
    machine.ledger.close()
    assert newest_sign_s(tmp_path) is None
    machine.ledger = Ledger(tmp_path / LEDGER_FILE)


def test_films_of_a_runner_that_died_wait_again(machine: Machine, tmp_path: Path) -> None:
    machine.ledger.add([(tmp_path / "A.mkv", "wish")])
    other = Ledger(tmp_path / LEDGER_FILE)
    assert other.claim() is not None
    watcher = machine.watcher()
    watcher.tick()
    assert [*machine.states().values()] == ["running"]
    other._lock.close()  # as the system does when a process ends
    watcher.tick()
    assert [*machine.states().values()] == ["waiting"]
    other._base.close()


def test_failures_in_a_row_are_counted_since_the_file_changed(machine: Machine) -> None:
    (number,) = machine.ledger.add([(Path("/a/A.mkv"), "wish")])

    def end(state: str) -> LedgerFilm:
        machine.ledger.wait_again([number])
        film = machine.ledger.claim()
        machine.ledger.finish(film, state, code="io_error")
        return film

    film = end("failed")
    assert machine.ledger.failures(film, 0.0) == 1
    end("failed")
    assert machine.ledger.failures(film, 0.0) == 2
    assert machine.ledger.failures(film, 1e12) == 0
    end("done")
    assert machine.ledger.failures(film, 0.0) == 0
    end("failed")
    assert machine.ledger.failures(film, 0.0) == 1
