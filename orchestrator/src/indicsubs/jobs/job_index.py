"""The index of the jobs: which film each is of, so that a new film need not read all of them.

The folders on the disk are the truth; the index only keeps what was read in each. Before it is
asked, the folders of the days that have changed are listed, and the jobs that are new are read. So
jobs that another version made, that a person copied here, or whose process was killed are found,
and an index that is lost, damaged or cannot be written costs time and nothing else.
"""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import TypeAlias

from indicsubs.jobs.input_files import unreadable
from indicsubs_contract.messages.files import WHOLE_CONTENT, SourceFile

INDEX = ".index"
"""Folder beside the jobs for what can be found again in them."""
UNFINISHED = ".unfinished"
"""The end of the name of a job's folder until it has its job.json, and while it is removed."""
_FILE = "jobs.1.sqlite3"
"""The number is the version of the tables."""
_BUSY_S = 5.0
"""How long to wait for other processes that write the index, before it is done without."""
SETTLED_NS = 3_000_000_000
"""The age from which the time of a folder or a file says that it has not changed since. The clocks
of file systems tick every 2 seconds or more often, and a folder can change twice in one tick."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS days (
        day TEXT PRIMARY KEY,
        modified_ns INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS jobs (
        folder BLOB PRIMARY KEY,
        film TEXT,
        path BLOB
    ) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS by_film ON jobs (film);
    CREATE INDEX IF NOT EXISTS by_path ON jobs (path);
"""
"""``film`` and ``path`` are null for jobs that cannot be read, and for unfinished ones."""
_Row: TypeAlias = tuple[bytes, str | None, bytes | None]


class JobIndex:
    """Names the folders of the jobs that may be of a film. Who asks reads them to be sure.

    Args:
        jobs: The folder of the jobs.
        read: Returns the film of the job in a folder; None where the job cannot be read.
    """

    def __init__(self, jobs: Path, read: Callable[[Path], SourceFile | None]) -> None:
        self.jobs = jobs
        self._read = read

    def of_film(self, fingerprint: str) -> list[Path]:
        """Returns the folders of the jobs of a film."""
        return self._find("film = ?", fingerprint)

    def unreadable_or_of_film(self, fingerprint: str) -> list[Path]:
        """Returns the folders of the jobs of a film, and of those that could not be read."""
        return self._find("film = ? OR film IS NULL", fingerprint)

    def of_path(self, path: str) -> list[Path]:
        """Returns the folders of the jobs whose film had a path, whatever its content was."""
        return self._find("path = ?", _bytes(path))

    def with_sampled_fingerprints(self) -> list[Path]:
        """Returns the folders of the jobs that know their film by samples of its content."""
        return self._find("film NOT GLOB ?", f"{WHOLE_CONTENT}*")

    def all(self) -> list[Path]:
        """Returns the folders of all jobs, the newest first. Those that are new have been read."""
        return self._find("?", 1)

    def unfinished(self) -> list[Path]:
        """Returns the folders of jobs whose making or removal was interrupted, or goes on now."""
        return self._find("film IS NULL AND ?", 1, is_hidden=True)

    def _find(self, where: str, value: str | bytes | int, *, is_hidden: bool = False) -> list[Path]:
        try:
            self.jobs.stat()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(self.jobs, error) from error
        query = f"SELECT folder FROM jobs WHERE {where}"  # noqa: S608  it is one of those above
        try:
            with closing(_open(self.jobs)) as base:
                self._update(base)
                found = [os.fsdecode(folder) for (folder,) in base.execute(query, (value,))]
        except (OSError, sqlite3.OperationalError):
            found = None  # the disk is full or cannot be written to, or a lock is held
        except sqlite3.DatabaseError:
            found = None
            _remove(self.jobs)  # it is damaged; the next question makes it again
        names = job_names(self.jobs) if found is None else found
        return [
            self.jobs / name
            for name in sorted(names, reverse=True)
            if _is_hidden(name) is is_hidden
        ]

    def _update(self, base: sqlite3.Connection) -> None:
        """Brings the index up to date with the folders on the disk."""
        days = _days(self.jobs)
        recorded: dict[str, int] = dict(base.execute("SELECT day, modified_ns FROM days"))
        changed = [day for day, time_ns in days.items() if recorded.get(day) != time_ns]
        removed = [day for day in recorded if day not in days]
        unread = {row[0] for row in base.execute("SELECT folder FROM jobs WHERE film IS NULL")}
        lost: set[bytes] = set()
        new: set[bytes] = set()
        for day in (*changed, *removed):
            there = {os.fsencode(name) for name in _readable(self.jobs, day)}
            known = _known(base, day)
            lost |= known - there
            new |= there - known
        rows = [self._row(name) for name in new | (unread - lost)]
        rows = [row for row in rows if row[0] in new or row[1] is not None]
        settled_ns = time.time_ns() - SETTLED_NS
        settled = [(day, days[day]) for day in changed if days[day] < settled_ns]
        if lost or rows or removed or settled:
            base.execute("BEGIN IMMEDIATE")
            base.executemany("DELETE FROM jobs WHERE folder = ?", [(name,) for name in lost])
            base.executemany("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", rows)
            base.executemany(
                "DELETE FROM days WHERE day = ?", [(day,) for day in (*changed, *removed)]
            )
            base.executemany("INSERT INTO days VALUES (?, ?)", settled)
            base.execute("COMMIT")

    def _row(self, name: bytes) -> _Row:
        folder = os.fsdecode(name)
        film = None if _is_hidden(folder) else self._read(self.jobs / folder)
        return name, film and film.fingerprint, film and _bytes(film.path)


