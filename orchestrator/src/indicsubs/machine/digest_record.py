"""A record of digests, so that files that have not changed are not read again."""

import hashlib
import os
import threading
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.source_files import sha256

LARGE_FILE = 1 << 20
"""Size in bytes from which the digest of a file is recorded. Smaller files are read every time:
people edit them, and reading them takes no time."""
RECORD_FILE = ".digests.json"
"""The name of the record in the folder of a job, and in that of the cache."""
_MAX_ENTRIES = 2000
"""The number of entries that are kept, the newest ones."""
_RECORDS = 256
"""The number of records of :class:`DigestRecords`."""
_SAVING = threading.Lock()
"""Held by the thread that writes a record: films of a library are read by several threads."""


_SECOND_NS = 1_000_000_000
_COARSE_NS = 2 * _SECOND_NS
"""The tick of the clock of FAT, which shows as times without a fraction of a second."""


class _RecordedDigest(msgspec.Struct, frozen=True, array_like=True):
    """A digest, and the state of the files that it was computed from."""

    state: str
    newest_ns: int
    """The end of the tick in which a file was last modified, in nanoseconds since 1970."""
    digest: str


class DigestRecord:
    """Digests of files, by the inodes, sizes and times of the files.

    As in git's index, an entry is valid while inode, size, time of modification and time of change
    of all its files are the same. An entry whose files are not older than the record itself is not
    used, because a file can change twice within one tick of the file system's clock (git calls such
    an entry racy: Documentation/technical/racy-git.txt).

    The record only saves work. Where it is missing, damaged or of another folder, or cannot be
    written, digests are computed from the files.

    Args:
        path: The file of the record, on the file system of the files.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._entries: dict[str, _RecordedDigest] | None = None

    def of_files(self, key: str, files: Collection[Path], compute: Callable[[], str]) -> str:
        """Returns the recorded digest of several files, or computes and records it.

        Args:
            key: A name for what is computed; it is recorded once.
            files: Every file that the digest depends on.
            compute: Computes the digest.

        Raises:
            OSError: One of the files is not there.
        """
        return self._digest(key, lambda: _state(files, [str(file) for file in files]), compute)

    def sha256(self, path: Path) -> str:
        """Returns the hexadecimal SHA-256 of a file's content.

        Raises:
            OSError: The file cannot be read.
        """
        if path.stat().st_size < LARGE_FILE:
            return sha256(path)
        return self._digest(_key(path), lambda: _state([path]), lambda: sha256(path))

    def matches(self, path: Path, expected: str) -> bool:
        """Returns whether a file's content has a SHA-256.

        The file is read again before the answer is no, so that a damaged record makes no file look
        changed.

        Raises:
            OSError: The file cannot be read.
        """
        if self.sha256(path) == expected:
            return True
        if path.stat().st_size < LARGE_FILE or sha256(path) != expected:
            return False
        self.note(path, expected)
        return True

    def note(self, path: Path, digest: str) -> None:
        """Records the SHA-256 of a large file that has just been written, linked or read."""
        if path.is_file() and path.stat().st_size >= LARGE_FILE:
            self._save(_key(path), _RecordedDigest(*_state([path]), digest))

    def _digest(
        self, key: str, state: Callable[[], tuple[str, int]], compute: Callable[[], str]
    ) -> str:
        before, newest_ns = state()
        entry = self._known(key)
        if entry is not None and entry.state == before:
            return entry.digest
        digest = compute()
        if state()[0] == before:  # else a file changed while it was read
            self._save(key, _RecordedDigest(before, newest_ns, digest))
        return digest

    def _known(self, key: str) -> _RecordedDigest | None:
        if self._entries is None:
            self._entries = self._read()
        return self._entries.get(key)

    def _read(self) -> dict[str, _RecordedDigest]:
        """Returns the entries that can be trusted."""
        try:
            written_ns = self.path.stat().st_mtime_ns
            entries = msgspec.json.decode(self.path.read_bytes(), type=dict[str, _RecordedDigest])
        except (OSError, *NOT_JSON):
            return {}
        return {key: entry for key, entry in entries.items() if entry.newest_ns < written_ns}

    def _save(self, key: str, entry: _RecordedDigest) -> None:
        """Adds an entry to the record, which another process may have written meanwhile."""
        with _SAVING:
            entries = self._read()
            entries.pop(key, None)
            entries[key] = entry
            self._entries = dict(list(entries.items())[-_MAX_ENTRIES:])
            temporary = self.path.with_name(f"{self.path.name}.{os.getpid()}.tmp")
            try:
                self.path.parent.mkdir(parents=True, exist_ok=True)
                # Not flushed to the disk: the loss of the record loses nothing else.
                temporary.write_bytes(msgspec.json.encode(self._entries))
                temporary.replace(self.path)
            except OSError:
                _remove(temporary)


class DigestRecords:
    """Digests of any number of files: each file's in one of many records, so that none is large.

    Args:
        folder: The folder of the records.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def sha256(self, path: Path) -> str:
        """Returns the hexadecimal SHA-256 of a file's content, as :meth:`DigestRecord.sha256`.

        Raises:
            OSError: The file cannot be read.
        """
        number = path.stat().st_ino % _RECORDS
        return DigestRecord(self.folder / f"{number:02x}.json").sha256(path)


def _key(path: Path) -> str:
    """Returns the key of a file, which is the same for all its names (hard links)."""
    return f"inode {path.stat().st_ino}"


def _state(files: Collection[Path], names: Collection[str] = ()) -> tuple[str, int]:
    """Returns the state of files, and the end of the tick in which one was last modified.

    Args:
        files: The files.
        names: The names that the state depends on as well; none where a file may have several.
    """
    lines = list(names)
    newest_ns = 0
    for file in files:
        found = file.stat()
        lines.append(f"{found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}")
        is_coarse = found.st_mtime_ns % _SECOND_NS == 0
        newest_ns = max(newest_ns, found.st_mtime_ns + (_COARSE_NS if is_coarse else 0))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:32], newest_ns


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass  # a folder that cannot be written to
