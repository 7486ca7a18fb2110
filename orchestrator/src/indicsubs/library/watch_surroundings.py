"""How a library is watched, and what the watcher uses of its machine."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import msgspec

from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.quiet_hours import QuietHours
from indicsubs.library.scanning import Scan
from indicsubs.library.source_changes import SourceChanges


class Say(Protocol):
    """Tells the user about an event."""

    def __call__(self, event: str, text: str, **details: object) -> None:
        """Shows a sentence; programs get the name of the event and its details."""
        ...


class WatchedFolder(msgspec.Struct, frozen=True):
    """A folder, and what is wanted of its films."""

    path: str
    """The absolute path."""
    wish: str
    """The wish as the ledger keeps it."""


class WatchSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How a library is watched."""

    every_s: float = 60.0
    settle_s: float = 60.0
    quiet: QuietHours = QuietHours()
    priority: int = 0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The clocks of the machine."""

    monotonic: Callable[[], float] = time.monotonic
    """Seconds that never go back."""
    time: Callable[[], float] = time.time
    """Seconds since 1970."""
    local: Callable[[], datetime] = datetime.now
    """The time on the wall."""


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the watcher uses of its machine."""

    scan: Callable[[str], Scan]
    """Reads a folder."""
    say: Say
    is_still_done: Callable[[LedgerFilm], bool]
    """Whether what was made of a film is still there."""
    obstacle: Callable[[], str | None] = lambda: None
    """Why no film can be begun on this machine: an environment or a model is missing."""
    sources: SourceChanges | None = None
    clock: Clock = Clock()
    start: Callable[[Callable[[], None]], None] = lambda work: threading.Thread(
        target=work, name="scan", daemon=True
    ).start()
    """Starts a function in a thread."""
