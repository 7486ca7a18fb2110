"""Connections: how many there may be, and how long a request may take to say what it wants."""

import asyncio
import resource
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar, Final

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 500
_FILES: Final = 4096
"""The files that may be open: connections, films, pipes to stages."""
_RENEWED_BYTES: Final = 64 * 1024
"""The largest head, which is never this long. Whoever sends the rest of a refused upload, and reads
the answer afterwards as many clients do, has more time with each of these."""
_ANSWERING: Final = (h11.SEND_RESPONSE, h11.SEND_BODY)
"""A handler has the request, and waits for its body as long as it wants."""
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n"
    b"Retry-After: 10\r\n\r\n"
)


class GuardedConnection(H11Protocol):
    """A connection that is closed where its client is too slow while no handler waits for it."""

    head_s: ClassVar[float] = 20.0
    """The time for the head of a request, from its first byte or from the connection on, and for
    each part of the rest of a request that is answered already."""
    answer_s: ClassVar[float] = 60.0
    """The time in which a client must take what was sent to it."""
    waiting: ClassVar[dict["GuardedConnection", asyncio.TimerHandle]] = {}
    """The connections whose client is waited for, with the ends of their times; the oldest first.
    They make room for new ones."""

    _answer: asyncio.TimerHandle | None = None
    _received = 0

    def connection_made(self, transport: Any) -> None:
        """Accepts a connection, or closes it where too many requests are being answered."""
        super().connection_made(transport)
        # Whatever the system does not take is noticed at once.
        transport.set_write_buffer_limits(high=0)
        if len(self.connections) > MOST_CONNECTIONS:
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                transport.write(_BUSY)
                transport.close()
                return
            oldest.forget_wait()
            oldest.transport.abort()
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Takes the next bytes."""
        super().data_received(data)
        if self.conn.our_state in _ANSWERING:
            self.forget_wait()
            return
        self._received += len(data)
        if self not in self.waiting or self._received >= _RENEWED_BYTES:
            self.forget_wait()
            self._wait()

    def pause_writing(self) -> None:
        """Waits for the client, which does not take the answer as fast as it is made."""
        super().pause_writing()
        self._answer = self.loop.call_later(self.answer_s, self.transport.abort)

    def resume_writing(self) -> None:
        """Goes on with the answer."""
        super().resume_writing()
        self._forget_answer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self.forget_wait()
        self._forget_answer()
        super().connection_lost(exc)

    def forget_wait(self) -> None:
        """Ends the wait for the client, which has said what it wants, or is gone."""
        self._received = 0
        timer = self.waiting.pop(self, None)
        if timer is not None:
            timer.cancel()

    def _wait(self) -> None:
        self.waiting[self] = self.loop.call_later(self.head_s, self.transport.abort)

    def _forget_answer(self) -> None:
        if self._answer is not None:
            self._answer.cancel()
            self._answer = None


class Server(uvicorn.Server):
    """Uvicorn, which first ends the requests that wait for their answers when it stops.

    Args:
        config: The configuration.
        on_stop: Called when the server stops, before it waits for its requests.
    """

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: Any = None) -> None:
        """Stops taking requests, and ends those that are there."""
        self._on_stop()
        await super().shutdown(sockets)


def allow_files() -> None:
    """Raises the limit of open files, which is 1024 or 256 on many machines."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
