"""What a scan of a watched folder means: settled films, films that are away, retries."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.scanning import FilmState, Scan, scan_folder
from indicsubs.library.watching import MAY_PASS, RETRY_AFTER_S, Settling, decide, is_lost
from indicsubs_contract.errors import FailureCode

A, B = "/films/A.mkv", "/films/show/B.mkv"
STATE = FilmState(100, 7, 50.0)
FULL = frozenset({"/films", "/films/show"})


def film(path: str = A, **fields: object) -> LedgerFilm:
    values: dict[str, object] = dict.fromkeys(("job", "code", "message"))
    values |= {"id": 1, "path": path, "wish": "", "priority": 0, "paused": False}
    values |= {"state": "waiting", "attempts": 0, "bytes": 100, "modified_ns": 7, "changed": 1000.0}
    return LedgerFilm(**(values | fields))


def scan(at_s: float = 0.0, full: frozenset[str] = FULL, **films: FilmState) -> Scan:
    paths = {"A": A, "B": B}
    return Scan(
        folder="/films",
        films={paths[name]: state for name, state in films.items()},
        full=full,
        began_s=at_s,
    )


def decisions(found: Scan, *known: LedgerFilm, failures: int = 1, now_s: float = 1000.0, **more):
    return decide(
        found,
        more.get("settled", {*found.films}),
        {each.path: each for each in known},
        lambda each, since_s: failures,
        now_s,
    )


# --- settling ----------------------------------------------------------------------------------


def test_a_film_is_settled_when_it_was_the_same_for_the_time_in_two_scans() -> None:
    settling = Settling(60.0)
    assert settling.settled(scan(0.0, A=STATE), {}) == set()
    assert settling.settled(scan(59.0, A=STATE), {}) == set()
    assert settling.settled(scan(60.0, A=STATE), {}) == {A}


def test_one_look_is_never_enough() -> None:
    settling = Settling(0.0)
    assert settling.settled(scan(1000.0, A=STATE), {}) == set()
    assert settling.settled(scan(1000.0, A=STATE), {}) == {A}


@pytest.mark.parametrize("other", [FilmState(101, 7, 50.0), FilmState(100, 8, 50.0)])
def test_a_film_that_grows_or_is_written_begins_again(other: FilmState) -> None:
    settling = Settling(60.0)
    settling.settled(scan(0.0, A=STATE), {})
    assert settling.settled(scan(60.0, A=other), {}) == set()
    assert settling.settled(scan(119.0, A=other), {}) == set()
    assert settling.settled(scan(120.0, A=other), {}) == {A}


def test_a_film_that_was_away_begins_again() -> None:
    settling = Settling(60.0)
    settling.settled(scan(0.0, A=STATE), {})
    settling.settled(scan(60.0), {})
    assert settling.settled(scan(61.0, A=STATE), {}) == set()


def test_an_empty_film_is_still_being_made() -> None:
    settling = Settling(1.0)
    empty = FilmState(0, 7, 50.0)
    settling.settled(scan(0.0, A=empty), {})
    assert settling.settled(scan(100.0, A=empty), {}) == set()


def test_a_film_that_the_ledger_knows_is_settled_at_once() -> None:
    assert Settling(60.0).settled(scan(0.0, A=STATE), {A: film()}) == {A}
    assert Settling(60.0).settled(scan(0.0, A=STATE), {A: film(bytes=99)}) == set()


# --- new, changed, moved and deleted films -----------------------------------------------------


def test_new_films_and_those_that_wait() -> None:
    found = decisions(scan(A=STATE, B=STATE), film())
    assert (found.new, found.changed, found.ready, found.unsettled) == ([B], [], [1], 0)


def test_a_film_that_waits_and_is_still_being_copied_is_not_begun() -> None:
    found = decisions(scan(A=STATE), film(bytes=50), settled=set())
    assert (found.new, found.changed, found.ready, found.unsettled) == ([], [], [], 1)


@pytest.mark.parametrize(
    ("state", "changed"),
    [("waiting", [A]), ("done", [A]), ("skipped", [A]), ("failed", [A]), ("running", [])],
)
def test_a_changed_film_is_done_again(state: str, changed: list[str]) -> None:
    found = decisions(scan(A=STATE), film(state=state, modified_ns=6, code="io_error"))
    assert found.changed == changed
    assert found.again == []


def test_a_moved_film_is_new_and_says_where_it_was() -> None:
    found = decisions(scan(B=STATE), film(state="done"))
    assert (found.new, found.moved, found.gone) == ([B], {B: A}, [])
    other = decisions(scan(B=STATE), film(state="done", bytes=99))
    assert other.moved == {}


@pytest.mark.parametrize(
    ("state", "goes"), [("waiting", True), ("done", False), ("skipped", False), ("failed", False)]
)
def test_only_films_that_wait_leave_the_queue(state: str, goes: bool) -> None:
    found = decisions(scan(B=STATE), film(state=state), film(B, id=2))
    assert [each.path for each in found.gone] == ([A] if goes else [])


# --- disks that are away -----------------------------------------------------------------------


def test_nothing_is_gone_in_a_folder_that_cannot_be_read() -> None:
    away = replace(scan(), full=frozenset(), unreadable={"/films": "Stale file handle"})
    assert is_lost(away, {A: film()})
    assert decisions(away, film()).gone == []


def test_nothing_is_gone_where_no_film_is_left() -> None:
    assert is_lost(scan(), {A: film()})
    assert decisions(scan(), film()).gone == []
    assert not is_lost(scan(), {})


@pytest.mark.parametrize(
    ("full", "unreadable", "gone"),
    [
        ({"/films", "/films/show"}, {}, True),
        ({"/films"}, {}, True),  # the folder was removed
        ({"/films"}, {"/films/show": "Permission denied"}, False),
        ({"/films"}, {B: "Stale file handle"}, False),
        ((), {}, False),
    ],
)
def test_a_film_is_gone_where_its_folder_can_be_read(full, unreadable, gone: bool) -> None:
    found = replace(scan(A=STATE), full=frozenset(full), unreadable=unreadable)
    assert found.shows_gone(B) is gone
    assert not found.shows_gone(A)
    assert [each.path for each in decisions(found, film(B)).gone] == ([B] if gone else [])


def test_an_empty_folder_may_be_a_mount_point(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "A.mkv").write_bytes(b"film")
    found = scan_folder(str(tmp_path), (), lambda: 5.0)
    assert not found.shows_gone(str(tmp_path / "disk" / "B.mkv"))
    assert found.shows_gone(str(tmp_path / "removed" / "B.mkv"))


# --- retries -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", FailureCode)
def test_only_failures_that_may_pass_are_tried_again(code: FailureCode) -> None:
    failed = film(state="failed", code=str(code))
    assert decisions(scan(A=STATE), failed, now_s=1e9).again == ([failed] * (code in MAY_PASS))


def test_retries_are_three_at_growing_distances() -> None:
    failed = film(state="failed", code="timed_out")
    for failures, wait_s in enumerate(RETRY_AFTER_S, start=1):
        early, due = (1000.0 + wait_s - 1, 1000.0 + wait_s)
        assert decisions(scan(A=STATE), failed, failures=failures, now_s=early).again == []
        assert decisions(scan(A=STATE), failed, failures=failures, now_s=due).again == [failed]
    assert decisions(scan(A=STATE), failed, failures=4, now_s=1e9).again == []
    assert sorted(RETRY_AFTER_S) == list(RETRY_AFTER_S)


def test_a_film_that_is_away_is_not_tried_again() -> None:
    failed = film(state="failed", code="no_input")
    assert decisions(scan(B=STATE), failed, now_s=1e9).again == []


# --- scans -------------------------------------------------------------------------------------


def test_a_scan_has_the_states_of_the_films(tmp_path: Path) -> None:
    path = tmp_path / "show" / "A.mkv"
    path.parent.mkdir()
    path.write_bytes(b"film")
    (tmp_path / "gone.mkv").symlink_to("nothing")
    (tmp_path / "notes.txt").touch()
    times = iter((10.0, 12.5))
    found = scan_folder(str(tmp_path), ("/old/",), lambda: next(times))
    status = path.stat()
    assert found.films == {str(path): (4, status.st_mtime_ns, status.st_ctime)}
    assert (found.began_s, found.seconds) == (10.0, 2.5)
    assert found.full == {str(tmp_path), str(path.parent)}
    assert found.unreadable == {}
    assert not found.shows_gone(str(tmp_path / "gone.mkv"))  # its disk may be away
    assert found.shows_gone(str(tmp_path / "other.mkv"))


def test_what_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "not-there" in next(iter(scan_folder(str(tmp_path / "not-there"), (), float).unreadable))
    (tmp_path / "A.mkv").touch()
    bad = tmp_path / "\udcff.mkv"
    bad.touch()
    loop = tmp_path / "loop.mkv"
    loop.symlink_to(loop)
    found = scan_folder(str(tmp_path), (), float)
    assert {*found.films} == {str(tmp_path / "A.mkv")}
    assert found.unreadable[str(loop)] == "Too many levels of symbolic links"
    assert found.unreadable[str(bad)] == "its name is not UTF-8; rename it"
    above = tmp_path.parent / ".indicsubsignore"
    above.symlink_to("gone")
    assert scan_folder(str(tmp_path), (), float).unreadable == {
        str(above): "No such file or directory"
    }
    above.unlink()
    (tmp_path / ".indicsubsignore").write_text("!\n")
    found = scan_folder(str(tmp_path), (), float)
    assert "Invalid git pattern" in found.unreadable[str(tmp_path)]
    (tmp_path / ".indicsubsignore").unlink()
    (tmp_path / ".indicsubsignore").symlink_to("nothing")
    found = scan_folder(str(tmp_path), (), float)
    assert (found.films, [*found.unreadable.values()]) == ({}, ["No such file or directory"])
