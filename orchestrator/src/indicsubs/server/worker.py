"""The thread that works through the queue, as long as the server runs."""

import logging
import threading
from collections.abc import Callable
from typing import Final, TypeAlias

from indicsubs.library.work import Next

_LOG = logging.getLogger("indicsubs.server")
_AGAIN_S: Final = 10.0
"""The pause after a failure that is not of a film, as of the disk."""

Ask: TypeAlias = Callable[[], Next]


class _StoppedWorkError(Exception):
    """The server stops: the films in hand wait again."""


class Worker:
    """Runs the work in a thread of its own.

    Args:
        run: Works on the queue until the function that it is given says that it ends.
        explained: Returns the sentence about any error.
    """

    def __init__(self, run: Callable[[Ask], None], explained: Callable[[Exception], str]) -> None:
        self._run, self._explained = run, explained
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._work, name="work", daemon=True)
        self.trouble: str | None = None
        """Why no film is worked on; None where all is well."""

    def start(self) -> None:
        """Starts the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Lets the films in hand wait again, and waits for the end of the thread."""
        self._stopping.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._run(self._ask)
                self.trouble = None
            except _StoppedWorkError:
                return
            except Exception as error:  # of the ledger or of the disk: it may be over soon
                self.trouble = self._explained(error)
                _LOG.error("No film is worked on: %s", self.trouble)
                self._stopping.wait(_AGAIN_S)

    def _ask(self) -> Next:
        if self._stopping.is_set():
            raise _StoppedWorkError
        self.trouble = None
        return "begin"
