"""Records on disk: readable JSON with a schema and a checksum, written completely or not at all.

job.json, result.json and every other small file that a later run depends on is a record. A record
that was damaged, or changed by another program, is named as such and never read as something else.
"""

import errno
import hashlib
import os
import re
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from indicsubs_contract.documents import NOT_JSON, SCHEMA
from indicsubs_contract.errors import FailureCode, IndicsubsError

_CHECKSUM = "checksum"
_TEMPORARY = re.compile(r"\..+\.[0-9-]+\.tmp")
_NO_FLUSH = {errno.EINVAL, errno.ENOTSUP, errno.EACCES}
"""The answers of file systems on which a folder cannot be flushed."""
_UNREADABLE = {errno.EIO, errno.EISDIR}
"""The answers for a file on a damaged part of the disk, and for a folder in its place."""

Fields = dict[str, Any]
"""The content of a record by the names of its fields, as plain values."""
Record = TypeVar("Record", bound=msgspec.Struct)


class DamagedRecordError(IndicsubsError):
    """A record is not as indicsubs wrote it.

    Args:
        path: The file.
        problem: What is wrong with it, as a clause: "its checksum does not fit".
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(FailureCode.BAD_INPUT, f"{path} is damaged: {problem}.")
        self.path = path
        self.problem = problem


class ChangedRecordError(DamagedRecordError):
    """A record was changed since it was written: by a person, or by a fault of the disk."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "its checksum does not fit its content")


class NewerRecordError(IndicsubsError):
    """A newer version of indicsubs wrote the record."""

    def __init__(self, path: Path, schema: int) -> None:
        super().__init__(
            FailureCode.BAD_INPUT,
            f"{path} was written by a newer version of indicsubs (schema {schema}; this version"
            f" reads up to {SCHEMA}). Update indicsubs: `git pull`, then `just setup`.",
        )
        self.path = path


def write_record(path: Path, record: msgspec.Struct, *, temporary_in: Path | None = None) -> None:
    """Writes a record with its checksum, as readable JSON.

    Args:
        path: The file.
        record: The content, with a field ``schema``.
        temporary_in: As for :func:`write_atomically`.
    """
    fields = msgspec.to_builtins(record)
    data = msgspec.json.encode(fields | {_CHECKSUM: _checksum(fields)})
    write_atomically(path, msgspec.json.format(data) + b"\n", temporary_in=temporary_in)


def read_record(
    path: Path, kind: type[Record], upgrade: Callable[[Fields], Fields] | None = None
) -> Record:
    """Reads a record. Records of versions until 2026-11-27 have no checksum.

    The checksum is that of the content, so another layout or order of the fields does not matter.

    Args:
        path: The file.
        kind: The type of the record.
        upgrade: Turns the fields of an earlier version into those of this version.

    Raises:
        ChangedRecordError: The checksum does not fit the content.
        DamagedRecordError: The content is not JSON or has other fields than ``kind``, or the disk
            cannot read the file.
        NewerRecordError: A newer version wrote the record.
        OSError: The file is absent, or this process may not read it.
    """
    try:
        fields = msgspec.json.decode(path.read_bytes(), type=Fields)
    except NOT_JSON as error:
        raise DamagedRecordError(path, f"it cannot be read as JSON ({error})") from error
    except OSError as error:
        if error.errno in _UNREADABLE:
            raise DamagedRecordError(path, f"it cannot be read ({error.strerror})") from error
        raise
    schema = fields.get("schema", SCHEMA)
    if isinstance(schema, int) and schema > SCHEMA:
        raise NewerRecordError(path, schema)
    written = fields.pop(_CHECKSUM, None)
    if written is not None and written != _checksum(fields):
        raise ChangedRecordError(path)
    try:
        return msgspec.convert(upgrade(fields) if upgrade else fields, kind)
    except msgspec.ValidationError as error:
        raise DamagedRecordError(path, f"it is not a {kind.__name__} ({error})") from error


def write_atomically(path: Path, data: bytes, *, temporary_in: Path | None = None) -> None:
    """Writes a file completely or not at all, even if the power fails. Makes its folder too.

    Args:
        path: The file.
        data: Its content.
        temporary_in: The folder of the temporary file, on the same file system; None takes the
            folder of ``path``. :func:`remove_temporaries` finds what a killed process left there.
    """
    make_folder(path.parent)
    temporary = (
        temporary_in or path.parent
    ) / f".{path.name}.{os.getpid()}-{threading.get_ident()}.tmp"
    try:
        with errors_named(path), temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    flush_folder(path.parent)


@contextmanager
def errors_named(path: Path) -> Generator[None]:
    """Adds the path to errors of the system that have none, as those of a full disk."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def make_folder(folder: Path) -> None:
    """Makes a folder and those above it, so that a loss of power does not undo it."""
    missing = [folder]
    while not missing[-1].is_dir() and missing[-1] != missing[-1].parent:
        missing.append(missing[-1].parent)
    folder.mkdir(parents=True, exist_ok=True)
    for parent in missing[1:]:
        flush_folder(parent)


def flush_folder(folder: Path) -> None:
    """Waits until the names in a folder are on the disk, where the file system can do that."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with errors_named(folder):
            os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_FLUSH:
            raise
    finally:
        os.close(descriptor)


def flush_file(path: Path) -> None:
    """Waits until the content of a file is on the disk."""
    with errors_named(path), path.open("rb") as file:
        os.fsync(file.fileno())


def remove_temporaries(folder: Path) -> list[Path]:
    """Removes the temporary files that killed processes left in a folder, and returns their paths.

    No other process may be writing in the folder: the caller holds its lock.
    """
    left = [path for path in folder.glob(".*.tmp") if _TEMPORARY.fullmatch(path.name)]
    for path in left:
        path.unlink(missing_ok=True)
    return left


def _checksum(fields: Fields) -> str:
    return hashlib.sha256(msgspec.json.encode(fields, order="deterministic")).hexdigest()
