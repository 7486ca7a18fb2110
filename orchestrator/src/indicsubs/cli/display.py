"""Displays of a run: bars on a terminal, plain lines elsewhere, JSON lines for programs."""

import json
import sys
import time
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Column, Table
from rich.text import Text

from indicsubs.cli.console import printable
from indicsubs.cli.progress_text import progress_and_time_left, resumed_text
from indicsubs.run.reports import (
    NUMBER_COLUMNS,
    REPORT_COLUMNS,
    NothingToClose,
    StageReport,
    report_rows,
    wall_time,
)
from indicsubs.run.stage_speed import Speed
from indicsubs_contract.messages.progress import Progress as StageProgress
from indicsubs_contract.stages import StageName

_LINE_EVERY_S = 10.0
"""Time in seconds between two lines about a running stage, where there is no terminal."""


_WIDE = 110
"""A terminal with at least so many columns has room for long bars."""


def _whole() -> Column:
    """Returns a column that keeps its width on a narrow terminal."""
    return Column(no_wrap=True)


class _NoteColumn(ProgressColumn):
    """The column of notes, which is cut on a narrow terminal."""

    def render(self, task: Task) -> Text:
        """Returns the note of a task."""
        return Text(task.fields["note"], style="dim", no_wrap=True, overflow="ellipsis")


class ProgressBars:
    """A display for terminals with one bar for each stage and one bar for the whole run."""

    def __init__(self, console: Console, stages: tuple[StageName, ...]) -> None:
        self.console = console
        self._speed = Speed()
        self._bars = Progress(
            TextColumn("{task.description}"),
            TextColumn("[dim]{task.fields[environment]:<11}"),
            BarColumn(bar_width=20 if console.width >= _WIDE else 8, table_column=_whole()),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(table_column=_whole()),
            _NoteColumn(),
            console=console,
        )
        self._tasks = {stage: self._add(stage) for stage in stages}
        self._all = self._bars.add_task("[bold]all", total=len(stages), environment="", note="")

    def _add(self, stage: StageName) -> TaskID:
        return self._bars.add_task(stage, total=None, start=False, environment="", note="")

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

    def started(self, stage: StageName, environment: str) -> None:
        """Starts the stage's clock; one that was not planned, as its files are gone, gets a bar."""
        self._speed = Speed()
        if stage not in self._tasks:
            self._tasks[stage] = self._add(stage)
        self._bars.start_task(self._tasks[stage])
        self._bars.update(self._tasks[stage], environment=environment)

    def progress(self, message: StageProgress) -> None:
        """Moves the stage's bar, and prints what an interrupted run has done of the stage."""
        if message.resumed:
            self.console.print(f"{message.stage}: {resumed_text(message)}", highlight=False)
        self._bars.update(
            self._tasks[StageName(message.stage)],
            completed=message.done,
            total=message.total or None,
            note=progress_and_time_left(message, self._speed, time.monotonic()),
        )

    def finished(self, report: StageReport) -> None:
        """Fills the stage's bar."""
        task = self._tasks[report.stage]
        self._bars.update(task, total=1, completed=1, note=_outcome(report))
        self._bars.stop_task(task)
        self._bars.advance(self._all)

    def left_out(self, stage: StageName) -> None:
        """Says in the stage's line that it is not needed."""
        self._bars.update(self._tasks[stage], note="not needed")
        self._bars.advance(self._all)

    def warned(self, stage: StageName, warning: str) -> None:
        """Prints a warning above the bars."""
        self.console.print(f"[yellow]{stage}:[/] {escape(printable(warning))}", highlight=False)


class _WithoutBars(NothingToClose):
    """The base of displays that show nothing of stages that are left out."""

    def left_out(self, stage: StageName) -> None:
        """Does nothing."""


class PlainLines(_WithoutBars):
    """A display that prints plain lines, for a log or a pipe."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._speed = Speed()
        self._last_line_s = 0.0

    def started(self, stage: StageName, environment: str) -> None:
        """Prints the stage and its environment."""
        self._speed = Speed()
        self._last_line_s = time.monotonic()
        self._print(f"{stage}: started in the {environment} environment")

    def progress(self, message: StageProgress) -> None:
        """Prints the stage's progress, at most every ten seconds.

        What an interrupted run has done of the stage is printed at once.
        """
        if message.resumed:
            self._print(f"{message.stage}: {resumed_text(message)}")
        now_s = time.monotonic()
        text = progress_and_time_left(message, self._speed, now_s)
        if now_s - self._last_line_s >= _LINE_EVERY_S:
            self._last_line_s = now_s
            self._print(f"{message.stage}: {text}")

    def finished(self, report: StageReport) -> None:
        """Prints the stage's outcome."""
        self._print(f"{report.stage}: {_outcome(report)}")

    def warned(self, stage: StageName, warning: str) -> None:
        """Prints a warning."""
        self._print(f"{stage}: warning: {printable(warning)}")

    def _print(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


class JsonEvents(_WithoutBars):
    """A display for programs that prints one JSON object per line.

    Args:
        film: The path of the film, for each event; None where the run has only one.
    """

    def __init__(self, film: str | None = None) -> None:
        self._film = {} if film is None else {"path": film}

    def started(self, stage: StageName, environment: str) -> None:
        """Prints a ``started`` event."""
        self.emit({"event": "started", "stage": stage, "environment": environment})

    def progress(self, message: StageProgress) -> None:
        """Prints a ``progress`` event, with the numbers and the unit of the stage."""
        self.emit({"event": "progress", **msgspec.structs.asdict(message)})

    def finished(self, report: StageReport) -> None:
        """Prints a ``finished`` event, with the stage's whole record."""
        self.emit(
            {
                "event": "finished",
                "stage": report.stage,
                "outcome": report.outcome,
                "record": report.record,
            }
        )

    def warned(self, stage: StageName, warning: str) -> None:
        """Prints a ``warning`` event."""
        self.emit({"event": "warning", "stage": stage, "warning": warning})

    def emit(self, event: dict[str, object]) -> None:
        """Prints an event."""
        emit({**event, **self._film})


def emit(value: object) -> None:
    r"""Prints a value as one line of JSON.

    Bytes of a path that are not UTF-8 are escaped as Python reads them: ``\udcff``.
    """
    try:
        line = msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        line = json.dumps(msgspec.to_builtins(value))
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def report_table(reports: list[StageReport]) -> Table:
    """Returns the table at the end of a run; the usual outcome ``done`` is left out."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in REPORT_COLUMNS:
        table.add_column(name, no_wrap=True, justify="right" if name in NUMBER_COLUMNS else "left")
    for *cells, outcome in report_rows(reports):
        table.add_row(*cells, "" if outcome == "done" else outcome)
    return table


def _outcome(report: StageReport) -> str:
    if report.outcome == "skipped":
        return "skipped: nothing it depends on has changed"
    if report.outcome == "reused":
        return f"reused from job {report.record.reused_from}"
    return f"done in {wall_time(report.record)}"
