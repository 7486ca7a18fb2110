"""What the work on many films looks like: bars on a terminal, lines elsewhere, events."""

import io
import json
from collections.abc import Callable

import pytest
from rich.console import Console
from test_display import report, terminal

from indicsubs.cli.console import CommonOptions
from indicsubs.cli.library_display import (
    LibraryBars,
    LibraryEvents,
    LibraryLines,
    RunnerDisplay,
    library_display,
)
from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.work import FilmOutcome
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName


def film(number: int, state: str = "running") -> LedgerFilm:
    return LedgerFilm(
        id=number,
        path=f"/films/E0{number} [1080p].mkv",
        wish="{}",
        priority=0,
        paused=False,
        state=state,
        attempts=1,
        bytes=1,
        modified_ns=1,
        job=None,
        code=None,
        message=None,
        changed=0.0,
    )


def show(display: RunnerDisplay, look: Callable[[], object] = lambda: None) -> None:
    """Two films at once: the first is done, the second fails."""
    with display:
        display.began(film(1), 1, None)
        first = display.of_film(film(1))
        display.began(film(2), 0, 700.0)
        second = display.of_film(film(2))
        first.started(StageName.ASR, "whisperx")
        first.progress(Progress(stage="asr", done=61_000, total=120_000, unit="film_ms"))
        second.started(StageName.DEMUX, "whisperx")
        second.warned(StageName.DEMUX, "The track is [very] silent.")
        second.progress(
            Progress(stage="demux", done=1000, total=9000, unit="film_ms", resumed=True)
        )
        look()
        first.finished(report(StageName.ASR, "done"))
        first.left_out(StageName.WITNESS)
        first.note("Corrections used: English.")
        display.ended(FilmOutcome(film=film(1, "done"), text="E01.eng.srt", seconds=2.0))
        display.ended(FilmOutcome(film=film(2, "failed"), text="It is no film.", seconds=1.0))


def test_a_terminal_shows_a_bar_for_each_film_and_one_for_all() -> None:
    console = terminal()
    bars = LibraryBars(console)
    show(bars, bars._bars.refresh)
    text = console.file.getvalue()
    for part in (
        *("E01 [1080p].mkv", "asr", "0:01:01 of 0:02:00", "all films", "film 2 of 2"),
        *("about 12 minutes left", "E02 [1080p].mkv: demux: warning: The track is [very] silent."),
        *("done: /films/E01 [1080p].mkv: E01.eng.srt", "Corrections used"),
        "goes on from 0:00:01 of 0:00:09 of film",
    ):
        assert part in text, part


def test_a_log_has_lines_for_begin_end_and_warnings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("indicsubs.cli.library_display._LINE_EVERY_S", 0.0)
    console = Console(file=io.StringIO(), width=160)
    show(LibraryLines(console))
    assert console.file.getvalue().splitlines() == [
        "/films/E01 [1080p].mkv (film 1 of 2)",
        "/films/E02 [1080p].mkv (film 2 of 2, about 12 minutes left)",
        "E01 [1080p].mkv: asr: 0:01:01 of 0:02:00 of film",
        "E02 [1080p].mkv: demux: warning: The track is [very] silent.",
        (
            "E02 [1080p].mkv: demux: goes on from 0:00:01 of 0:00:09 of film, which an interrupted"
            " run has done"
        ),
        "E02 [1080p].mkv: demux: 0:00:01 of 0:00:09 of film",
        "E01 [1080p].mkv: Corrections used: English.",
        "done: /films/E01 [1080p].mkv: E01.eng.srt",
    ]
    assert "failed: /films/E02 [1080p].mkv: It is no film." in capsys.readouterr().err


def test_a_log_has_a_line_a_minute_for_each_film() -> None:
    console = Console(file=io.StringIO(), width=160)
    show(LibraryLines(console))
    assert "0:02:00 of film" not in console.file.getvalue()


def test_events_name_their_film(capsys: pytest.CaptureFixture[str]) -> None:
    show(LibraryEvents())
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == [
        *("film", "film", "started", "progress", "started", "warning", "progress", "finished"),
        *("note", "film_done", "film_done"),
    ]
    assert {event["path"][-14:] for event in events} == {
        "E01 [1080p].mkv"[-14:],
        "E02 [1080p].mkv"[-14:],
    }
    assert events[1]["seconds_left"] == 700.0
    assert events[-1]["state"] == "failed"
    assert [event["warnings"] for event in events if event["event"] == "film_done"] == [0, 1]


@pytest.mark.parametrize("kind", [LibraryBars, LibraryLines])
def test_the_warnings_of_each_film_are_counted(kind: type[LibraryBars | LibraryLines]) -> None:
    display = kind(terminal())
    show(display)
    display.began(film(3), 0, None)
    display.ended(FilmOutcome(film=film(3, "skipped"), text="They are there.", seconds=0.0))
    counted = {ended.outcome.film.id: ended.warnings for ended in display.ended_films}
    assert counted == {1: 0, 2: 1, 3: 0}


def test_the_display_suits_the_output() -> None:
    assert isinstance(library_display(CommonOptions(json=True)), LibraryEvents)
    assert isinstance(library_display(CommonOptions()), LibraryLines)
