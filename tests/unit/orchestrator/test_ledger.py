"""The ledger of a library: turns, claims of several runners, kills, and other files."""

import errno
import multiprocessing
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from indicsubs.library.ledger import LEDGER_FILE, Ledger, WaitingFilms
from indicsubs.library.ledger_schema import MIGRATIONS
from indicsubs_contract.errors import FailureCode, IndicsubsError

WISH = '{"targets":["en"]}'


@pytest.fixture
def films(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.mkv" for name in "abcd"]
    for number, path in enumerate(paths, 1):
        path.write_bytes(bytes(1000 * number))
    return paths


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "out" / LEDGER_FILE)
    yield opened
    opened.close()


def names(ledger: Ledger) -> list[str]:
    return [Path(film.path).stem for film in ledger.films()]


def states(ledger: Ledger) -> dict[str, str]:
    return {Path(film.path).stem: film.state for film in ledger.films()}


def test_films_take_their_turns_by_priority_and_then_in_their_order(
    ledger: Ledger, films: list[Path]
) -> None:
    ids = ledger.add((film, WISH) for film in films)
    ledger.prioritise(ids[2:3], 5)
    assert names(ledger) == ["c", "a", "b", "d"]
    claimed = [ledger.claim() for _ in films]
    assert [Path(film.path).stem for film in claimed if film] == ["c", "a", "b", "d"]
    assert ledger.claim() is None


def test_a_claim_can_be_limited_to_some_films(ledger: Ledger, films: list[Path]) -> None:
    ids = ledger.add((film, WISH) for film in films)
    claimed = ledger.claim(ids[1:2])
    assert claimed is not None
    assert (claimed.id, claimed.state, claimed.attempts) == (ids[1], "running", 1)
    assert ledger.claim(ids[1:2]) is None


def test_what_waits_is_counted_with_its_size(ledger: Ledger, films: list[Path]) -> None:
    assert ledger.waiting() == WaitingFilms(films=0, bytes=0)
    ids = ledger.add((film, WISH) for film in films)
    ledger.pause(ids[:1])
    assert ledger.waiting() == WaitingFilms(films=3, bytes=2000 + 3000 + 4000)
    assert ledger.waiting(ids[:2]) == WaitingFilms(films=1, bytes=2000)
    assert ledger.claim(ids[2:]) is not None
    assert ledger.waiting(ids[2:]) == WaitingFilms(films=1, bytes=4000)
    assert ledger.waiting([]) == WaitingFilms(films=0, bytes=0)


def test_films_are_chosen_by_their_ids(ledger: Ledger, films: list[Path]) -> None:
    ids = ledger.add((film, WISH) for film in films)
    assert [film.id for film in ledger.films([ids[3], ids[1]])] == [ids[1], ids[3]]
    assert ledger.films([]) == []


def test_the_work_for_a_film_does_not_grow_with_the_films_before_it(
    ledger: Ledger, films: list[Path]
) -> None:
    ids = ledger.add((films[0], f'{{"batch_size":{number}}}') for number in range(1000))
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    def one() -> int:
        nonlocal steps
        steps = 0
        film = ledger.claim(ids)
        assert film is not None
        assert ledger.films([film.id]) == [film]
        ledger.finish(film, "done")
        ledger.speed()
        return steps

    base = ledger._base  # pyright: ignore[reportPrivateUsage]
    base.set_progress_handler(step, 1)  # called at each instruction of SQLite's machine
    counts = [one() for _ in ids]
    assert max(counts[-100:]) < 1.1 * max(counts[100:200]), (counts[:3], counts[-3:])