def forget_job(jobs: Path, folder: Path) -> None:
    """Removes a job from the index of the jobs. Called before its film gets another fingerprint."""
    try:
        with closing(_open(jobs)) as base:
            name = os.fsencode(folder.relative_to(jobs))
            base.execute("DELETE FROM jobs WHERE folder = ?", (name,))
    except (OSError, sqlite3.Error):
        _remove(jobs)


def job_names(jobs: Path) -> list[str]:
    """Returns the folders of all jobs, relative to the folder of the jobs, the newest first.

    Those of unfinished jobs, which are hidden, are among them.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    return sorted((name for day in _days(jobs) for name in _readable(jobs, day)), reverse=True)


def _days(jobs: Path) -> dict[str, int]:
    """Returns the folders ``YEAR/MONTH/DAY``, with their times of modification in nanoseconds."""
    try:
        below = _folders_in(jobs, "")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unreadable(jobs, error) from error
    for _ in ("months", "days"):
        below = [inner for outer in below if _is_dated(outer) for inner in _readable(jobs, outer)]
    days: dict[str, int] = {}
    for day in filter(_is_dated, below):
        with suppress(OSError):  # it was removed meanwhile
            days[day] = (jobs / day).stat().st_mtime_ns
    return days


def _readable(jobs: Path, folder: str) -> list[str]:
    """Returns the folders in a folder; none where it was removed or cannot be read."""
    try:
        return _folders_in(jobs, folder)
    except OSError:
        return []


def _folders_in(jobs: Path, folder: str) -> list[str]:
    prefix = f"{folder}/" if folder else ""
    with os.scandir(jobs / folder) as entries:
        return [f"{prefix}{entry.name}" for entry in entries if entry.is_dir()]


def _is_dated(folder: str) -> bool:
    return folder.rpartition("/")[2][0].isdigit()


def _open(jobs: Path) -> sqlite3.Connection:
    (jobs / INDEX).mkdir(parents=True, exist_ok=True)
    base = sqlite3.connect(jobs / INDEX / _FILE, timeout=_BUSY_S, isolation_level=None)
    base.executescript(_TABLES)
    return base


def _remove(jobs: Path) -> None:
    with suppress(OSError):
        (jobs / INDEX / _FILE).unlink()


def _known(base: sqlite3.Connection, day: str) -> set[bytes]:
    """Returns the folders of a day that the index knows."""
    first, after = (f"{day}{end}".encode() for end in "/0")  # 0 follows / in ASCII
    rows = base.execute("SELECT folder FROM jobs WHERE folder > ? AND folder < ?", (first, after))
    return {folder for (folder,) in rows}


def _is_hidden(folder: str) -> bool:
    return "/." in folder


def _bytes(path: str) -> bytes:
    return path.encode(errors="replace")
