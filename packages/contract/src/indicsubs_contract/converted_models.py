"""Caches models that an engine converts to its own layout: each is converted once, and whole.

The cache is shared by all jobs and processes of a user. Removing it loses only time. Each model
has a record of its files: one that lost a file, or has a file that was cut or changed, is converted
again.
"""

import fcntl
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

import msgspec

from indicsubs_contract.documents import SCHEMA
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.records import flush_folder, read_record, write_record
from indicsubs_contract.source_files import sha256

_log = logging.getLogger("indicsubs.conversion")

_PARTIAL = ".partial"
_RECORD = ".files.json"
"""The record of a converted model's files, in its folder."""
_SAMPLES, _SAMPLE = 64, 4096
"""The number of samples that identify a file, and the length of each in bytes."""


class _ConvertedFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it was written."""

    bytes: int
    modified_ns: int
    sha256: str


class _ConvertedModel(msgspec.Struct, frozen=True, kw_only=True):
    """The files of a converted model, by name."""

    schema: int = SCHEMA
    files: dict[str, _ConvertedFile]


def cache_folder(kind: str) -> Path:
    """Returns the folder of one kind of converted models: ``indicsubs/KIND`` in ``XDG_CACHE_HOME``.

    If that variable is not set, the folder is in ``~/.cache``.
    """
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "indicsubs" / kind


def conversion_digest(version: int, fingerprint: str, files: Iterable[Path]) -> str:
    """Returns the digest of all that a conversion depends on, as 32 hexadecimal digits.

    Args:
        version: The version of the converter.
        fingerprint: The digest of the model in the request. Samples of the files are added to it,
            so that a caller without a digest (a test, a benchmark) cannot get another model's
            conversion.
        files: The weights, and whatever else the converter reads.
    """
    parts = (str(version), fingerprint, *map(_sample, files))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:32]


def converted(name: str, cache: Path, convert: Callable[[Path], None]) -> Path:
    """Returns the folder ``name`` of the cache, converting the model if the cache lacks it.

    The model is written to a temporary folder and renamed when it is complete and on the disk. Only
    one process at a time converts, which also bounds the memory; others wait. A model whose files
    are not as they were written is converted again.

    Args:
        name: The name of the folder, which contains the digest of the conversion.
        cache: The folder of all converted models; it is created if it does not exist.
        convert: Writes the converted model to the empty folder that it is given. Its errors are
            not changed, and nothing is kept.
    """
    place = cache / name
    if _is_whole(place):
        return place
    cache.mkdir(parents=True, exist_ok=True)
    with _locked(cache / ".lock"):
        for left in cache.glob(f"*{_PARTIAL}"):  # of processes that were killed
            shutil.rmtree(left, ignore_errors=True)
        if not _is_whole(place):
            partial = place.with_name(name + _PARTIAL)
            if place.is_dir():
                _log.warning(
                    "The converted model %s is damaged; the model is converted again.", place
                )
                place.rename(partial)
                shutil.rmtree(partial)
            partial.mkdir()
            try:
                convert(partial)
                _write_to_disk(partial)
                _record_files(partial)
                partial.rename(place)
                flush_folder(cache)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return place


def _is_whole(place: Path) -> bool:
    """Returns whether a converted model has all its files as they were written.

    A file is read only where its time is another one. Versions until 2026-11-27 wrote no record;
    what they converted is taken as it is, and recorded.
    """
    if not place.is_dir():
        return False
    try:
        files = read_record(place / _RECORD, _ConvertedModel).files
    except FileNotFoundError:
        _record_files(place)
        return True
    except (IndicsubsError, OSError):
        return False
    for name, written in files.items():
        path = place / name
        try:
            found = path.stat()
            is_same = found.st_size == written.bytes and (
                found.st_mtime_ns == written.modified_ns or sha256(path) == written.sha256
            )
        except OSError:
            return False
        if not is_same:
            return False
    return True


def _record_files(place: Path) -> None:
    files = {
        path.name: _ConvertedFile(
            bytes=path.stat().st_size, modified_ns=path.stat().st_mtime_ns, sha256=sha256(path)
        )
        for path in sorted(place.iterdir())
    }
    write_record(place / _RECORD, _ConvertedModel(files=files))


def _write_to_disk(folder: Path) -> None:
    """Waits until the files of a folder are on the disk, which a loss of power does not undo."""
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _sample(path: Path) -> str:
    """Returns a digest of a file's size and of samples at equal distances from start to end."""
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for k in range(_SAMPLES):
            file.seek(max(0, size - _SAMPLE) * k // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


@contextmanager
def _locked(path: Path) -> Generator[None]:
    """Holds the lock of a file. The system releases it when a process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
