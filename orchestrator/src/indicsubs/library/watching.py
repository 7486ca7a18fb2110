"""Decides what a scan of a watched folder means for the ledger. Knows no clock and no disk."""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.scanning import FilmState, Scan
from indicsubs_contract.errors import FailureCode

RETRY_AFTER_S: Final = (5 * 60.0, 30 * 60.0, 3 * 3600.0)
"""How long after its first, second and third failure in a row a film is tried again."""
MAY_PASS: Final = frozenset(
    (
        FailureCode.BROKEN_ENVIRONMENT,
        FailureCode.BUSY,
        FailureCode.CRASHED,
        FailureCode.DEVICE,
        FailureCode.IO_ERROR,
        FailureCode.NO_INPUT,
        FailureCode.OUT_OF_MEMORY,
        FailureCode.TIMED_OUT,
        FailureCode.UNREACHABLE,
    )
)
"""The failures that have to do with the machine and its disks; others come again with the film."""


class Settling:
    """Finds the films that have not changed for some time: others may still be being copied.

    Args:
        settle_s: The time that size and time of modification must have been the same, in seconds.
    """

    def __init__(self, settle_s: float) -> None:
        self._settle_s = settle_s
        self._since: dict[str, tuple[int, int, float]] = {}

    def settled(self, scan: Scan, known: Mapping[str, LedgerFilm]) -> set[str]:
        """Returns the films of a scan that are settled.

        A film that the ledger knows with its size and time is settled. Any other was seen with the
        same ones in an earlier scan. An empty file is none: some programs make it first, and fill
        it later.
        """
        found: set[str] = set()
        since: dict[str, tuple[int, int, float]] = {}
        for path, state in scan.films.items():
            if (film := known.get(path)) is not None and _is_as_known(film, state):
                found.add(path)
                continue
            before = self._since.get(path)
            if before is None or before[:2] != state[:2]:
                before = (state.bytes, state.modified_ns, scan.began_s)
            elif state.bytes and scan.began_s - before[2] >= self._settle_s:
                found.add(path)
            since[path] = before
        self._since = since
        return found


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from a scan."""

    new: list[str]
    """Films that the ledger does not know."""
    changed: list[str]
    """Films whose file is another one than the ledger knows."""
    moved: dict[str, str]
    """New films, and where the same file was before."""
    gone: list[LedgerFilm]
    """Films that wait and are not in the folder any more."""
    again: list[LedgerFilm]
    """Films that failed and are tried again."""
    ready: list[int]
    """The films of the ledger that wait and may be begun."""
    unsettled: int
    """The number of films that may still be being copied."""


def is_lost(scan: Scan, known: Mapping[str, LedgerFilm]) -> bool:
    """Returns whether a folder cannot be reached, or is suddenly without any of its films.

    Disks that are away leave an empty mount point, or one with a remark in it.
    """
    return scan.folder in scan.unreadable or (not scan.films and bool(known))


def decide(
    scan: Scan,
    settled: set[str],
    known: Mapping[str, LedgerFilm],
    failures: Callable[[LedgerFilm, float], int],
    now_s: float,
) -> Decisions:
    """Returns what follows from a scan.

    Args:
        scan: The scan.
        settled: The films of the scan that are settled.
        known: The films of the ledger that belong to the folder, by their paths.
        failures: Returns how often a film has failed in a row since a time.
        now_s: The time in seconds since 1970.
    """
    changed = [
        path
        for path in scan.films
        if path in settled
        and (film := known.get(path)) is not None
        and not _is_as_known(film, scan.films[path])
        and film.state != "running"
    ]
    new = [path for path in scan.films if path in settled and path not in known]
    absent = [] if is_lost(scan, known) else [f for p, f in known.items() if scan.shows_gone(p)]
    return Decisions(
        new=new,
        changed=changed,
        moved=_moved(new, scan, absent),
        gone=[film for film in absent if film.state == "waiting"],
        again=[
            film
            for path, film in known.items()
            if film.state == "failed"
            and path in settled
            and path not in changed
            and film.code in MAY_PASS
            and _is_due(film, failures(film, scan.films[path].changed_s), now_s)
        ],
        ready=[
            film.id for path, film in known.items() if film.state == "waiting" and path in settled
        ],
        unsettled=len(scan.films) - len(settled),
    )


def _is_as_known(film: LedgerFilm, state: FilmState) -> bool:
    return (film.bytes, film.modified_ns) == state[:2]


def _is_due(film: LedgerFilm, failures: int, now_s: float) -> bool:
    """Returns whether a film is to be tried again now; after the last retry it never is."""
    tried_again = max(failures, 1) - 1
    return tried_again < len(RETRY_AFTER_S) and now_s >= film.changed + RETRY_AFTER_S[tried_again]


def _moved(new: list[str], scan: Scan, absent: list[LedgerFilm]) -> dict[str, str]:
    """Returns the new films whose size and time are those of one that is gone."""
    before = {(film.bytes, film.modified_ns): film.path for film in absent}
    found = ((path, before.get(scan.films[path][:2])) for path in new)
    return {path: old for path, old in found if old is not None}
