"""The entry point: runs a command, shows one message if it fails, and exits with its status."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from cyclopts import CycloptsError
from rich.text import Text

from indicsubs.cli import (
    display,
    import_command,
    job_commands,
    machine_commands,
    model_commands,
    queue_commands,
    run_commands,
)
from indicsubs.cli.console import app, err, printable
from indicsubs.machine.workspace import find_workspace
from indicsubs.run.runner import StageFailure
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.harness import open_standard_files
from indicsubs_text.excerpts import shortened

COMMANDS = (
    run_commands,
    import_command,
    queue_commands,
    job_commands,
    machine_commands,
    model_commands,
)
"""The modules that add commands to the app when they are imported."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its status."""
    open_standard_files()
    # SIGTERM and a closed terminal stop the run as Ctrl-C does.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    arguments = sys.argv[1:] if arguments is None else arguments
    sys.exit(_status(lambda: app(arguments, exit_on_error=False, print_error=False), arguments))


def _status(command: Callable[[], object], arguments: list[str]) -> int:
    """Runs a command and returns its exit status; shows one message if the command fails."""
    try:
        result = command()
    except CycloptsError as error:
        return _failed(_usage_error(error, arguments), arguments)
    except IndicsubsError as error:
        return _failed(error, arguments)
    except KeyboardInterrupt:
        message = "Stopped. The same command continues after the last finished stage."
        err.print(message)
        stopped = IndicsubsError(FailureCode.INTERRUPTED, message)
        return _failed(stopped, arguments, printed=True)
    except BrokenPipeError:
        return ExitStatus.IO_ERROR  # the program that reads our output has ended
    except Exception as error:
        log = _bug_log(arguments)
        bug = IndicsubsError(
            FailureCode.BUG,
            f"{type(error).__name__}: {error}. This is a bug in indicsubs; please report it with"
            f" {log}.",
        )
        return _failed(bug, arguments)
    return result if isinstance(result, int) else ExitStatus.DONE


def _usage_error(error: CycloptsError, arguments: list[str]) -> IndicsubsError:
    """Returns the error for a command line that cannot be understood."""
    message = " ".join(shortened(word, 200) for word in str(error).split())
    for argument in arguments:
        if argument.startswith("-") and os.path.lexists(argument):
            message += f" If {argument} is a file, write ./{argument}."
    return IndicsubsError(
        FailureCode.USAGE, f"{message.rstrip('.')}. `just indicsubs --help` shows the commands."
    )


def _failed(error: IndicsubsError, arguments: list[str], *, printed: bool = False) -> ExitStatus:
    """Shows a failure on stderr, and with ``--json`` also as an event on stdout."""
    if not printed:
        if "--debug" in arguments:
            err.print_exception()
        text = Text.assemble(("error: ", "red"), printable(error.message))
        err.print(text, soft_wrap=True, highlight=False)
    if "--json" in arguments:
        stage = error.stage if isinstance(error, StageFailure) else None
        display.emit(
            {
                "event": "failure",
                "code": error.code,
                "status": error.status,
                "stage": stage,
                "message": printable(error.message),
            }
        )
    return error.status


def _bug_log(arguments: list[str]) -> Path:
    """Writes the trace, the versions and the command to a file, and returns the file's path."""
    try:
        folder = find_workspace().cache
        folder.mkdir(parents=True, exist_ok=True)
    except (IndicsubsError, OSError):
        folder = Path.cwd()
    path = folder / "bug.log"
    head = f"indicsubs {version('indicsubs')}, Python {sys.version}\n{arguments}\n\n"
    path.write_text(head + traceback.format_exc(), encoding="utf-8", errors="backslashreplace")
    return path


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
