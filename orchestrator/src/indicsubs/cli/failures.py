"""Turns errors that no command expects into failures with the next step."""

import sys
import tempfile
import traceback
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path

from indicsubs.cli.console import err, printable
from indicsubs.machine.workspace import find_workspace
from indicsubs_contract.errors import OUT_OF_MEMORY, FailureCode, IndicsubsError, os_failure


def failure_of(error: Exception, arguments: list[str]) -> IndicsubsError:
    """Returns the failure for any error; a bug leaves its trace in a file that the failure names.

    Args:
        error: The error.
        arguments: The command line, for the report of a bug.
    """
    if isinstance(error, IndicsubsError):
        return error
    if isinstance(error, MemoryError):
        return IndicsubsError(FailureCode.OUT_OF_MEMORY, OUT_OF_MEMORY)
    if isinstance(error, OSError):
        step = "Check the disk and the permissions, and run again; --debug shows the trace."
        return os_failure(error, step)
    log = _bug_log(error, arguments)
    return IndicsubsError(
        FailureCode.BUG,
        f"{type(error).__name__}: {error}. This is a bug in indicsubs; please report it with"
        f" {log}.",
    )


def _bug_log(error: Exception, arguments: list[str]) -> str:
    """Writes the trace, the versions and the command to a file, and returns the file's path.

    Where no file can be written, the trace is shown on stderr.
    """
    head = f"indicsubs {version('indicsubs')}, Python {sys.version}\n{arguments}\n\n"
    text = head + "".join(traceback.format_exception(error))
    folders: list[Path] = []
    with suppress(IndicsubsError, OSError):
        folders.append(find_workspace().cache)
    with suppress(OSError):
        folders += [Path.cwd(), Path(tempfile.gettempdir())]
    for folder in folders:
        path = folder / "bug.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="backslashreplace")
        except OSError:
            continue
        return str(path)
    with suppress(OSError, ValueError):
        err.print(
            "\n".join(map(printable, text.splitlines())),
            highlight=False,
            markup=False,
            soft_wrap=True,
        )
    return "the trace above"
