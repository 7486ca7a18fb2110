"""What a run looks like: bars on a terminal, plain lines elsewhere, JSON lines for machines."""

import sys
import time
from types import TracebackType
from typing import Self

import msgspec
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from indicsubs.run.pipeline import StageReport
from indicsubs_contract.messages.progress import Progress as StageProgress
from indicsubs_contract.stages import StageName

_REPORT_EVERY_S = 10.0
"""Without a terminal, a running stage says so often how far it is."""


class Bars:
    """One bar per stage and one for the whole, on a terminal."""

    def __init__(self, console: Console, stages: tuple[StageName, ...]) -> None:
        self.console = console
        self._progress = Progress(
            TextColumn("{task.description:<24}"),
            TextColumn("[dim]{task.fields[environment]:<12}"),
            BarColumn(bar_width=28),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
        )
        self._tasks: dict[StageName, TaskID] = {
            stage: self._progress.add_task(stage, total=None, start=False, environment="", note="")
            for stage in stages
        }
        self._all = self._progress.add_task("[bold]all", total=len(stages), environment="", note="")

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def started(self, stage: StageName, environment: str) -> None:
        """Start the stage's clock."""
        self._progress.start_task(self._tasks[stage])
        self._progress.update(self._tasks[stage], environment=environment)

    def progress(self, message: StageProgress) -> None:
        """Move the stage's bar."""
        self._progress.update(
            self._tasks[StageName(message.stage)],
            completed=message.done,
            total=message.total or None,
            note=message.note or message.unit,
        )

    def finished(self, report: StageReport) -> None:
        """Fill the stage's bar."""
        note = _outcome(report)
        task = self._tasks[report.stage]
        self._progress.update(task, total=1, completed=1, note=note)
        self._progress.stop_task(task)
        self._progress.advance(self._all)

    def warned(self, stage: StageName, warning: str) -> None:
        """Print a warning above the bars."""
        self.console.print(f"[yellow]{stage}:[/] {escape(warning)}", highlight=False)


class Lines:
    """Plain lines, for a log or a pipe."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._last = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def started(self, stage: StageName, environment: str) -> None:
        """Say so."""
        self._last = time.monotonic()
        self._say(f"{stage}: started in the {environment} environment")

    def progress(self, message: StageProgress) -> None:
        """Say how far, now and then."""
        if time.monotonic() - self._last >= _REPORT_EVERY_S:
            self._last = time.monotonic()
            of = f"/{message.total}" if message.total else ""
            self._say(f"{message.stage}: {message.done}{of} {message.unit} {message.note}".rstrip())

    def finished(self, report: StageReport) -> None:
        """Say so."""
        self._say(f"{report.stage}: {_outcome(report)}")

    def warned(self, stage: StageName, warning: str) -> None:
        """Say it."""
        self._say(f"{stage}: warning: {warning}")

    def _say(self, text: str) -> None:
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


class JsonLines(Lines):
    """One JSON object a line, for machines."""

    def __init__(self) -> None:
        super().__init__(Console())

    def started(self, stage: StageName, environment: str) -> None:
        """A ``started`` event."""
        emit({"event": "started", "stage": stage, "environment": environment})

    def progress(self, message: StageProgress) -> None:
        """A ``progress`` event."""
        emit({"event": "progress", **msgspec.structs.asdict(message)})

    def finished(self, report: StageReport) -> None:
        """A ``finished`` event, with the stage's whole record."""
        emit(
            {
                "event": "finished",
                "stage": report.stage,
                "outcome": report.outcome,
                "record": report.record,
            }
        )

    def warned(self, stage: StageName, warning: str) -> None:
        """A ``warning`` event."""
        emit({"event": "warning", "stage": stage, "warning": warning})


def emit(value: object) -> None:
    """Print a value as one line of JSON."""
    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def report_table(reports: list[StageReport]) -> Table:
    """Stage, environment, wall time and peak memory."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("stage", "environment"):
        table.add_column(name, no_wrap=True)
    for name in ("wall", "peak memory"):
        table.add_column(name, justify="right")
    table.add_column("")
    for report in reports:
        record = report.record
        table.add_row(
            report.stage,
            record.environment,
            f"{record.wall_ms / 1000:.1f} s",
            f"{record.peak_memory_bytes / 2**20:.0f} MiB",
            "" if report.outcome == "done" else report.outcome,
        )
    return table


def _outcome(report: StageReport) -> str:
    if report.outcome == "skipped":
        return "skipped: nothing it depends on has changed"
    if report.outcome == "reused":
        return f"reused from job {report.record.reused_from}"
    return f"done in {report.record.wall_ms / 1000:.1f} s"
