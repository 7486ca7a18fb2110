"""The translation memory of a job: what a network said of token ids, and need not say again.

It is kept below everything that makes or changes text: an edited line, a changed glossary or a
better check ask the network only for what it has never seen, and a run that was interrupted goes on
after its last finished batch. One file of SQLite, safe against a kill at any time.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from indicsubs_indictrans2.engine import Hypothesis

VERSION: Final = 1
"""Of what is remembered: raise it when an engine searches differently."""
_AT_ONCE: Final = 500
"""Keys in one query; SQLite takes 999 variables in its oldest builds."""


class Memory:
    """Hypotheses by source; forgets nothing and is bounded by what a film says."""

    def __init__(self, path: Path, key: Sequence[object]) -> None:
        """Open or make the file.

        A file that is damaged is begun anew: it only saves time.

        Args:
            path: The file; its folder exists.
            key: All that changes what a source comes to: model, engine, precision, versions.
        """
        self._path = path
        self._base = hashlib.sha256(repr((VERSION, *key)).encode()).digest()
        try:
            self._prepare()
        except sqlite3.DatabaseError:
            path.unlink()
            self._prepare()

    def known(
        self, sources: Sequence[tuple[int, ...]], beam_size: int, hypotheses: int
    ) -> dict[tuple[int, ...], list[Hypothesis]]:
        """What is remembered, of those sources of which something is."""
        keys = {self._key(source, beam_size, hypotheses): source for source in sources}
        found: dict[tuple[int, ...], list[Hypothesis]] = {}
        with closing(self._connect()) as file:
            asked = list(keys)
            for first in range(0, len(asked), _AT_ONCE):
                some = asked[first : first + _AT_ONCE]
                marks = ",".join("?" * len(some))
                rows = file.execute(f"SELECT key, value FROM said WHERE key IN ({marks})", some)  # noqa: S608 - marks alone
                for key, value in rows:
                    found[keys[key]] = msgspec.msgpack.decode(value, type=list[Hypothesis])
        return found

    def keep(
        self,
        said: Iterable[tuple[Sequence[int], list[Hypothesis]]],
        beam_size: int,
        hypotheses: int,
    ) -> None:
        """Remember what was said of sources, on the disk when this returns."""
        rows = [
            (self._key(source, beam_size, hypotheses), msgspec.msgpack.encode(found))
            for source, found in said
        ]
        with closing(self._connect()) as file, file:
            file.executemany("INSERT OR REPLACE INTO said VALUES (?, ?)", rows)

    def _key(self, source: Sequence[int], beam_size: int, hypotheses: int) -> bytes:
        numbers = repr((beam_size, hypotheses, *source)).encode()
        return hashlib.sha256(self._base + numbers).digest()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=60)

    def _prepare(self) -> None:
        with closing(self._connect()) as file, file:
            file.execute(
                "CREATE TABLE IF NOT EXISTS said (key BLOB PRIMARY KEY, value BLOB) WITHOUT ROWID"
            )
