"""The checkpoint of a stage: the parts that it has finished, for a run after an interrupted one.

A checkpoint belongs to the digest of the stage's result, so the code, the request and the inputs
are the same when its records are used. It is a file of records that are only appended. Each record
has a digest of its own: what a kill, a full disk or a failing disk has damaged is found, dropped
and computed again.
"""

import hashlib
import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec

CHECKPOINT: Final = "checkpoint"
"""The file's name in the cache folder of a stage."""
_FLUSH_EVERY_S: Final = 5.0
"""The time between two waits for the disk. A kill loses nothing that was written, and a loss of
power at most the work of this time."""
_LENGTH_BYTES, _DIGEST_BYTES = 4, 16
_HEAD_BYTES: Final = _LENGTH_BYTES + _DIGEST_BYTES
"""Before each record stand the length and the digest (BLAKE2b) of what follows."""
_NOT_A_RECORD = (msgspec.DecodeError, UnicodeDecodeError)

_log = logging.getLogger("indicsubs.checkpoint")
_T = TypeVar("_T")


class StageCheckpoint:
    """The finished parts of a stage, each under a key.

    Attributes:
        resumes: Whether an interrupted run left parts, and no other part was computed yet.
    """

    def __init__(
        self,
        path: Path | None = None,
        digest: str = "",
        on_resumed: Callable[[], None] = lambda: None,
    ) -> None:
        """Reads the file; a file of another digest is removed, and damaged records are dropped.

        Args:
            path: The file, in a folder that exists; with None, nothing is kept.
            digest: The digest of the stage's result.
            on_resumed: Called once, when the stage begins with a part that an interrupted run has
                not finished.
        """
        self._path = path
        self._file: int | None = None
        self._flushed_at = time.monotonic()
        self._on_resumed = on_resumed
        self._parts: dict[str, bytes] = {}
        if path is not None:
            self._open(path, digest)
        self.resumes = bool(self._parts)

    def once(self, key: str, kind: type[_T], compute: Callable[[], _T]) -> _T:
        """Returns the part that an interrupted run has computed; otherwise computes and keeps it.

        Args:
            key: The name of the part in the stage. What it depends on besides the stage's digest
                must be in it.
            kind: The type of the part, which msgspec can encode.
            compute: Computes the part.
        """
        data = self._parts.get(key)
        if data is not None:
            try:
                return msgspec.msgpack.decode(data, type=kind)
            except _NOT_A_RECORD:
                _log.warning("The part %s of the checkpoint is of another kind.", key)
        self.begin_new_part()
        part = compute()
        self._append(key, msgspec.msgpack.encode(part))
        return part

    def begin_new_part(self) -> None:
        """Says that the stage now computes what no earlier run has computed.

        :meth:`once` does so itself; a stage that keeps its parts elsewhere calls this.
        """
        if self.resumes:
            self.resumes = False
            self._on_resumed()

    def close(self) -> None:
        """Closes the file; parts that are computed from now on are not kept."""
        if self._file is not None:
            os.close(self._file)
        self._file = None

    def _open(self, path: Path, digest: str) -> None:
        try:
            self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
            data = path.read_bytes()
            size, found = 0, ""
            for key, value, end in _records(data):
                if not size:
                    found = key
                    if found != digest:
                        break
                else:
                    self._parts[key] = value
                size = end
            if size < len(data):
                _log.info(
                    "The checkpoint %s is %s; the stage computes again what was in it.",
                    path,
                    "damaged" if found in ("", digest) else "of another request",
                )
                os.ftruncate(self._file, size)
            if not size:
                self._append(digest, b"")
        except OSError as error:
            self._give_up(error)

    def _append(self, key: str, value: bytes) -> None:
        """Appends a record. A disk that is full stops the checkpoint, and not the stage."""
        if self._file is None:
            return
        body = msgspec.msgpack.encode((key, value))
        head = len(body).to_bytes(_LENGTH_BYTES) + _digest(body)
        try:
            _write(self._file, head + body)
            if time.monotonic() - self._flushed_at >= _FLUSH_EVERY_S:
                os.fsync(self._file)
                self._flushed_at = time.monotonic()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        _log.warning(
            "The stage's checkpoint %s cannot be written (%s); a run after an interruption computes"
            " again what is not in it.",
            self._path,
            error.strerror,
        )
        self.close()


def _write(file: int, data: bytes) -> None:
    """Writes all of the data, which a disk with little room may take in parts."""
    while data:
        data = data[os.write(file, data) :]


def _records(data: bytes) -> Iterator[tuple[str, bytes, int]]:
    """Yields the key and the value of each record up to the first damaged one, and its end."""
    start = 0
    while len(head := data[start : start + _HEAD_BYTES]) == _HEAD_BYTES:
        end = start + _HEAD_BYTES + int.from_bytes(head[:_LENGTH_BYTES])
        body = data[start + _HEAD_BYTES : end]
        if end > len(data) or _digest(body) != head[_LENGTH_BYTES:]:
            return
        record: Any = msgspec.msgpack.decode(body)
        yield (*record, end)
        start = end


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest()
