"""Descriptions of every command and option, taken from the command line itself."""

import re
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import get_args, get_type_hints

from cyclopts import Parameter

# The import registers the commands.
import indicsubs.cli.main  # noqa: F401 # pyright: ignore[reportUnusedImport]
from indicsubs.cli.console import app
from indicsubs.cli.options import JobOptions


def commands() -> str:
    """Returns the list of the commands, then a section for each."""
    with _started_as(app.name[0]):
        text = app.generate_docs()
    overview, *sections = re.split(r"^(?=#{2,} indicsubs )", text, flags=re.MULTILINE)
    listed = overview.partition("**Commands**:")[2]
    return "\n".join((listed.strip(), "", *map(_command, sections)))


@contextmanager
def _started_as(program: str) -> Generator[None]:
    """Makes cyclopts write the usage of ``program`` and not of this generator."""
    arguments, sys.argv = sys.argv, [program]
    try:
        yield
    finally:
        sys.argv = arguments


def _command(text: str) -> str:
    """Returns the section of a command; subcommands get the same heading level as their parents."""
    text = re.sub(r"^#{2,}", "##", text).replace("```console", "```text")
    return re.sub(r"\*\*Commands\*\*:\n\n", "**Commands below it:**\n\n", text)


def option_descriptions() -> dict[str, str]:
    """Returns the ``--help`` text of each option of a job, by the name of its field."""
    found: dict[str, str] = {}
    for name, hint in get_type_hints(JobOptions, include_extras=True).items():
        parameter = next((part for part in get_args(hint) if isinstance(part, Parameter)), None)
        if parameter is not None:
            option = next(iter(parameter.name or ()), "--" + name.replace("_", "-"))
            found[name] = f"`{option}`: {parameter.help}"
    return found
