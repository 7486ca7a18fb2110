"""Checks the files that a user names before anything reads them."""

import os
import stat
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def check_input_file(path: Path) -> None:
    """Checks that a path is a file that can be read more than once, and that its name is text.

    Nothing is opened, because opening a pipe waits for its writer.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there is no file or it cannot be reached; ``USAGE`` for a
            folder; ``BAD_INPUT`` for a pipe, a socket or a device, and for a name that is not
            UTF-8.
    """
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, ValueError):  # ValueError: a null character in the path
        raise IndicsubsError(
            FailureCode.NO_INPUT, f"{path} is not there. Check the path."
        ) from None
    except OSError as error:
        raise unreadable(path, error) from error
    if stat.S_ISDIR(mode):
        raise IndicsubsError(
            FailureCode.USAGE, f"{path} is a folder, and a file is needed. Give the file's path."
        )
    for is_kind, kind in _KINDS:
        if is_kind(mode):
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"{path} is {kind}, and films and texts are read more than once. Save its content"
                " as a file, and give that file.",
            )
    absolute_path(path)


def absolute_path(path: Path) -> Path:
    """Returns the absolute path of a file under its own name, which may be that of a link.

    The folders that the path goes through are resolved where their names are text.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the path has bytes that are not UTF-8, which no message
            between programs can carry.
    """
    given = Path(os.path.abspath(path))  # noqa: PTH100  keeps links
    for found in (given.parent.resolve() / given.name, given):
        if _is_text(found):
            return found
    raise IndicsubsError(
        FailureCode.BAD_INPUT,
        f"The path {path} has bytes that are not UTF-8. Rename the file or its folder, or give a"
        " link to it with another name: ln -s OLD NEW",
    )


def check_folder_name(path: Path) -> None:
    """Checks that the path of a folder is text.

    Raises:
        IndicsubsError: ``USAGE`` where it has bytes that are not UTF-8.
    """
    if not _is_text(path):
        raise IndicsubsError(
            FailureCode.USAGE,
            f"The path {path} has bytes that are not UTF-8. Choose another folder.",
        )


def is_folder(path: Path) -> bool:
    """Returns whether a path is a folder; False where it cannot be reached."""
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def is_file(path: Path) -> bool:
    """Returns whether a path is there and is no folder; False where it cannot be reached."""
    try:
        return not stat.S_ISDIR(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def unreadable(path: Path, error: OSError) -> IndicsubsError:
    """Returns the error for a file or a folder that the system does not let us read."""
    return IndicsubsError(
        FailureCode.NO_INPUT,
        f"{path} cannot be read: {error.strerror}. Check its name and permissions.",
    )


def _is_text(path: Path) -> bool:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True
