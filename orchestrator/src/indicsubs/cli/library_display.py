"""Displays of the work on many films: bars on a terminal, plain lines elsewhere, JSON lines."""

import time
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, err, out, printable
from indicsubs.cli.job_runs import shortest
from indicsubs.cli.progress_text import progress_and_time_left, resumed_text, time_left_text
from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.work import FilmOutcome, LibraryDisplay
from indicsubs.run.reports import NothingToClose, RunDisplay, StageReport
from indicsubs.run.stage_speed import Speed
from indicsubs_contract.messages.progress import Progress as StageProgress
from indicsubs_contract.stages import StageName
from indicsubs_text.excerpts import shortened

_LINE_EVERY_S = 60.0
"""Time in seconds between two lines about a film in work, where there is no terminal."""
_NAME = 30
"""The most characters of a film's name in front of its bar."""


class FilmDisplay(RunDisplay, Protocol):
    """Shows the run of one of many films; called by the film's thread."""

    def note(self, text: str) -> None:
        """Shows what concerns the film and no stage of it."""
        ...


class RunnerDisplay(LibraryDisplay, Protocol):
    """Shows the work on many films."""

    def of_film(self, film: LedgerFilm) -> FilmDisplay:
        """Returns the display of a film that was begun."""
        ...

    def __enter__(self) -> Self:
        """Starts the display."""
        ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Ends the display."""
        ...


class _CountingDisplay(FilmDisplay, Protocol):
    """Counts the warnings of the film that it shows."""

    warnings: int


class EndedFilm(msgspec.Struct, frozen=True):
    """What became of a film, and the number of warnings that its stages gave."""

    outcome: FilmOutcome
    warnings: int


class ListDisplay(NothingToClose, ABC):
    """A display of films that a person named, which keeps what became of each."""

    def __init__(self) -> None:
        self.ended_films: list[EndedFilm] = []
        self._in_work: dict[int, _CountingDisplay] = {}

    def of_film(self, film: LedgerFilm) -> FilmDisplay:
        """Returns the display of a film that was begun."""
        self._in_work[film.id] = self._display_of(film)
        return self._in_work[film.id]

    def ended(self, outcome: FilmOutcome) -> None:
        """Shows what became of a film."""
        shown = self._in_work.pop(outcome.film.id, None)  # None: it had nothing to do
        ended = EndedFilm(outcome, 0 if shown is None else shown.warnings)
        self.ended_films.append(ended)
        self._show_end(ended)

    @abstractmethod
    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """Shows that a film is begun."""

    @abstractmethod
    def _display_of(self, film: LedgerFilm) -> _CountingDisplay: ...

    @abstractmethod
    def _show_end(self, ended: EndedFilm) -> None: ...


def library_display(common: CommonOptions) -> ListDisplay:
    """Returns the display that suits the output."""
    if common.json:
        return LibraryEvents()
    return LibraryBars(out) if out.is_terminal else LibraryLines(out)


class _Counted(ListDisplay):
    """The count of the films that were begun, and the line of each film that has ended."""

    def __init__(self, console: Console) -> None:
        super().__init__()
        self.console = console
        self.begun: int = 0

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """Prints the film, its number, and the time for all."""
        self.begun += 1
        of = f"film {self.begun} of {self.begun + left}"
        where = ", ".join(filter(None, (of, time_left_text(seconds_left))))
        self.console.print(
            f"[bold]{escape(name_of(film))}[/] ({where})", highlight=False, soft_wrap=True
        )

    def _show_end(self, ended: EndedFilm) -> None:
        outcome = ended.outcome
        failed = outcome.film.state == "failed"
        style, console = ("red", err) if failed else ("green", self.console)
        text = f"{outcome.film.state}: {name_of(outcome.film)}: {printable(outcome.text)}"
        state, _, rest = text.partition(":")
        console.print(f"[{style}]{state}[/]:{escape(rest)}", highlight=False, soft_wrap=True)


class LibraryLines(_Counted):
    """A display that prints plain lines, for a log or a pipe."""

    def _display_of(self, film: LedgerFilm) -> _CountingDisplay:
        return _FilmLines(self.console, Path(film.path).name)


class _FilmLines:
    """Warnings, and a line a minute."""

    def __init__(self, console: Console, name: str) -> None:
        self.warnings = 0
        self._console, self._name = console, name
        self._speed = Speed()
        self._last_line_s = time.monotonic()

    def started(self, stage: StageName, environment: str) -> None:  # noqa: ARG002
        self._speed = Speed()

    def progress(self, message: StageProgress) -> None:
        if message.resumed:
            self.note(f"{message.stage}: {resumed_text(message)}")
        now_s = time.monotonic()
        text = progress_and_time_left(message, self._speed, now_s)
        if now_s - self._last_line_s >= _LINE_EVERY_S:
            self._last_line_s = now_s
            self.note(f"{message.stage}: {text}")

    def finished(self, report: StageReport) -> None:
        pass

    def left_out(self, stage: StageName) -> None:
        pass

    def warned(self, stage: StageName, warning: str) -> None:
        self.warnings += 1
        self.note(f"{stage}: warning: {warning}")

    def note(self, text: str) -> None:
        line = printable(f"{self._name}: {text}")
        self._console.print(line, highlight=False, markup=False, soft_wrap=True)


class LibraryBars(_Counted):
    """A display for terminals: a bar for each film in work, and one for all films."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._bars = Progress(
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[stage]:<23}"),
            BarColumn(bar_width=20),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
        )
        self._all = self._bars.add_task("[bold]all films", total=None, stage="", note="")
        self._tasks: dict[int, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bars.stop()

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """Adds a bar for the film."""
        self.begun += 1
        name = escape(shortened(printable(Path(film.path).name), _NAME))
        self._tasks[film.id] = self._bars.add_task(name, total=None, stage="", note="")
        self._show_all(left, time_left_text(seconds_left))

    def _show_end(self, ended: EndedFilm) -> None:
        self._bars.remove_task(self._tasks.pop(ended.outcome.film.id))
        super()._show_end(ended)
        self._bars.update(self._all, completed=len(self.ended_films))

    def _display_of(self, film: LedgerFilm) -> _CountingDisplay:
        return _FilmBar(self._bars, self._tasks[film.id], Path(film.path).name)

    def _show_all(self, left: int, time_left: str) -> None:
        total = self.begun + left
        note = f"film {self.begun} of {total}" + (f", {time_left}" if time_left else "")
        self._bars.update(self._all, total=total, completed=len(self.ended_films), note=note)


class _FilmBar(_FilmLines):
    """A bar, and lines above all bars for warnings."""

    def __init__(self, bars: Progress, task: TaskID, name: str) -> None:
        super().__init__(bars.console, name)
        self._bars, self._task = bars, task

    def started(self, stage: StageName, environment: str) -> None:
        super().started(stage, environment)
        self._bars.update(self._task, stage=stage, completed=0, total=None, note="")

    def progress(self, message: StageProgress) -> None:
        if message.resumed:
            self.note(f"{message.stage}: {resumed_text(message)}")
        text = progress_and_time_left(message, self._speed, time.monotonic())
        self._bars.update(
            self._task, completed=message.done, total=message.total or None, note=text
        )


class LibraryEvents(ListDisplay):
    """A display for programs that prints one JSON object per line."""

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """Prints a ``film`` event."""
        event = {"event": "film", "path": film.path, "left": left, "seconds_left": seconds_left}
        display.emit(event)

    def _show_end(self, ended: EndedFilm) -> None:
        outcome = ended.outcome
        display.emit(
            {
                "event": "film_done",
                "path": outcome.film.path,
                "state": outcome.film.state,
                "warnings": ended.warnings,
                "message": outcome.text,
            }
        )

    def _display_of(self, film: LedgerFilm) -> _CountingDisplay:
        return _FilmEvents(film.path)


class _FilmEvents(display.JsonEvents):
    """Events with the film's path."""

    warnings = 0

    def warned(self, stage: StageName, warning: str) -> None:
        self.warnings += 1
        super().warned(stage, warning)

    def note(self, text: str) -> None:
        self.emit({"event": "note", "text": text})


def name_of(film: LedgerFilm) -> str:
    """Returns the path of a film as people read it."""
    return printable(shortest(Path(film.path)))
