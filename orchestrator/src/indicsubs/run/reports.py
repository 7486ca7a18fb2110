"""Reports about the stages of a run, and the interface of the displays that show them."""

from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Protocol, Self, TypeAlias

from indicsubs.jobs.job import StageRecord
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

Outcome: TypeAlias = Literal["done", "skipped", "reused"]

REPORT_COLUMNS = ("stage", "environment", "wall", "peak memory", "outcome")
NUMBER_COLUMNS = ("wall", "peak memory")
"""The columns of numbers, which are aligned to the right."""


@dataclass(frozen=True, kw_only=True)
class StageReport:
    """The outcome of a stage, and its record."""

    stage: StageName
    outcome: Outcome
    record: StageRecord


class NothingToClose:
    """The base of displays that need no start and no end."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


class RunDisplay(Protocol):
    """The interface through which the pipeline shows a run to the user."""

    def started(self, stage: StageName, environment: str) -> None:
        """Called before every stage, even if the stage turns out to be up to date."""

    def progress(self, message: Progress) -> None:
        """Called with every progress message of a stage."""

    def finished(self, report: StageReport) -> None:
        """Called when a stage has a result: a new one, the old one, or a result of another job."""

    def left_out(self, stage: StageName) -> None:
        """Called when a stage of the workflow turns out to have nothing to do."""

    def warned(self, stage: StageName, warning: str) -> None:
        """Called with each warning of a stage that succeeded."""


def wall_time(record: StageRecord) -> str:
    """Returns the time that a stage took, as in ``2.5 s``."""
    return f"{record.wall_ms / 1000:.1f} s"


def peak_memory(record: StageRecord) -> str:
    """Returns the peak memory of a stage's process, as in ``400 MiB``."""
    return f"{record.peak_memory_bytes / 2**20:.0f} MiB"


def report_rows(reports: Iterable[StageReport]) -> list[tuple[str, ...]]:
    """Returns the rows of the table at the end of a run, without the row of column names."""
    return [
        (
            report.stage,
            report.record.environment,
            wall_time(report.record),
            peak_memory(report.record),
            report.outcome,
        )
        for report in reports
    ]


def report_text(reports: Iterable[StageReport]) -> str:
    """Returns the table at the end of a run as plain text for logs, with one line per stage."""
    rows = [REPORT_COLUMNS, *report_rows(reports)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("  ".join(_cells(row, widths)).rstrip() for row in rows)


def _cells(row: Iterable[str], widths: Iterable[int]) -> Iterable[str]:
    for name, cell, width in zip(REPORT_COLUMNS, row, widths, strict=True):
        yield cell.rjust(width) if name in NUMBER_COLUMNS else cell.ljust(width)
