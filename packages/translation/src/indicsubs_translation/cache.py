"""The translation cache of a job: the hypotheses that a network gave for source tokens.

The cache has the output of the network before any step that changes text. After an edited line, a
changed glossary or a better check, the network therefore translates only new sources. An
interrupted run continues after its last finished batch. The cache is one SQLite file, which
survives a kill at any time. Each entry has a checksum, because a bit that flips on the disk would
be another translation.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from indicsubs_translation.hypotheses import Hypothesis

VERSION: Final = 1
"""Version of the cached values: raise it when an engine searches differently."""
_KEYS_PER_QUERY: Final = 500
"""SQLite's oldest builds allow 999 variables in a query."""


_ASIDE: Final = ".damaged"
"""The ending of the name of a cache that was set aside."""
_DAMAGE: Final = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
"""SQLite's codes for a damaged file; the last one is that of an absent table or column."""
T = TypeVar("T")

_log = logging.getLogger("indicsubs.translation")


class TranslationCache:
    """Hypotheses by source tokens. They are never removed, because the film limits their number.

    A cache that is damaged is set aside, and a new one is begun. One that cannot be read or
    written, because the disk is full for instance, is not used. Either costs time, and never a run.
    """

    def __init__(self, path: Path, key: Sequence[object]) -> None:
        """Opens or creates the file.

        Args:
            path: The file; its folder exists.
            key: Everything that changes the hypotheses of a source: model, engine, number format,
                library versions.
        """
        self._path = path
        self._is_usable = True
        self._base = hashlib.sha256(repr((VERSION, *key)).encode()).digest()
        self._trying(self._create_table)

    def find(
        self, sources: Sequence[tuple[int, ...]], beam_size: int, hypotheses: int
    ) -> dict[tuple[int, ...], list[Hypothesis]]:
        """Returns the cached hypotheses; sources without any, or with damaged ones, are absent."""
        keys = {self._key(source, beam_size, hypotheses): source for source in sources}
        rows = self._trying(lambda: self._rows(list(keys))) or []
        found: dict[tuple[int, ...], list[Hypothesis]] = {}
        for key, value, checksum in rows:
            if checksum == _checksum(key, value):
                found[keys[key]] = msgspec.msgpack.decode(value, type=list[Hypothesis])
        if len(found) < len(rows):
            _log.warning(
                "%d entries of the cache of translations %s are damaged; their sentences are"
                " translated again.",
                len(rows) - len(found),
                self._path,
            )
        return found

    def store(
        self,
        results: Iterable[tuple[Sequence[int], list[Hypothesis]]],
        beam_size: int,
        hypotheses: int,
    ) -> None:
        """Stores the hypotheses of sources; they are on the disk when this method returns.

        If the disk cannot take them, a warning says so.
        """
        values = [
            (self._key(source, beam_size, hypotheses), msgspec.msgpack.encode(found))
            for source, found in results
        ]
        rows = [(key, value, _checksum(key, value)) for key, value in values]
        self._trying(lambda: self._insert(rows))

    def _key(self, source: Sequence[int], beam_size: int, hypotheses: int) -> bytes:
        numbers = repr((beam_size, hypotheses, *source)).encode()
        return hashlib.sha256(self._base + numbers).digest()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def _rows(self, keys: Sequence[bytes]) -> list[tuple[bytes, bytes, bytes]]:
        rows: list[tuple[bytes, bytes, bytes]] = []
        with closing(self._connect()) as file:
            for first in range(0, len(keys), _KEYS_PER_QUERY):
                asked = keys[first : first + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(asked))
                query = f"SELECT key, value, checksum FROM hypotheses WHERE key IN ({marks})"  # noqa: S608 - only question marks
                rows += file.execute(query, asked).fetchall()
        return rows

    def _insert(self, rows: Iterable[tuple[bytes, bytes, bytes]]) -> None:
        with closing(self._connect()) as file, file:
            file.executemany("INSERT OR REPLACE INTO hypotheses VALUES (?, ?, ?)", rows)

    def _create_table(self) -> None:
        """Creates the table, with the entries of versions until 2026-11-27, which had no checksum.

        Raises:
            sqlite3.DatabaseError: The file is damaged, or is no database.
        """
        with closing(self._connect()) as file, file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS hypotheses"
                " (key BLOB PRIMARY KEY, value BLOB, checksum BLOB) WITHOUT ROWID"
            )
            if file.execute("SELECT 1 FROM sqlite_master WHERE name = 'said'").fetchone():
                file.create_function("checksum", 2, _checksum, deterministic=True)
                file.execute(
                    "INSERT OR IGNORE INTO hypotheses SELECT key, value, checksum(key, value)"
                    " FROM said"
                )
                file.execute("DROP TABLE said")

    def _trying(self, access: Callable[[], T]) -> T | None:
        """Returns the result of an access, which is tried again with a new file after damage.

        Returns None where the file cannot be used.
        """
        if not self._is_usable:
            return None
        try:
            return access()
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in _DAMAGE:
                return self._give_up(error)
            self._set_aside(error)
        try:
            self._create_table()
            return access()
        except sqlite3.DatabaseError as error:
            return self._give_up(error)

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = self._path.with_name(self._path.name + _ASIDE)
        self._path.replace(aside)
        # The journal of a run that was killed belongs to the damaged file.
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)
        _log.warning(
            "The cache of translations %s is damaged (%s). It is kept as %s, and a new one is"
            " begun; its sentences are translated again.",
            self._path,
            error,
            aside.name,
        )

    def _give_up(self, error: sqlite3.DatabaseError) -> None:
        self._is_usable = False
        _log.warning(
            "The cache of translations %s cannot be used (%s); a run after an interruption"
            " translates again.",
            self._path,
            error,
        )


def _checksum(key: bytes, value: bytes) -> bytes:
    return hashlib.sha256(key + value).digest()
