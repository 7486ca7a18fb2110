"""Folders for the temporary files of a process, which the next process removes after a kill."""

import fcntl
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

_LOCK = ".lock"
"""File in a folder that its process has locked."""


@contextmanager
def own_folder(parent: Path) -> Generator[Path]:
    """Yields an empty folder that is removed at the end of the block.

    The folders of processes that were killed are removed as well.

    Args:
        parent: The folder for such folders; it is made where it does not exist.

    Raises:
        OSError: The folder cannot be made.
    """
    parent.mkdir(parents=True, exist_ok=True)
    guard = os.open(parent, os.O_RDONLY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX)  # no process has a folder that is not locked yet
        for other in parent.iterdir():
            if not is_locked(other / _LOCK):
                shutil.rmtree(other, ignore_errors=True)
        folder = Path(mkdtemp(dir=parent))
        lock = (folder / _LOCK).open("wb")
        fcntl.flock(lock, fcntl.LOCK_EX)
    finally:
        os.close(guard)
    with lock:
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def is_locked(path: Path) -> bool:
    """Returns whether a process holds a lock on a file; a file that is not there has none.

    Raises:
        OSError: The file cannot be read.
    """
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except BlockingIOError:
        return True
    return False
