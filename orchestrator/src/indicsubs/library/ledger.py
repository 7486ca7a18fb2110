"""The ledger: a library's films, what is wanted of each, and how far each is.

It is an SQLite database beside the jobs. Several runners may work on one ledger: a film is claimed
in one transaction. Each runner holds a lock, so the claims of one that has died, in whatever way,
are found and go back to the queue.
"""

import fcntl
import json
import os
import secrets
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Final, Literal, TypeAlias

import msgspec

from indicsubs.library.ledger_files import LedgerFile, column, stamp_of
from indicsubs_processes.own_folder import is_locked

LEDGER_FILE = "ledger.sqlite3"
"""The file's name in the folder of the jobs."""
FilmState: TypeAlias = Literal["waiting", "running", "done", "skipped", "failed"]
"""``skipped``: the film had the wanted subtitles already."""
_IN_TURN: Final = "ORDER BY priority DESC, id"
RUNNERS = "runners"
"""Folder beside the ledger with a locked file for each runner that lives."""


class LedgerFilm(msgspec.Struct, frozen=True, kw_only=True):
    """A film in the ledger, with what is wanted of it."""

    id: int
    path: str
    wish: str
    """The options of the run, as JSON; one film may have several wishes."""
    priority: int
    """The film with the highest number is next."""
    paused: bool
    state: FilmState
    attempts: int
    bytes: int
    modified_ns: int
    """The film's time of modification when it was added, in nanoseconds since 1970."""
    job: str | None
    """The folder of the film's job, relative to the jobs."""
    code: str | None
    """The code of the failure (:class:`~indicsubs_contract.errors.FailureCode`)."""
    message: str | None
    """Why the film failed or was skipped."""
    changed: float
    """The time of the last change, in seconds since 1970."""


class WaitingFilms(msgspec.Struct, frozen=True, kw_only=True):
    """The films that wait for their turn, without the paused ones."""

    films: int
    bytes: int
    """Their size together."""


