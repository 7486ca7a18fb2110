"""The entry point: answers signals from the first moment, then loads the command line.

Imports take most of the first second. An interrupt during them would end in a traceback.
"""

import os
import signal
from types import FrameType

from indicsubs.cli.signals import SIGNALS

_INTERRUPTED, _UNAVAILABLE = 130, 69
_NOT_LOADED = (
    b"error: indicsubs could not be loaded. Check the limits of memory and of open files"
    b" (`ulimit -a`); `just setup` repairs the environment.\n"
)
"""A message that needs no memory."""


def main() -> None:
    """Runs the command line and exits with its status."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # nohup ignores SIGHUP
            signal.signal(number, _exit)
    try:
        from indicsubs.cli.main import main as run_command
    except (ImportError, MemoryError, OSError):
        os.write(2, _NOT_LOADED)
        os._exit(_UNAVAILABLE)
    run_command()


def _exit(_signal: int, _frame: FrameType | None) -> None:
    """Exits without a word: nothing was begun yet."""
    os._exit(_INTERRUPTED)
