"""The events of the queue: the newest ones, numbered, for any number of readers."""

import asyncio
import secrets
from collections import deque
from typing import Final, NamedTuple

import msgspec

_KEPT: Final = 1000


class Event(NamedTuple):
    """An event, as it is sent."""

    number: int
    kind: str
    data: bytes
    """JSON."""


class EventLog:
    """The newest events. A reader that is too slow begins again with the whole state.

    The ids of events have a random part, so that a reader that goes on after a restart of the
    server begins again as well.
    """

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._events: deque[Event] = deque(maxlen=_KEPT)
        self._last = 0
        self._changed = asyncio.Event()

    @property
    def last(self) -> int:
        """The number of the last event."""
        return self._last

    def add(self, kind: str, value: object) -> None:
        """Adds an event for all readers."""
        self._last += 1
        self._events.append(Event(self._last, kind, msgspec.json.encode(value)))
        self.wake()

    def wake(self) -> None:
        """Ends the waiting of all readers."""
        self._changed.set()
        self._changed = asyncio.Event()

    def since(self, number: int) -> list[Event] | None:
        """Returns the events after one; None where some of them are not kept any more."""
        if number > self._last or (
            number < self._last and (not self._events or self._events[0].number > number + 1)
        ):
            return None
        return [event for event in self._events if event.number > number]

    async def wait(self, number: int, timeout_s: float) -> None:
        """Waits until there is an event after one, but not longer than a time."""
        if self._last == number:
            try:
                await asyncio.wait_for(self._changed.wait(), timeout_s)
            except TimeoutError:
                return

    def id_of(self, number: int) -> str:
        """Returns the id of an event."""
        return f"{self._run}-{number}"

    def number_of(self, text: str) -> int | None:
        """Returns the number of the event with an id; None for an id of another run."""
        run, _, number = text.partition("-")
        is_own = run == self._run and number.isascii() and number.isdecimal() and len(number) < 16
        return int(number) if is_own else None
