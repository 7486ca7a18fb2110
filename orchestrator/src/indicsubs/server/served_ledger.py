"""The ledger with the questions of a page: counts, and a part of the films in a state."""

from pathlib import Path

from indicsubs.library.ledger import FilmState, Ledger, LedgerFilm
from indicsubs.library.ledger_files import column


class ServedLedger(Ledger):
    """An open ledger whose films are shown to a person. Used by one thread."""

    def version(self) -> tuple[int, int]:
        """Returns what differs after every change, by whatever connection or process."""
        with self._named():
            (others,) = self._base.execute("PRAGMA data_version").fetchone()
        return others, self._base.total_changes

    def counts(self) -> dict[str, int]:
        """Returns how many films are in each state; those that are paused are counted apart."""
        with self._named():
            rows = self._base.execute(
                "SELECT state, paused, count(*) AS films FROM films GROUP BY state, paused"
            ).fetchall()
        states = ("waiting", "paused", "running", "done", "skipped", "failed")
        counts: dict[str, int] = dict.fromkeys(states, 0)
        for row in rows:
            is_paused = row["paused"] and row["state"] == "waiting"
            counts["paused" if is_paused else row["state"]] += row["films"]
        return counts

    def in_state(self, state: FilmState, most: int, start: int = 0) -> list[LedgerFilm]:
        """Returns a part of the films in a state.

        Args:
            state: The state.
            most: The most films.
            start: The number of films that are left out before.

        Returns:
            Films that wait in their turn, the others beginning with the last change.
        """
        order = "priority DESC, id" if state == "waiting" else "changed DESC, id DESC"
        with self._named():
            rows = self._base.execute(
                f"SELECT id FROM films WHERE state = ? ORDER BY {order} LIMIT ? OFFSET ?",  # noqa: S608
                (state, most, start),
            ).fetchall()
        ids = [row["id"] for row in rows]
        return sorted(self.films(ids), key=lambda film: ids.index(film.id))

    def of_path(self, path: Path) -> list[LedgerFilm]:
        """Returns the films in the ledger with a path, one for each wish."""
        with self._named():
            rows = self._base.execute(
                "SELECT id FROM films WHERE path = ?", (column(path),)
            ).fetchall()
        return self.films([row["id"] for row in rows])
