"""The work of a runner: several films at once, and no failure or bug stops the others."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from indicsubs.jobs.job import Job
from indicsubs.jobs.specification import JobFile, JobSpec
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.library.wishes import Wish, encode
from indicsubs.library.work import FilmOutcome, Next, Work
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile

NO_FILM = SourceFile(path="", fingerprint="")
WISH = Wish(spec=JobSpec(source=NO_FILM, source_language="hi", targets=("en",)))


class Recorded:
    """A display that records."""

    def __init__(self) -> None:
        self.begun: list[tuple[str, int, float | None]] = []
        self.outcomes: list[FilmOutcome] = []

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        self.begun.append((Path(film.path).stem, left, seconds_left))

    def ended(self, outcome: FilmOutcome) -> None:
        self.outcomes.append(outcome)


class Maker:
    """Makes a job with one subtitle file, as ``how`` does it."""

    def __init__(self, jobs: Path, how: Callable[[str], None] = lambda _: None) -> None:
        self.jobs, self.how = jobs, how
        self.orders: dict[str, int] = {}
        self.inside: dict[str, LanguagesInside | IndicsubsError] = {}
        self.releases = 0
        self.stopped = threading.Event()

    def languages_inside(self, film: LedgerFilm, order: int) -> LanguagesInside:
        inside = self.inside.get(Path(film.path).stem, {})
        if isinstance(inside, IndicsubsError):
            raise inside
        return inside

    def make(self, film: LedgerFilm, wish: Wish, order: int) -> Job:
        stem = Path(film.path).stem
        self.orders[stem] = order
        self.how(stem)
        folder = self.jobs / "2026" / "11" / "27" / stem
        (folder / "subtitles").mkdir(parents=True)
        (folder / "subtitles" / f"{stem}.eng.srt").write_text(stem)
        return Job(folder, JobFile(id=stem, created="", spec=wish.spec))

    def release(self) -> None:
        self.releases += 1

    def stop(self) -> None:
        self.stopped.set()

    def explained(self, error: Exception) -> IndicsubsError:
        if isinstance(error, IndicsubsError):
            return error
        return IndicsubsError(FailureCode.BUG, f"explained: {error}")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    opened = Ledger(tmp_path / "out" / LEDGER_FILE)
    for name in "abc":
        (tmp_path / f"{name}.mkv").write_bytes(bytes(1000))
    opened.add((tmp_path / f"{name}.mkv", encode(WISH)) for name in "abc")
    yield opened
    opened.close()


def states(ledger: Ledger) -> dict[str, str]:
    return {Path(film.path).stem: film.state for film in ledger.films()}


def test_films_are_made_at_the_same_time_in_their_order(ledger: Ledger) -> None:
    together = threading.Barrier(2, timeout=20)

    def meet(stem: str) -> None:
        if stem in "ab":
            together.wait()

    display, maker = Recorded(), Maker(ledger.path.parent, meet)
    Work(ledger, maker, display, at_once=2).run()
    assert [stem for stem, _, _ in display.begun] == ["a", "b", "c"]
    assert [left for _, left, _ in display.begun] == [2, 1, 0]
    assert maker.orders == {"a": 1, "b": 2, "c": 3}
    assert states(ledger) == dict.fromkeys("abc", "done")
    assert {outcome.text for outcome in display.outcomes} == {f"{stem}.eng.srt" for stem in "abc"}
    assert display.begun[2][2] is not None, "the time left is known after the first film"


def test_a_runner_that_goes_on_for_years_keeps_nothing_of_its_films(ledger: Ledger) -> None:
    display = Recorded()
    work = Work(ledger, Maker(ledger.path.parent), display)
    work.run()
    # The list of the display, the variable of the loop and the argument.
    assert [sys.getrefcount(outcome) for outcome in display.outcomes] == [3, 3, 3]
    del work


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (IndicsubsError(FailureCode.BAD_INPUT, "It is no film."), "It is no film."),
        (ZeroDivisionError("a bug"), "explained: a bug"),
        (OSError("the disk"), "explained: the disk"),
    ],
)
def test_no_failure_stops_the_other_films(ledger: Ledger, error: Exception, text: str) -> None:
    def fail(stem: str) -> None:
        if stem == "b":
            raise error

    display = Recorded()
    Work(ledger, Maker(ledger.path.parent, fail), display, at_once=2).run()
    assert states(ledger) == {"a": "done", "b": "failed", "c": "done"}
    failed = [outcome for outcome in display.outcomes if outcome.film.state == "failed"]
    assert [outcome.text for outcome in failed] == [text]


def test_a_closed_pipe_ends_the_work(ledger: Ledger) -> None:
    def closed(_: str) -> None:
        raise BrokenPipeError

    maker = Maker(ledger.path.parent, closed)
    with pytest.raises(BrokenPipeError):
        Work(ledger, maker, Recorded()).run()
    assert maker.stopped.is_set()


def test_an_interrupt_stops_the_films_in_hand_which_wait_again(ledger: Ledger) -> None:
    maker = Maker(ledger.path.parent)
    maker.how = lambda _: _stopped(maker)

    def interrupt() -> Next:
        if len(maker.orders) == 2:
            raise KeyboardInterrupt
        return "begin"

    with closing(Ledger(ledger.path)) as runner, pytest.raises(KeyboardInterrupt):
        Work(runner, maker, Recorded(), at_once=2).run(interrupt)
    assert states(ledger) == dict.fromkeys("abc", "waiting")


def _stopped(maker: Maker) -> None:
    maker.stopped.wait(20)
    raise IndicsubsError(FailureCode.INTERRUPTED, "stopped")


def test_nothing_is_begun_while_the_answer_is_to_wait(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs.library.work._TICK_S", 0.02)
    answers: Iterator[Next] = iter(["wait", "wait", "begin", "end"])
    maker = Maker(ledger.path.parent, lambda _: time.sleep(0.01))
    display = Recorded()
    Work(ledger, maker, display).run(lambda: next(answers, "end"))
    assert [stem for stem, _, _ in display.begun] == ["a"]
    assert maker.releases >= 2, "memory that nobody uses is given back meanwhile"
    assert states(ledger) == {"a": "done", "b": "waiting", "c": "waiting"}


def test_a_runner_that_goes_on_waits_for_new_films(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs.library.work._TICK_S", 0.01)
    asked: list[str] = []

    def ask() -> Next:
        asked.append("")
        if len(asked) == 10:
            (tmp_path / "d.mkv").write_bytes(bytes(1000))
            ledger.add([(tmp_path / "d.mkv", encode(WISH))])
        return "end" if states(ledger).get("d") == "done" or len(asked) > 1000 else "begin"

    Work(ledger, Maker(ledger.path.parent), Recorded()).run(ask)
    assert states(ledger) == dict.fromkeys("abcd", "done")


def test_options_of_another_version_fail_their_film(ledger: Ledger, tmp_path: Path) -> None:
    ids = ledger.add([(tmp_path / "a.mkv", '{"engine": "steam"}')])
    display = Recorded()
    Work(ledger, Maker(ledger.path.parent), display, ids=ids).run()
    (outcome,) = display.outcomes
    assert outcome.film.state == "failed"
    assert "Add the film again" in outcome.text


def test_a_folder_that_cannot_be_read_fails_its_film(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("indicsubs.library.work.subtitles_there", unreadable)
    display = Recorded()
    Work(ledger, Maker(ledger.path.parent), display).run()
    texts = [outcome.text for outcome in display.outcomes]
    assert texts == ["explained: [Errno 13] Permission denied"] * 3