def test_no_question_about_a_file_reads_all_files(ledger: Ledger, tmp_path: Path) -> None:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    for number in range(500):
        ledger.note_written(tmp_path / f"{number}.srt", f"{number:064}", tmp_path, None)
    base = ledger._base  # pyright: ignore[reportPrivateUsage]
    base.set_progress_handler(step, 1)
    assert ledger.has_written(tmp_path / "499.srt", f"{499:064}")
    assert ledger.has_written(tmp_path / "moved" / "499.srt", f"{499:064}")
    assert not ledger.has_written(tmp_path / "499.srt", "another")
    assert ledger.film_of(tmp_path / "499.srt") == tmp_path
    assert ledger.inside(tmp_path / "499.mkv") is None
    assert steps < 500


def test_the_end_of_a_film_is_recorded(ledger: Ledger, films: list[Path]) -> None:
    ledger.add((film, WISH) for film in films[:2])
    first, second = ledger.claim(), ledger.claim()
    assert first is not None
    assert second is not None
    ledger.finish(first, "done", job="2026/11/27/x")
    ledger.finish(second, "failed", code="bad_input", message="It is no film.")
    done, failed = ledger.films()
    assert (done.state, done.job) == ("done", "2026/11/27/x")
    assert (failed.state, failed.code, failed.message) == (
        "failed",
        "bad_input",
        "It is no film.",
    )
    assert ledger.claim() is None


def test_the_end_of_a_film_that_another_runner_has_is_not_recorded(
    ledger: Ledger, films: list[Path]
) -> None:
    ledger.add([(films[0], WISH)])
    other = Ledger(ledger.path)
    film = other.claim()
    assert film is not None
    ledger.finish(film, "done")
    assert states(ledger) == {"a": "running"}
    other.close()


def test_the_end_of_a_film_is_recorded_completely_or_not_at_all(
    ledger: Ledger, films: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.add([(films[0], WISH)])
    film = ledger.claim()
    assert film is not None

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "_end_attempts", stopped)
        with pytest.raises(KeyboardInterrupt):
            ledger.finish(film, "done")
    assert states(ledger) == {"a": "running"}
    ledger.finish(film, "done")
    assert states(ledger) == {"a": "done"}


def test_a_film_that_is_not_there_takes_its_turn(ledger: Ledger, tmp_path: Path) -> None:
    ledger.add([(tmp_path / "none.mkv", WISH)])
    assert states(ledger) == {"none": "waiting"}


def test_the_claim_of_a_runner_whose_lock_is_gone_goes_back(
    ledger: Ledger, films: list[Path]
) -> None:
    ledger.add([(films[0], WISH)])
    base = sqlite3.connect(ledger.path)
    base.execute("UPDATE films SET state = 'running', runner = 'gone'")
    base.commit()
    base.close()
    assert ledger.claim() is not None


def test_a_film_that_was_added_before_keeps_its_state_until_it_changes(
    ledger: Ledger, films: list[Path]
) -> None:
    (one,) = ledger.add([(films[0], WISH)])
    film = ledger.claim()
    assert film is not None
    ledger.finish(film, "done")
    assert ledger.add([(films[0], WISH)], priority=3) == [one]
    assert (states(ledger), ledger.films()[0].priority) == ({"a": "done"}, 3)
    films[0].write_bytes(b"another film")
    ledger.add([(films[0], WISH)])
    assert states(ledger) == {"a": "waiting"}
    film = ledger.claim()
    assert film is not None
    ledger.finish(film, "done")
    os.utime(films[0], (0, 0))
    ledger.add([(films[0], WISH)])
    assert states(ledger) == {"a": "waiting"}


def test_one_film_may_have_two_wishes(ledger: Ledger, films: list[Path]) -> None:
    ids = ledger.add([(films[0], WISH), (films[0], '{"targets":["ta"]}')])
    assert len({*ids}) == 2


def test_a_film_in_hand_for_one_wish_waits_for_it_with_the_other(
    ledger: Ledger, films: list[Path]
) -> None:
    first, second = ledger.add([(films[0], WISH), (films[0], '{"targets":["ta"]}')])
    film = ledger.claim()
    assert film is not None
    assert film.id == first
    assert ledger.claim() is None
    ledger.finish(film, "done")
    film = ledger.claim()
    assert film is not None
    assert film.id == second


