"""One look at a watched folder: its films with their states, and what could not be read."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from indicsubs.library.folders import read_folders
from indicsubs_contract.errors import IndicsubsError


class FilmState(NamedTuple):
    """What a folder says of a film without opening it."""

    bytes: int
    modified_ns: int
    """The time of modification, in nanoseconds since 1970."""
    changed_s: float
    """The time of the last change of content, name or permissions, in seconds since 1970."""


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """What a scan of a folder found. Paths are absolute."""

    folder: str
    films: dict[str, FilmState]
    full: frozenset[str] = frozenset()
    """The folders that were read and have something in them."""
    empty: frozenset[str] = frozenset()
    """The folders that were read and have nothing in them."""
    dangling: frozenset[str] = frozenset()
    """Films that have a name and no file: a link to nothing, or a disk that went away meanwhile."""
    unreadable: dict[str, str] = {}
    """Folders and films that could not be read, and why."""
    began_s: float = 0.0
    seconds: float = 0.0
    """When the scan began, on the caller's clock, and how long it took."""

    def shows_gone(self, film: str) -> bool:
        """Returns whether a film that the scan has not found is certainly not in its folder.

        It is not certain where its folder, or the nearest one above it that still exists, could
        not be read or is empty: so is a mount point whose disk is gone.
        """
        if film in self.films or film in self.dangling:
            return False
        path = film
        while len(path) >= len(self.folder):
            if path in self.unreadable or path in self.empty:
                return False
            if path in self.full:
                return True
            path = os.path.dirname(path)  # noqa: PTH120  many names, no paths
        return False


def scan_folder(folder: str, ignored: Sequence[str], clock: Callable[[], float]) -> Scan:
    """Reads a folder and those below it, and the states of the films in them.

    Nothing is raised for what cannot be read: a part of a library may be on a disk that is away.

    Args:
        folder: The absolute path of the folder.
        ignored: Patterns of the command line (:func:`~indicsubs.library.folders.read_folders`).
        clock: Returns the time in seconds.
    """
    began_s = clock()
    films: dict[str, FilmState] = {}
    full: set[str] = set()
    empty: set[str] = set()
    dangling: set[str] = set()
    unreadable: dict[str, str] = {}

    def note(error: OSError) -> None:
        unreadable[os.fsdecode(error.filename)] = error.strerror or type(error).__name__

    try:
        for each in read_folders(Path(folder), ignored, note):
            (empty if each.is_empty else full).add(each.path)
            for name in each.films:
                path = f"{each.path.rstrip('/')}/{name}"
                if not _is_text(path):
                    unreadable[path] = "its name is not UTF-8; rename it"
                    continue
                try:
                    found = os.stat(path)  # noqa: PTH116  many names, no paths
                except FileNotFoundError:
                    dangling.add(path)
                except OSError as error:
                    note(error)
                else:
                    films[path] = FilmState(found.st_size, found.st_mtime_ns, found.st_ctime)
    except IndicsubsError as error:  # an ignore file that cannot be understood
        unreadable[folder] = error.message
    return Scan(
        folder=folder,
        films=films,
        full=frozenset(full),
        empty=frozenset(empty),
        dangling=frozenset(dangling),
        unreadable=unreadable,
        began_s=began_s,
        seconds=clock() - began_s,
    )


def _is_text(path: str) -> bool:
    """Returns whether a path can be kept in a ledger and sent in a message."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True
