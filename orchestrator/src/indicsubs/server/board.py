"""What the page shows of the queue, kept up to date, and the events about its changes."""

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec

from indicsubs.library.ledger import FilmState, LedgerFilm
from indicsubs.server.event_log import EventLog
from indicsubs.server.film_queue import FilmQueue
from indicsubs.server.job_views import JobView, JobViews
from indicsubs.server.live_display import LiveProgress
from indicsubs.server.served_ledger import ServedLedger

_EVERY_S: Final = 0.5
"""The time between two looks at the ledger, which other processes change too."""
_SHOWN: Final[dict[FilmState, int]] = {
    "running": 100,
    "waiting": 100,
    "failed": 100,
    "done": 50,
    "skipped": 20,
}
"""The most jobs of each state that are shown; the others are counted."""
_FINISHED: Final = {"done", "skipped", "failed"}


class BoardState(msgspec.Struct, frozen=True, kw_only=True):
    """The queue at one moment."""

    jobs: tuple[JobView, ...]
    """The running ones, the next ones, and the last ones that have ended."""
    counts: dict[str, int]
    """The number of all jobs in each state."""
    seconds_left: float | None
    """The time for all that wait; None where no job was finished yet."""


_EMPTY: Final = BoardState(jobs=(), counts={}, seconds_left=None)


class Board:
    """The state of the queue, for all readers.

    Args:
        queue: The queue.
        views: Makes the views.
        progress: Returns how far the films in work are.
    """

    def __init__(
        self, queue: FilmQueue, views: JobViews, progress: Callable[[], dict[int, LiveProgress]]
    ) -> None:
        self._queue, self._views, self._progress = queue, views, progress
        self._version: tuple[int, int] | None = None
        self._shown: dict[int, LiveProgress] = {}
        self._rung = asyncio.Event()
        self._refreshed = asyncio.Event()
        self.state = _EMPTY
        self.events = EventLog()

    def ring(self) -> None:
        """Lets :meth:`keep` look at the ledger at once; called in the event loop."""
        self._rung.set()

    async def keep(self) -> None:
        """Keeps the state up to date until it is cancelled.

        Raises:
            IndicsubsError: The ledger cannot be read.
        """
        while True:
            self._rung.clear()
            await self.refresh()
            try:
                await asyncio.wait_for(self._rung.wait(), _EVERY_S)
            except TimeoutError:
                continue

    async def refresh(self) -> None:
        """Looks at the ledger and at the films in work, and adds events for what has changed."""
        progress = self._progress()
        version = await self._queue.ask(ServedLedger.version)
        if version == self._version and progress == self._shown:
            return
        state = await self._queue.ask(lambda ledger: self._read(ledger, progress))
        is_other = version != self._version
        self._version, self._shown = version, progress
        self._announce(state)
        if is_other:
            self._refreshed.set()
            self._refreshed = asyncio.Event()

    async def ended(self, number: int) -> LedgerFilm | None:
        """Waits until a job has ended, in whatever way; None where it was removed or paused."""
        while True:
            refreshed = self._refreshed
            film = await self._queue.film(number)
            if film is None or film.paused or film.state in _FINISHED:
                return None if film is None or film.state not in _FINISHED else film
            await refreshed.wait()

    def _read(self, ledger: ServedLedger, progress: dict[int, LiveProgress]) -> BoardState:
        films = [film for state, most in _SHOWN.items() for film in ledger.in_state(state, most)]
        speed = ledger.speed()
        return BoardState(
            jobs=tuple(self._views.view(film, progress.get(film.id)) for film in films),
            counts=ledger.counts(),
            seconds_left=None if speed is None else speed * ledger.waiting().bytes / 1000,
        )

    def _announce(self, state: BoardState) -> None:
        before = {view.id: view for view in self.state.jobs}
        now = {view.id: view for view in state.jobs}
        old, self.state = self.state, state
        for number, view in now.items():
            if before.get(number) != view:
                self.events.add("job", view)
        for number in before.keys() - now.keys():
            self.events.add("gone", {"id": number})
        if (old.counts, [*before]) != (state.counts, [*now]):
            order = [view.id for view in state.jobs]
            self.events.add(
                "counts",
                {"counts": state.counts, "seconds_left": state.seconds_left, "order": order},
            )