def test_paused_films_wait_and_running_ones_are_not_removed(
    ledger: Ledger, films: list[Path]
) -> None:
    ids = ledger.add((film, WISH) for film in films[:2])
    assert ledger.pause(ids[:1]) == 1
    film = ledger.claim()
    assert film is not None
    assert film.id == ids[1]
    assert ledger.claim() is None
    assert ledger.remove(ids) == 1
    assert names(ledger) == ["b"]
    ledger.finish(film, "failed", message="x")
    assert ledger.wait_again(ids) == 1
    assert states(ledger) == {"b": "waiting"}
    assert ledger.wait_again(ids) == 0


def test_a_pause_ends(ledger: Ledger, films: list[Path]) -> None:
    ids = ledger.add([(films[0], WISH)])
    ledger.pause(ids)
    assert ledger.pause(ids, paused=False) == 1
    assert ledger.claim() is not None


def test_closing_gives_the_claims_back(tmp_path: Path, films: list[Path]) -> None:
    first = Ledger(tmp_path / LEDGER_FILE)
    first.add([(films[0], WISH)])
    assert first.claim() is not None
    first.close()
    second = Ledger(tmp_path / LEDGER_FILE)
    film = second.claim()
    assert film is not None
    assert film.attempts == 2
    second.close()
    assert list((tmp_path / "runners").iterdir()) == []


def _claim_and_wait(path: Path) -> None:
    ledger = Ledger(path)
    ledger.claim()
    path.with_name("claimed").touch()
    time.sleep(60)


def test_the_claim_of_a_killed_runner_goes_back_to_the_queue(
    tmp_path: Path, ledger: Ledger, films: list[Path]
) -> None:
    ledger.add([(films[0], WISH)])
    context = multiprocessing.get_context("spawn")
    other = context.Process(target=_claim_and_wait, args=(ledger.path,))
    other.start()
    claimed = ledger.path.with_name("claimed")
    deadline = time.monotonic() + 60
    while not claimed.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert ledger.claim() is None, "the other runner lives and has the film"
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    film = ledger.claim()
    assert film is not None
    assert film.attempts == 2
    base = sqlite3.connect(ledger.path)
    ended = base.execute("SELECT state FROM attempts ORDER BY id").fetchall()
    base.close()
    assert ended == [("interrupted",), (None,)]


def _claim_all(path: Path, taken: Path) -> None:
    ledger = Ledger(path)
    while (film := ledger.claim()) is not None:
        with taken.open("a") as file:
            file.write(f"{film.id}\n")
        ledger.finish(film, "done")
    ledger.close()


def test_runners_beside_each_other_take_each_film_once(tmp_path: Path, ledger: Ledger) -> None:
    film = tmp_path / "a.mkv"
    film.write_bytes(b"film")
    ids = ledger.add((film, f'{{"batch_size":{number}}}') for number in range(1, 201))
    context = multiprocessing.get_context("spawn")
    files = [tmp_path / f"taken{number}" for number in range(3)]
    runners = [context.Process(target=_claim_all, args=(ledger.path, file)) for file in files]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join(120)
    taken = [int(line) for file in files if file.exists() for line in file.read_text().split()]
    assert sorted(taken) == sorted(ids)
    assert {film.state for film in ledger.films()} == {"done"}


def test_the_speed_is_that_of_the_finished_films(ledger: Ledger, films: list[Path]) -> None:
    assert ledger.speed() is None
    ledger.add((film, WISH) for film in films[:2])
    for state in ("done", "failed"):
        film = ledger.claim()
        assert film is not None
        ledger.finish(film, "done" if state == "done" else "failed")
    base = sqlite3.connect(ledger.path)
    base.execute("UPDATE attempts SET wall_ms = 2000")
    base.commit()
    base.close()
    assert ledger.speed() == 2.0, "2,000 ms for the 1,000 bytes of the film that was done"


