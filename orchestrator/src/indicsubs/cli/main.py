"""The command line's entry: every end of a command becomes one message and one exit status."""

import signal
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cyclopts import CycloptsError
from rich.text import Text

from indicsubs.cli import job_commands, machine_commands
from indicsubs.cli.console import app, err
from indicsubs.machine.workspace import find_workspace
from indicsubs_contract.errors import EXIT_STATUS, ExitStatus, IndicsubsError
from indicsubs_contract.harness import open_standard_files

COMMANDS = (job_commands, machine_commands)
"""The modules whose import puts the commands into the app."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave with its exit status."""
    open_standard_files()
    # A polite end and a closed terminal stop the run as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(_status(lambda: app(arguments, exit_on_error=False, print_error=True), arguments))


def _status(command: Callable[[], object], arguments: list[str]) -> int:
    """Run a command; every end that is not a success becomes one message and one status."""
    try:
        result = command()
    except CycloptsError:
        return ExitStatus.USAGE  # the library has said what is wrong
    except IndicsubsError as error:
        return _complain(error.message, error.status, arguments)
    except IndicsubsError as error:
        return _complain(error.message, EXIT_STATUS[error.code], arguments)
    except KeyboardInterrupt:
        err.print("Stopped. What was finished is kept: the same command goes on from there.")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        return ExitStatus.IO_ERROR  # whoever read our output has left
    except Exception as error:
        if "--debug" in arguments:
            err.print_exception()
        log = _bug_log(arguments)
        return _complain(
            f"{type(error).__name__}: {error}. This is a bug in indicsubs; please report it with"
            f" {log}.",
            ExitStatus.BUG,
            [],
        )
    return result if isinstance(result, int) else ExitStatus.DONE


def _complain(message: str, status: ExitStatus, arguments: list[str]) -> ExitStatus:
    if "--debug" in arguments:
        err.print_exception()
    err.print(Text.assemble(("error: ", "red"), message), soft_wrap=True, highlight=False)
    return status


def _bug_log(arguments: list[str]) -> Path:
    """Write the trace, the versions and the command to a file for a report."""
    try:
        folder = find_workspace().cache
        folder.mkdir(parents=True, exist_ok=True)
    except (IndicsubsError, OSError):
        folder = Path.cwd()
    path = folder / "bug.log"
    head = f"indicsubs {version('indicsubs')}, Python {sys.version}\n{arguments}\n\n"
    path.write_text(head + traceback.format_exc(), encoding="utf-8")
    return path


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