class Ledger(LedgerFile):
    """An open ledger. Used by one thread.

    Args:
        path: As for :class:`~indicsubs.library.ledger_files.LedgerFile`.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._lock: IO[bytes] | None = None
        self._chosen: tuple[int, ...] = ()
        with self._named():
            self._base.execute("CREATE TEMPORARY TABLE chosen (id INTEGER PRIMARY KEY)")

    def close(self) -> None:
        """Gives back the claims of this runner, and closes the file."""
        if self._lock is not None:
            with self._transaction() as base:
                self._give_back(base, Path(self._lock.name))
            self._lock.close()
        super().close()

    def add(
        self,
        films: Iterable[tuple[Path, str]],
        *,
        priority: int = 0,
        states: Mapping[Path, tuple[int, int]] | None = None,
    ) -> list[int]:
        """Adds films with their wishes; returns the ids, also of those that were there already.

        A film that is finished and whose size or time of modification has changed waits again. One
        that cannot be reached fails in its turn, and not the others.

        Args:
            films: The films with their wishes.
            priority: The films with the highest number are next.
            states: The sizes and times of modification of the films, where they are known already.
        """
        states = states or {}
        now = time.time()
        ids: list[int] = []
        found = [(path, wish, states.get(path) or stamp_of(path)) for path, wish in films]
        with self._transaction() as base:
            for path, wish, file in found:
                (number,) = base.execute(
                    "INSERT INTO films"
                    " (path, wish, priority, state, bytes, modified_ns, added, changed)"
                    " VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?)"
                    " ON CONFLICT (path, wish) DO UPDATE SET"
                    " priority = max(priority, excluded.priority),"
                    " state = CASE WHEN state = 'running' OR (bytes = excluded.bytes AND"
                    " modified_ns = excluded.modified_ns) THEN state ELSE 'waiting' END,"
                    " bytes = excluded.bytes, modified_ns = excluded.modified_ns RETURNING id",
                    (column(path), wish, priority, *file, now, now),
                ).fetchone()
                ids.append(number)
        return ids

    def films(self, ids: Sequence[int] | None = None) -> list[LedgerFilm]:
        """Returns the films in the order in which they are done; with ``ids``, only those."""
        of, values = "", ()
        if ids is not None:
            of, values = "WHERE id IN (SELECT value FROM json_each(?))", (json.dumps([*ids]),)
        with self._named():
            rows = self._base.execute(
                f"SELECT * FROM films {of} {_IN_TURN}",  # noqa: S608
                values,
            ).fetchall()
        return [_film(row) for row in rows]

    def waiting(self, ids: Sequence[int] | None = None) -> WaitingFilms:
        """Returns how many films wait and are not paused, and their size; with ``ids``, of those.

        No film is read for it: an index has the sizes.
        """
        with self._named():
            films, size = self._base.execute(
                f"SELECT count(*), sum(bytes) FROM films WHERE {self._waits(ids)}"  # noqa: S608
            ).fetchone()
        return WaitingFilms(films=films, bytes=size or 0)

    def elsewhere(self, ids: Sequence[int]) -> int:
        """Returns how many of some films other runners have in hand."""
        with self._named():
            (films,) = self._base.execute(
                "SELECT count(*) FROM films WHERE state = 'running' AND runner <> ?"  # noqa: S608
                f"{self._among(ids)}",
                (self._register(),),
            ).fetchone()
        return films

    def claim(self, ids: Sequence[int] | None = None) -> LedgerFilm | None:
        """Claims the next film that waits; None where no film waits.

        A film that this runner has in hand for another wish has to wait for that, because both may
        be one job.

        Args:
            ids: The films to choose from; None takes all.
        """
        runner = self._register()
        with self._named():
            next_film = (
                f"SELECT id FROM films WHERE {self._waits(ids)}"  # noqa: S608
                f" AND path NOT IN (SELECT path FROM films WHERE runner = ?) {_IN_TURN} LIMIT 1"
            )
        with self._transaction() as base:
            self._give_back_of_the_dead(base)
            row = base.execute(
                "UPDATE films SET state = 'running', runner = ?, attempts = attempts + 1,"  # noqa: S608
                f" changed = ? WHERE id = ({next_film}) RETURNING *",
                (runner, time.time(), runner),
            ).fetchone()
            if row is None:
                return None
            base.execute(
                "INSERT INTO attempts (film, runner, started) VALUES (?, ?, ?)",
                (row["id"], runner, row["changed"]),
            )
            return _film(row)

    def renew(self) -> None:
        """Shows that this runner lives, and lets the films of those wait again that have died."""
        lock = self.path.parent / RUNNERS / self._register()
        with self._named():
            os.utime(lock)
        with self._transaction() as base:
            self._give_back_of_the_dead(base)

    def failures(self, film: LedgerFilm, since_s: float) -> int:
        """Returns how often a film has failed since a time, without a success in between.

        Args:
            film: The film.
            since_s: The time in seconds since 1970.
        """
        with self._named():
            row = self._base.execute(
                "SELECT count(*) FROM attempts WHERE film = ?1 AND state = 'failed'"
                " AND started >= ?2 AND id > (SELECT coalesce(max(id), 0) FROM attempts"
                " WHERE film = ?1 AND state IN ('done', 'skipped'))",
                (film.id, since_s),
            ).fetchone()
        return row[0]

    def finish(
        self,
        film: LedgerFilm,
        state: Literal["done", "skipped", "failed"],
        *,
        code: str | None = None,
        message: str | None = None,
        job: str | None = None,
    ) -> None:
        """Records the end of a film that this runner has claimed.

        Nothing is recorded where another runner has the film.
        """
        now = time.time()
        with self._transaction() as base:
            changed = base.execute(
                "UPDATE films SET state = ?, code = ?, message = ?, job = coalesce(?, job),"
                " runner = NULL, changed = ? WHERE id = ? AND runner = ?",
                (state, code, message and column(message), job, now, film.id, self._register()),
            ).rowcount
            if changed:
                self._end_attempts(base, "film = ?", film.id, state)

    def wait_again(self, ids: Sequence[int]) -> int:
        """Lets finished films wait again; returns how many."""
        return self._change(ids, "state = 'waiting'", "state NOT IN ('waiting', 'running')")

    def pause(self, ids: Sequence[int], *, paused: bool = True) -> int:
        """Pauses films that wait, or ends their pause; returns how many were changed."""
        return self._change(ids, f"paused = {int(paused)}", f"paused = {int(not paused)}")

    def prioritise(self, ids: Sequence[int], priority: int) -> int:
        """Sets the priority of films; returns how many."""
        return self._change(ids, f"priority = {priority}", "1")

    def remove(self, ids: Sequence[int]) -> int:
        """Removes films from the ledger, but none that runs; returns how many."""
        with self._transaction() as base:
            return sum(
                base.execute(
                    "DELETE FROM films WHERE id = ? AND state <> 'running'", (each,)
                ).rowcount
                for each in ids
            )

    def speed(self) -> float | None:
        """Returns the milliseconds of work for a byte of film, from the last attempts.

        None where no film was finished yet. Bytes are known before a film is opened.
        """
        with self._named():
            row = self._base.execute(
                "SELECT sum(wall_ms) AS wall, sum(bytes) AS size FROM (SELECT wall_ms, bytes"
                " FROM attempts JOIN films ON films.id = film WHERE attempts.state = 'done'"
                " ORDER BY attempts.id DESC LIMIT 20)"
            ).fetchone()
        return row["wall"] / row["size"] if row["size"] else None

    def _change(self, ids: Sequence[int], change: str, where: str) -> int:
        with self._transaction() as base:
            return sum(
                base.execute(
                    f"UPDATE films SET {change}, changed = ? WHERE id = ? AND {where}",  # noqa: S608
                    (time.time(), each),
                ).rowcount
                for each in ids
            )

    def _waits(self, ids: Sequence[int] | None) -> str:
        """Returns the SQL condition of the films that wait and are not paused, of those chosen."""
        return f"state = 'waiting' AND paused = 0{self._among(ids)}"

    def _among(self, ids: Sequence[int] | None) -> str:
        """Returns the SQL condition that films are among those chosen; None chooses all.

        A run asks for the same films again and again, so they are kept in a temporary table. It is
        filled outside of transactions, whose failure would empty it.
        """
        if ids is None:
            return ""
        if self._chosen != (chosen := tuple(ids)):
            self._base.execute("DELETE FROM chosen")
            self._base.execute(
                "INSERT OR IGNORE INTO chosen SELECT value FROM json_each(?)", (json.dumps(chosen),)
            )
            self._chosen = chosen
        return " AND id IN chosen"

    def _register(self) -> str:
        """Returns the name of this runner, whose lock is held until the process ends."""
        if self._lock is None:
            folder = self.path.parent / RUNNERS
            with self._named():
                folder.mkdir(exist_ok=True)
                self._lock = (folder / secrets.token_hex(8)).open("wb")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
        return Path(self._lock.name).name

    def _give_back_of_the_dead(self, base: sqlite3.Connection) -> None:
        """Lets the films wait again that were claimed by runners which hold no lock any more."""
        for row in base.execute("SELECT DISTINCT runner FROM films WHERE state = 'running'"):
            path = self.path.parent / RUNNERS / row["runner"]
            if row["runner"] != self._register() and not is_locked(path):
                self._give_back(base, path)

    def _give_back(self, base: sqlite3.Connection, lock: Path) -> None:
        base.execute(
            "UPDATE films SET state = 'waiting', runner = NULL, changed = ? WHERE runner = ?",
            (time.time(), lock.name),
        )
        self._end_attempts(base, "runner = ?", lock.name, "interrupted")
        lock.unlink(missing_ok=True)

    def _end_attempts(
        self, base: sqlite3.Connection, where: str, value: object, state: str
    ) -> None:
        now = time.time()
        base.execute(
            f"UPDATE attempts SET state = ?, ended = ?, wall_ms = round(1000 * (? - started))"  # noqa: S608
            f" WHERE state IS NULL AND {where}",
            (state, now, now, value),
        )


def _film(row: sqlite3.Row) -> LedgerFilm:
    values = {name: row[name] for name in LedgerFilm.__struct_fields__}
    for name in ("path", "message"):
        values[name] = values[name] and os.fsdecode(values[name])
    return msgspec.convert(values, LedgerFilm, strict=False)
