"""Links and copies the files of a job, and describes files by their content."""

import hashlib
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from indicsubs.jobs.input_files import absolute_path, check_input_file, unreadable
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.walk import parts_of_type

_SAMPLE = 1 << 20
_LINK_FROM = 1 << 20
"""Size in bytes from which a file is linked. Smaller files are copied, because people edit them."""


def artifacts(message: object) -> list[Artifact]:
    """Returns every artifact in a message, in the order of its fields."""
    return parts_of_type(message, Artifact)


def source_file(path: Path) -> SourceFile:
    """Describes the user's file by its path and a digest of its size and of three samples.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file cannot be read; also the errors of
            :func:`~indicsubs.jobs.input_files.check_input_file`.
    """
    check_input_file(path)
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
                file.seek(max(0, start))
                digest.update(file.read(_SAMPLE))
    except OSError as error:
        raise unreadable(path, error) from error
    return SourceFile(path=str(absolute_path(path)), fingerprint=digest.hexdigest())


def link_or_copy(source: Path, target: Path) -> None:
    """Copies a file to the disk, or links a large file so that it takes no more space.

    Where the file system cannot link, a large file is copied as well. A copy that fails is removed.
    """
    if source.stat().st_size >= _LINK_FROM:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system, or one without links
    try:
        shutil.copy2(source, target)
        flush_file(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def flush_file(path: Path) -> None:
    """Waits until the content of a file is on the disk."""
    with path.open("rb") as file:
        os.fsync(file.fileno())


def set_aside(path: Path) -> Path:
    """Renames a file or a folder that a person changed to ``NAME.edited-TIME``; returns the path.

    Nothing that was set aside before is replaced.
    """
    aside = path.with_name(f"{path.name}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    number = 2
    while os.path.lexists(aside):
        aside = aside.with_name(f"{aside.name.partition('~')[0]}~{number}")
        number += 1
    path.rename(aside)
    return aside
