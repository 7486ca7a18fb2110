"""The parts that all commands share: the app, the consoles, the common options, plain tables."""

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter, Token
from rich.console import Console
from rich.table import Table

from indicsubs.jobs.input_files import check_folder_name, is_file
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.hardware import Placement, choose_placement, detect
from indicsubs.machine.workspace import Workspace, find_workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_processes.hardware import Hardware


class _Output(Console):
    """A console that reports a broken pipe as the error that it is."""

    def on_broken_pipe(self) -> None:
        """Raises the error again: main.py ends with the status of a broken pipe."""
        raise BrokenPipeError


out = _Output()
if not out.is_terminal and "COLUMNS" not in os.environ:
    out.width = 160  # a file or a pipe has no width, and names must not be cut
err = _Output(stderr=True)

app = App(
    name="indicsubs",
    version=version("indicsubs"),
    help="Turn an Indian-language film into readable, well-timed subtitles.",
    console=out,
    result_action="return_value",
    suppress_keyboard_interrupt=False,  # main.py turns an interrupt into a message and a status
)

FILM_HELP = "A film, or a job: its id, the start of its id, its folder, or `last`."
JOB_HELP = "A job: its id, the start of its id, its folder, or `last`."


def folder_option(_kind: object, tokens: Sequence[Token]) -> Path:
    """Returns the path of a folder.

    Raises:
        ValueError: The path is empty, which the library would take for the current folder.
    """
    if not tokens[0].value:
        raise ValueError("give the path of a folder")
    return Path(tokens[0].value)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """Options of every command."""

    output: Annotated[
        Path | None,
        Parameter(
            ["--output", "-o"], converter=folder_option, help="Folder of the jobs. Default: out."
        ),
    ] = None
    json: Annotated[bool, Parameter(negative="", help="Answer in JSON, for programs.")] = False
    debug: Annotated[bool, Parameter(negative="", help="Show the whole trace of an error.")] = False

    def workspace(self) -> Workspace:
        """Returns the checkout, with the folder of jobs that the user chose.

        Raises:
            IndicsubsError: ``USAGE`` where --output cannot be a folder of jobs.
        """
        if self.output is not None:
            check_folder_name(self.output)
            if is_file(self.output):
                raise IndicsubsError(
                    FailureCode.USAGE,
                    f"--output {self.output} is a file. Give the folder of the jobs.",
                )
        return find_workspace(self.output)


def printable(text: str) -> str:
    r"""Returns a text without what a terminal would obey or could not show, as in file names.

    >>> printable("a\nb\x1b[2Jc")
    'a\\nb\\x1b[2Jc'
    """
    shown = text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == " " else _escaped(c) for c in shown)


def _escaped(character: str) -> str:
    """Returns a control character as its escape; marks of writing directions stay."""
    if unicodedata.category(character) in {"Cc", "Zl", "Zp"}:
        return character.encode("unicode_escape").decode()
    return character


def placement_for(
    workspace: Workspace, spec: JobSpec, hardware: Hardware | None = None
) -> Placement:
    """Returns the engines and devices for a specification.

    Args:
        workspace: The checkout.
        spec: The specification.
        hardware: What the stages run on; None takes this machine.

    Raises:
        IndicsubsError: As :func:`~indicsubs.machine.hardware.choose_placement`.
    """
    return choose_placement(
        hardware or detect(workspace.cache),
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
