"""The translation cache of a job: the hypotheses that a network gave for source tokens.

The cache has the output of the network before any step that changes text. After an edited line, a
changed glossary or a better check, the network therefore translates only new sources. An
interrupted run continues after its last finished batch. The cache is one SQLite file, which
survives a kill at any time.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from indicsubs_translation.hypotheses import Hypothesis

VERSION: Final = 1
"""Version of the cached values: raise it when an engine searches differently."""
_KEYS_PER_QUERY: Final = 500
"""SQLite's oldest builds allow 999 variables in a query."""


class TranslationCache:
    """Hypotheses by source tokens. They are never removed, because the film limits their number."""

    def __init__(self, path: Path, key: Sequence[object]) -> None:
        """Opens or creates the file; a damaged file is replaced by an empty one.

        Args:
            path: The file; its folder exists.
            key: Everything that changes the hypotheses of a source: model, engine, number format,
                library versions.
        """
        self._path = path
        self._base = hashlib.sha256(repr((VERSION, *key)).encode()).digest()
        try:
            self._create_table()
        except sqlite3.DatabaseError:
            path.unlink()
            self._create_table()

    def find(
        self, sources: Sequence[tuple[int, ...]], beam_size: int, hypotheses: int
    ) -> dict[tuple[int, ...], list[Hypothesis]]:
        """Returns the cached hypotheses; sources without any are absent."""
        keys = {self._key(source, beam_size, hypotheses): source for source in sources}
        found: dict[tuple[int, ...], list[Hypothesis]] = {}
        all_keys = list(keys)
        with closing(self._connect()) as file:
            for first in range(0, len(all_keys), _KEYS_PER_QUERY):
                asked = all_keys[first : first + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(asked))
                query = f"SELECT key, value FROM said WHERE key IN ({marks})"  # noqa: S608 - only question marks
                for key, value in file.execute(query, asked):
                    found[keys[key]] = msgspec.msgpack.decode(value, type=list[Hypothesis])
        return found

    def store(
        self,
        results: Iterable[tuple[Sequence[int], list[Hypothesis]]],
        beam_size: int,
        hypotheses: int,
    ) -> None:
        """Stores the hypotheses of sources; they are on the disk when this method returns."""
        rows = [
            (self._key(source, beam_size, hypotheses), msgspec.msgpack.encode(found))
            for source, found in results
        ]
        with closing(self._connect()) as file, file:
            file.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", rows)

    def _key(self, source: Sequence[int], beam_size: int, hypotheses: int) -> bytes:
        numbers = repr((beam_size, hypotheses, *source)).encode()
        return hashlib.sha256(self._base + numbers).digest()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def _create_table(self) -> None:
        with closing(self._connect()) as file, file:
            # Another name of the table would lose the caches of earlier runs.
            file.execute(
                "CREATE TABLE IF NOT EXISTS said (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
