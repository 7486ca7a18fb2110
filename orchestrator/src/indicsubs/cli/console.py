"""The parts that all commands share: the app, the consoles, the common options, plain tables."""

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.hardware import Placement, choose_placement, detect
from indicsubs.machine.workspace import Workspace, find_workspace

app = App(
    name="indicsubs",
    version=version("indicsubs"),
    help="Turn an Indian-language film into readable, well-timed subtitles.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # main.py turns an interrupt into a message and a status
)

out = Console()
if not out.is_terminal and "COLUMNS" not in os.environ:
    out.width = 160  # a file or a pipe has no width, and names must not be cut
err = Console(stderr=True)

FILM_HELP = "A film, or a job: its id, the start of its id, its folder, or `last`."
JOB_HELP = "A job: its id, the start of its id, its folder, or `last`."


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """Options of every command."""

    output: Annotated[
        Path | None, Parameter(["--output", "-o"], help="Folder of the jobs. Default: out.")
    ] = None
    json: Annotated[bool, Parameter(negative="", help="Answer in JSON, for programs.")] = False
    debug: Annotated[bool, Parameter(negative="", help="Show the whole trace of an error.")] = False

    def workspace(self) -> Workspace:
        """Returns the checkout, with the folder of jobs that the user chose."""
        return find_workspace(self.output)


def placement_for(workspace: Workspace, spec: JobSpec) -> Placement:
    """Returns the engines and devices for a specification on this machine.

    Raises:
        IndicsubsError: As :func:`~indicsubs.machine.hardware.choose_placement`.
    """
    return choose_placement(
        detect(workspace.cache),
        spec.device,
        spec.backend,
        spec.translation_engine,
        spec.translation_precision,
    )


def table(*columns: str) -> Table:
    """Returns an empty plain table whose columns have these names."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    return table
