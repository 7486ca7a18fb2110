"""What all commands share: the app, the consoles, the common options."""

import os
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table

from indicsubs.jobs.job import JobSpec
from indicsubs.machine.hardware import Placement, choose_placement, detect
from indicsubs.machine.workspace import Workspace, find_workspace

app = App(
    name="indicsubs",
    version=version("indicsubs"),
    help="Turn an Indian-language film into readable, well-timed subtitles.",
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # cli.py says what is kept
)

out = Console()
if not out.is_terminal and "COLUMNS" not in os.environ:
    out.width = 160  # a file or a pipe has no width: names are not to be cut short
err = Console(stderr=True)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """Options of every command that looks at jobs."""

    output: Annotated[
        Path | None, Parameter(["--output", "-o"], help="Folder of the jobs. Default: out.")
    ] = None
    json: Annotated[bool, Parameter(negative="", help="Answer in JSON, for machines.")] = False
    debug: Annotated[bool, Parameter(negative="", help="Show the whole trace of an error.")] = False

    def workspace(self) -> Workspace:
        """The checkout, with the chosen folder of jobs."""
        return find_workspace(self.output)


def placement_for(workspace: Workspace, spec: JobSpec) -> Placement:
    """The engine and devices for what is asked, on this machine."""
    return choose_placement(
        detect(workspace.cache),
        spec.device,
        spec.backend,
        spec.translation_engine,
        spec.translation_precision,
    )


def table(*columns: str) -> Table:
    """A plain table with these columns."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column)
    return table
