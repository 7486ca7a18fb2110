"""The file of the ledger, and what it knows of the files of a library: films and subtitles."""

import errno
import os
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

import msgspec

from indicsubs.library.ledger_schema import migrate
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose

_BUSY_S: Final = 30.0
"""The time that a transaction waits for those of other processes."""


LanguagesInside: TypeAlias = dict[SubtitlePurpose, tuple[str, ...]]
"""The tags of the languages of the subtitles inside a film, by their purpose."""


class FileStamp(NamedTuple):
    """What tells that a file has changed."""

    bytes: int
    modified_ns: int
    """The time of modification in nanoseconds since 1970."""


class LedgerFile:
    """The open file of a ledger.

    Args:
        path: The file; it is made where it does not exist. SQLite's journal needs a local disk.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for another kind of file, a damaged ledger, or one of a newer
            version; ``IO_ERROR`` where it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._named():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._base = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
            self._base.row_factory = sqlite3.Row
            self._base.execute("PRAGMA journal_mode = WAL")
            self._base.execute("PRAGMA foreign_keys = ON")
            self._base.execute("PRAGMA temp_store = MEMORY")
            migrate(self._base)

    def close(self) -> None:
        """Closes the file."""
        self._base.close()

    def note_written(self, path: Path, sha256: str, film: Path, before: str | None) -> None:
        """Records a film's file before it is written, so that a kill leaves no doubt.

        Args:
            path: The file.
            sha256: The digest of what is written.
            film: The film that the file belongs to.
            before: The digest of the file that is there, which stays if the process is killed now.
        """
        with self._transaction() as base:
            base.execute(
                "INSERT OR REPLACE INTO written (path, sha256, before, film) VALUES (?, ?, ?, ?)",
                (column(path), sha256, before, column(film)),
            )

    def film_of(self, path: Path) -> Path | None:
        """Returns the film that indicsubs last wrote a file for; None where it wrote none."""
        with self._named():
            row = self._base.execute(
                "SELECT film FROM written WHERE path = ?", (column(path),)
            ).fetchone()
        return None if row is None else Path(os.fsdecode(row["film"]))

    def films_beside(self, folder: Path, stem: str) -> list[Path]:
        """Returns the films of a name for which indicsubs wrote files to a folder."""
        begin, end = f"{folder / stem}.", f"{folder / stem}/"  # neighbours
        with self._named():
            rows = self._base.execute(
                "SELECT DISTINCT film FROM written WHERE path >= ? AND path < ?",
                (column(begin), column(end)),
            ).fetchall()
        films = [Path(os.fsdecode(row["film"])) for row in rows]
        return [film for film in films if film.stem == stem]

    def has_written(self, path: Path, sha256: str) -> bool:
        """Returns whether indicsubs wrote a file with this content, and nobody has edited it.

        A file in a folder that was moved with its films is known by its content.
        """
        with self._named():
            row = self._base.execute(
                "SELECT 1 FROM written WHERE path = ?1 AND ?2 IN (sha256, before)"
                " UNION ALL SELECT 1 FROM written WHERE sha256 = ?2 LIMIT 1",
                (column(path), sha256),
            ).fetchone()
        return row is not None

    def inside(self, film: Path) -> LanguagesInside | None:
        """Returns the languages of the subtitles inside a film; None where they are not known.

        They are known until the film's size or time of modification changes.
        """
        with self._named():
            row = self._base.execute(
                "SELECT languages FROM inside WHERE path = ? AND bytes = ? AND modified_ns = ?",
                (column(film), *stamp_of(film)),
            ).fetchone()
        return None if row is None else msgspec.json.decode(row["languages"], type=LanguagesInside)

    def note_inside(self, film: Path, stamp: FileStamp, languages: LanguagesInside) -> None:
        """Records the languages of the subtitles inside a film.

        Args:
            film: The film.
            stamp: Its stamp before it was read.
            languages: The languages.
        """
        with self._transaction() as base:
            base.execute(
                "INSERT OR REPLACE INTO inside (path, bytes, modified_ns, languages)"
                " VALUES (?, ?, ?, ?)",
                (column(film), *stamp, msgspec.json.encode(languages).decode()),
            )

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._named():
            try:  # an interrupt may come right after each statement
                self._base.execute("BEGIN IMMEDIATE")
                yield self._base
                self._base.execute("COMMIT")
            except BaseException:
                if self._base.in_transaction:
                    self._base.execute("ROLLBACK")
                raise

    @contextmanager
    def _named(self) -> Generator[None]:
        """Turns errors of SQLite into messages with the ledger's path."""
        try:
            yield
        except (OSError, sqlite3.OperationalError) as error:
            if _says_that_disk_is_full(error):
                raise IndicsubsError(
                    FailureCode.IO_ERROR,
                    f"The ledger {self.path} cannot be written: {error}. The disk may be full:"
                    " make room on it and give the same command again.",
                ) from error
            raise IndicsubsError(
                FailureCode.IO_ERROR,
                f"The ledger {self.path} cannot be used: {error}. Check the disk and the"
                " permissions; the ledger must be on a local disk.",
            ) from error
        except sqlite3.DatabaseError as error:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The ledger {self.path} is damaged: {error}. Move it away and run again; finished"
                " films are found again by their jobs.",
            ) from error


def _says_that_disk_is_full(error: OSError | sqlite3.OperationalError) -> bool:
    """Returns whether an error may come from a full disk; SQLite names some "disk I/O error"."""
    if isinstance(error, OSError):
        return error.errno in {errno.ENOSPC, errno.EDQUOT}
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the rest says what was being done
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}


def stamp_of(film: Path) -> FileStamp:
    """Returns the stamp of a film; zeros where it cannot be reached."""
    try:
        found = film.stat()
    except (OSError, ValueError):  # ValueError: a null character in the path
        return FileStamp(0, 0)
    return FileStamp(found.st_size, found.st_mtime_ns)


def column(text: Path | str) -> str | bytes:
    """Returns a path or a text as the ledger keeps it: as bytes where it is not UTF-8."""
    data = os.fsencode(text)
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data
