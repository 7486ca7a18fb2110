"""The entry point: runs a command, shows one message if it fails, and exits with its status."""

import io
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
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
    serve_command,
    watch_command,
)
from indicsubs.cli.console import app, err, printable
from indicsubs.cli.failures import failure_of
from indicsubs.cli.signals import SIGNALS
from indicsubs_contract.errors import (
    ExitStatus,
    FailureCode,
    IndicsubsError,
)
from indicsubs_contract.harness import open_standard_files
from indicsubs_processes.runner import StageFailure
from indicsubs_text.excerpts import shortened

COMMANDS = (
    run_commands,
    import_command,
    queue_commands,
    watch_command,
    serve_command,
    job_commands,
    machine_commands,
    model_commands,
)
"""The modules that add commands to the app when they are imported."""


_IGNORED_AFTER_S = 10.0
"""The time after a signal in which further ones are ignored, because processes are being ended."""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its status."""
    open_standard_files()
    _open_standard_streams()
    interrupt = _interrupt_once()
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, interrupt)
    threading.excepthook = _show_bugs_of_threads
    arguments = sys.argv[1:] if arguments is None else arguments
    status = _status(lambda: app(arguments, exit_on_error=False, print_error=False), arguments)
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # nothing is left to be stopped
    sys.exit(_flushed(status))


def _status(command: Callable[[], object], arguments: list[str]) -> int:
    """Runs a command and returns its exit status; shows one message if the command fails."""
    try:
        result = command()
    except CycloptsError as error:
        return _failed(_usage_error(error, arguments), arguments)
    except IndicsubsError as error:
        return _failed(error, arguments)
    except KeyboardInterrupt:
        stopped = IndicsubsError(
            FailureCode.INTERRUPTED,
            "Stopped. The same command continues after the last finished stage.",
        )
        return _failed(stopped, arguments, label=False)
    except BrokenPipeError:
        return ExitStatus.BROKEN_PIPE
    except Exception as error:
        return _failed(failure_of(error, arguments), arguments)
    return result if isinstance(result, int) else ExitStatus.DONE


def _open_standard_streams() -> None:
    """Makes streams of descriptors that the caller had closed, and lets all show any text."""
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            mode = "w" if descriptor else "r"
            setattr(sys, name, open(descriptor, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # tests have others
            stream.reconfigure(errors="backslashreplace")


def _flushed(status: int) -> int:
    """Writes what is left of the output, and returns the exit status.

    Otherwise Python would try it after the exit, and report its failure in its own words.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError) as error:
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())
            if status == ExitStatus.DONE:
                is_pipe = isinstance(error, BrokenPipeError)
                status = ExitStatus.BROKEN_PIPE if is_pipe else ExitStatus.IO_ERROR
    return status


def _show_bugs_of_threads(arguments: threading.ExceptHookArgs) -> None:
    """Shows the trace of a thread, unless the terminal is gone, which the main thread reports."""
    if not issubclass(arguments.exc_type, OSError):
        threading.__excepthook__(arguments)


def _usage_error(error: CycloptsError, arguments: list[str]) -> IndicsubsError:
    """Returns the error for a command line that cannot be understood."""
    message = " ".join(shortened(word, 200) for word in str(error).split())
    for argument in arguments:
        if argument.startswith("-") and os.path.lexists(argument):
            message += f" If {argument} is a file, write ./{argument}."
    return IndicsubsError(
        FailureCode.USAGE, f"{message.rstrip('.')}. `just indicsubs --help` shows the commands."
    )


def _failed(error: IndicsubsError, arguments: list[str], *, label: bool = True) -> ExitStatus:
    """Shows a failure on stderr, and with ``--json`` also as an event on stdout."""
    with suppress(OSError, ValueError):  # closed, or on a full disk: the status still tells
        if "--debug" in arguments and label:
            err.print_exception()
        text = Text.assemble(("error: ", "red") if label else "", printable(error.message))
        err.print(text, soft_wrap=True, highlight=False)
    if "--json" in arguments:
        stage = error.stage if isinstance(error, StageFailure) else None
        with suppress(OSError, ValueError):
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


def _interrupt_once() -> Callable[[int, FrameType | None], None]:
    """Returns a handler of signals that stops the command.

    Further signals are ignored for a while, so that none stops the clean-up after the first. Then
    they count again, because a library may have caught the first.
    """
    first_s: list[float] = []

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        now_s = time.monotonic()
        if not first_s or now_s - first_s[-1] > _IGNORED_AFTER_S:
            first_s.append(now_s)
            raise KeyboardInterrupt

    return interrupt