def test_a_ledger_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    Ledger(path).close()
    base = sqlite3.connect(path)
    base.execute("PRAGMA user_version = 99")
    base.close()
    with pytest.raises(IndicsubsError, match="version 99") as refused:
        Ledger(path)
    assert refused.value.code is FailureCode.BAD_INPUT


def test_a_file_that_is_no_ledger_is_refused_and_stays(tmp_path: Path) -> None:
    path = tmp_path / LEDGER_FILE
    path.write_bytes(b"a photograph" * 1000)
    with pytest.raises(IndicsubsError, match="is damaged") as refused:
        Ledger(path)
    assert refused.value.code is FailureCode.BAD_INPUT
    assert path.read_bytes().startswith(b"a photograph")


def test_a_place_where_no_ledger_can_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(IndicsubsError, match=r"file/ledger\.sqlite3 cannot be used") as refused:
        Ledger(tmp_path / "file" / LEDGER_FILE)
    assert refused.value.code is FailureCode.IO_ERROR


@pytest.mark.parametrize(
    ("code", "text"),
    [(sqlite3.SQLITE_IOERR_WRITE, "disk I/O error"), (sqlite3.SQLITE_FULL, "full")],
)
def test_a_full_disk_is_named(
    ledger: Ledger, films: list[Path], monkeypatch: pytest.MonkeyPatch, code: int, text: str
) -> None:
    class Refusing:
        in_transaction = False

        def execute(self, *_: object) -> None:
            error = sqlite3.OperationalError(text)
            error.sqlite_errorcode = code
            raise error

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "_base", Refusing())
        with pytest.raises(
            IndicsubsError, match=f"{text}. The disk may be full: make room"
        ) as full:
            ledger.add([(films[0], "{}")])
    assert full.value.code is FailureCode.IO_ERROR


@pytest.mark.parametrize("statement", ["BEGIN IMMEDIATE", "COMMIT"])
def test_an_interrupt_at_any_statement_leaves_a_ledger_that_goes_on(
    ledger: Ledger, films: list[Path], monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    base = ledger._base

    class Interrupted:
        in_transaction = property(lambda _: base.in_transaction)

        def execute(self, sql: str, *values: object) -> sqlite3.Cursor:
            cursor = base.execute(sql, *values)
            if sql == statement:
                raise KeyboardInterrupt
            return cursor

    with monkeypatch.context() as patched:
        patched.setattr(ledger, "_base", Interrupted())
        with pytest.raises(KeyboardInterrupt):
            ledger.add([(films[0], "{}")])
    assert len(ledger.films()) == (statement == "COMMIT")
    ledger.add([(films[0], "{}")])
    assert len(ledger.films()) == 1


def test_a_full_disk_is_named_where_the_ledger_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(IndicsubsError, match="The disk may be full"):
        Ledger(tmp_path / "new" / "ledger.sqlite3")


def test_a_ledger_of_the_first_version_keeps_its_films(tmp_path: Path, films: list[Path]) -> None:
    path = tmp_path / LEDGER_FILE
    base = sqlite3.connect(path)
    base.executescript(MIGRATIONS[0])
    base.execute(
        "INSERT INTO films (path, wish, state, runner, bytes, modified_ns, added, changed)"
        " VALUES ('/films/a.mkv', '{}', 'running', 'gone', 5, 6, 7, 8)"
    )
    base.execute("INSERT INTO attempts (film, runner, started) VALUES (1, 'gone', 7)")
    base.execute("PRAGMA user_version = 1")
    base.commit()
    base.close()
    ledger = Ledger(path)
    film = ledger.claim()
    assert film is not None
    assert (film.path, film.bytes, film.attempts) == ("/films/a.mkv", 5, 1)
    ledger.close()
