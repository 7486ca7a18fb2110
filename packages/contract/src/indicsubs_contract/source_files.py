"""Identifies the files of the user by their content, and notices when they change.

A film may be replaced, changed in place or still be copied while it is read. What was computed from
one content is never kept under the fingerprint of another.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import WHOLE_CONTENT, SourceFile

_HASH_BLOCK = 1 << 20
_SAMPLE = 1 << 20


def sha256(path: Path) -> str:
    """Returns the hexadecimal SHA-256 of a file's content."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_HASH_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def file_state(path: Path) -> str:
    """Returns what differs after every change of a file, and costs nothing to read.

    The time of the last change (``ctime``) is part of it, because programs set the time of the last
    modification to whatever they want.

    Raises:
        OSError: There is no such file.
    """
    found = path.stat()
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def fingerprint(path: Path, digest: Callable[[Path], str] = sha256) -> str:
    """Returns the fingerprint of a file: it covers every byte.

    Args:
        path: The file.
        digest: Returns the SHA-256 of the file, perhaps from a record.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file changes meanwhile.
        OSError: The file cannot be read.
    """
    before = file_state(path)
    found = f"{WHOLE_CONTENT}{digest(path)}"
    if file_state(path) != before:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} changes while it is read, so it is probably still being copied or downloaded."
            " Run again when that has finished.",
        )
    return found


def sampled_fingerprint(path: Path) -> str:
    """Returns the fingerprint of versions until 2026-11-27: of the size and of three samples.

    Raises:
        OSError: The file cannot be read.
    """
    size = path.stat().st_size
    digest = hashlib.sha256(str(size).encode())
    with path.open("rb") as file:
        for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
            file.seek(max(0, start))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def has_content_of(path: Path, file: SourceFile, digest: Callable[[Path], str] = sha256) -> bool:
    """Returns whether a file has the content that the reference names.

    A reference without a fingerprint names every content. A reference that an earlier version wrote
    is compared with samples of the content.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file changes meanwhile.
        OSError: The file cannot be read.
    """
    if not file.fingerprint:
        return True
    if file.has_whole_fingerprint:
        return fingerprint(path, digest) == file.fingerprint
    return sampled_fingerprint(path) == file.fingerprint


class CheckedSources:
    """The files of the user that a stage reads, checked before and after."""

    def __init__(self) -> None:
        self._opened: dict[Path, tuple[SourceFile, str]] = {}

    def check(self, path: Path, file: SourceFile) -> None:
        """Checks before a file is read that it has the content that the request names.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where it has another content.
            OSError: The file cannot be read.
        """
        state = file_state(path)
        self._opened.setdefault(path, (file, state))
        if state != file.state and not has_content_of(path, file):
            self._opened[path] = (file, "")  # so that it is an error at the end too
            raise _changed(path)

    def are_unchanged(self) -> bool:
        """Returns whether all files are as they were before they were read, by their state."""
        try:
            return all(file_state(path) == state for path, (_, state) in self._opened.items())
        except OSError:
            return False

    def check_again(self) -> None:
        """Checks after the files were read that they still have the content.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where a file has another content; ``NO_INPUT`` where it
                cannot be read any more.
        """
        for path, (file, state) in self._opened.items():
            try:
                if file_state(path) != state and not (
                    file.fingerprint and has_content_of(path, file)
                ):
                    raise _changed(path)
            except OSError as error:
                raise IndicsubsError(
                    FailureCode.NO_INPUT,
                    f"{path} cannot be read any more ({error.strerror}): it was moved or removed,"
                    " or its disk is gone. Put it back, and run again.",
                ) from error


def _changed(path: Path) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{path} has changed since this run or job began, and nothing is made from two contents of"
        " a file. When it is complete, run the film again by its path: just run FILM",
    )
