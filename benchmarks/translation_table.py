"""The table of ``benchmarks.translation``. Pure."""

from collections.abc import Iterator
from typing import NamedTuple

HEADS = (
    *("engine", "seconds", "CPU seconds", "lines/s", "tokens/s", "longest output"),
    *("ratio", "ratio of CPU", "equal lines"),
)


class Run(NamedTuple):
    """The result of one contender."""

    name: str
    seconds: float
    cpu_seconds: float
    outputs: list[list[int]]
    """Token ids of each line."""
    peak_gpu_bytes: int | None
    """The most memory that torch had on the GPU, weights included; None without one."""


class NotRun(NamedTuple):
    """A contender that could not run."""

    name: str
    reason: str


def table(runs: Iterator[Run | NotRun], *, has_gpu: bool) -> Iterator[str]:
    """Returns the runs as lines of Markdown, each compared with the first."""
    heads = (*HEADS, "peak MB of the GPU") if has_gpu else HEADS
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "--:|" * (len(heads) - 1)
    first: Run | None = None
    for run in runs:
        if isinstance(run, NotRun):
            yield f"| {run.name}: not run: {run.reason} |" + " – |" * (len(heads) - 1)
            continue
        first = first or run
        equal = sum(a == b for a, b in zip(run.outputs, first.outputs, strict=True))
        count = len(run.outputs)
        cells = (
            f"{run.seconds:.2f}",
            f"{run.cpu_seconds:.2f}",
            f"{count / run.seconds:.2f}",
            f"{sum(map(len, run.outputs)) / run.seconds:.0f}",
            str(max(map(len, run.outputs))),
            f"{first.seconds / run.seconds:.2f}",
            f"{first.cpu_seconds / run.cpu_seconds:.2f}",
            f"{equal}/{count}",
            *([_megabytes(run.peak_gpu_bytes)] if has_gpu else []),
        )
        yield f"| {run.name} | {' | '.join(cells)} |"


def _megabytes(count: int | None) -> str:
    return "–" if count is None else f"{count / 1e6:.0f}"
