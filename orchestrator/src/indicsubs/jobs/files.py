"""Links and copies the files of a job, and describes files by their content."""

import os
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec

from indicsubs.jobs.input_files import absolute_path, check_input_file, unreadable
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.records import errors_named, flush_file
from indicsubs_contract.source_files import file_state, fingerprint, has_content_of, sha256
from indicsubs_contract.walk import parts_of_type, transform

_LINK_FROM = 1 << 20
"""Size in bytes from which a file is linked. Smaller files are copied, because people edit them."""
Message = TypeVar("Message", bound=msgspec.Struct)


def artifacts(message: object) -> list[Artifact]:
    """Returns every artifact in a message, in the order of its fields."""
    return parts_of_type(message, Artifact)


def source_file(path: Path, digest: Callable[[Path], str] = sha256) -> SourceFile:
    """Describes the user's file by its path and its content.

    Args:
        path: The file.
        digest: Returns the SHA-256 of the file, perhaps from a record.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the file cannot be read; ``BAD_INPUT`` where it changes
            meanwhile; also the errors of :func:`~indicsubs.jobs.input_files.check_input_file`.
    """
    check_input_file(path)
    try:
        found = fingerprint(path, digest)
    except OSError as error:
        raise unreadable(path, error) from error
    return SourceFile(path=str(absolute_path(path)), fingerprint=found)


def with_states(message: Message, digest: Callable[[Path], str] = sha256) -> Message:
    """Returns a message in which the user's files have their state, where their content is right.

    A stage then need not read a whole file before it works.
    """

    def known(part: object) -> object:
        if not isinstance(part, SourceFile):
            return part
        path = Path(part.path)
        try:
            state = file_state(path)
            is_right = has_content_of(path, part, digest)
        except (OSError, IndicsubsError):
            return part  # the stage says what is wrong
        return msgspec.structs.replace(part, state=state) if is_right else part

    return transform(message, known)


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
        with errors_named(target):
            shutil.copy2(source, target)
        flush_file(target)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def set_aside(path: Path) -> Path:
    """Renames a file or a folder that a person changed to ``NAME.edited-TIME``; returns the path.

    Nothing that was set aside before is replaced.
    """
    aside = path.with_name(f"{path.name}.edited-{datetime.now().astimezone():%Y%m%d-%H%M%S}")
    number = 2
    while os.path.lexists(aside):
        aside = aside.with_name(f"{aside.name.partition('~')[0]}~{number}")
        number += 1
    path.rename(aside)
    return aside
