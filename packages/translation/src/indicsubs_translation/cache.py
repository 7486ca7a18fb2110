"""The translation cache of a job: the hypotheses that a network gave for source tokens.

The cache lies below everything that makes or changes text: after an edited line, a changed glossary
or a better check, the network is asked only for sources that it has never seen; an interrupted run
goes on after its last finished batch. It is one SQLite file, safe against a kill at any time.
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
"""Of the cached values: raise it when an engine searches differently."""
_KEYS_PER_QUERY: Final = 500
"""SQLite takes 999 variables in its oldest builds."""


class TranslationCache:
    """Hypotheses by source tokens. Nothing is ever removed: a film bounds the size."""

    def __init__(self, path: Path, key: Sequence[object]) -> None:
        """Opens the file, or makes it; a damaged file is replaced by an empty one.

        Args:
            path: The file; its folder exists.
            key: All that changes the hypotheses of a source: model, engine, number format,
                library versions.
        """
        self._path = path
        self._base = hashlib.sha256(repr((VERSION, *key)).encode()).digest()
        try:
            self._make_table()
        except sqlite3.DatabaseError:
            path.unlink()
            self._make_table()

    def find(
        self, sources: Sequence[tuple[int, ...]], beam_size: int, hypotheses: int
    ) -> dict[tuple[int, ...], list[Hypothesis]]:
        """Returns the cached hypotheses; sources without any are absent."""
        keys = {self._key(source, beam_size, hypotheses): source for source in sources}
        found: dict[tuple[int, ...], list[Hypothesis]] = {}
        wanted = list(keys)
        with closing(self._connect()) as file:
            for first in range(0, len(wanted), _KEYS_PER_QUERY):
                some = wanted[first : first + _KEYS_PER_QUERY]
                marks = ",".join("?" * len(some))
                rows = file.execute(f"SELECT key, value FROM said WHERE key IN ({marks})", some)  # noqa: S608 - only question marks
                for key, value in rows:
                    found[keys[key]] = msgspec.msgpack.decode(value, type=list[Hypothesis])
        return found

    def store(
        self,
        results: Iterable[tuple[Sequence[int], list[Hypothesis]]],
        beam_size: int,
        hypotheses: int,
    ) -> None:
        """Stores the hypotheses of sources; they are on the disk when this returns."""
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

    def _make_table(self) -> None:
        with closing(self._connect()) as file, file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS said (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
