"""The queue as the handlers of requests use it: the ledger, in a thread of its own."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.wishes import add_films
from indicsubs.server.served_ledger import ServedLedger

T = TypeVar("T")


class FilmQueue:
    """The films of the ledger. The methods are called in the event loop, which never waits.

    Args:
        path: The file of the ledger.
        jobs: The folder of the jobs.
    """

    def __init__(self, path: Path, jobs: Path) -> None:
        self._jobs = jobs
        self._thread = ThreadPoolExecutor(1, "queue")
        self._ledger = self._thread.submit(ServedLedger, path).result()

    def close(self) -> None:
        """Closes the ledger."""
        self._thread.submit(self._ledger.close).result()
        self._thread.shutdown()

    async def ask(self, question: Callable[[ServedLedger], T]) -> T:
        """Returns the answer of the ledger to a question.

        Raises:
            IndicsubsError: As the ledger.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, question, self._ledger)

    async def add(
        self, films: Sequence[tuple[Path, str]], priority: int, *, again: bool = False
    ) -> list[LedgerFilm]:
        """Adds films with their wishes, and ends their pauses; returns them.

        A film that was done waits again only where it has changed, what was made of it is gone, or
        ``again`` says so.
        """

        def added(ledger: ServedLedger) -> list[LedgerFilm]:
            ids = add_films(ledger, self._jobs, films, priority=priority, again=again)
            ledger.pause(ids, paused=False)
            return ledger.films(ids)

        return await self.ask(added)

    async def film(self, number: int) -> LedgerFilm | None:
        """Returns a film by its number; None where there is none."""
        found = await self.ask(lambda ledger: ledger.films([number]))
        return found[0] if found else None
