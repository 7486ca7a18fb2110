"""Faults at the file operations of this process: an error, a kill, or a loss of power at the N-th.

Every operation that changes the file system counts: opening to write, writing, flushing, renaming,
linking, deleting, making and removing folders. After a kill nothing takes effect any more, the
clean-up of the code that is left included, and what was not yet handed to the system is lost. After
a loss of power, the content of every file that was not flushed to the disk is lost as well.
"""

import builtins
import errno
import io
import os
import shutil
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, Self, get_args
from unittest import mock

Fault = Literal["error", "killed before", "killed after", "power lost"]
FAULTS: tuple[Fault, ...] = get_args(Fault)


Operation = Callable[..., Any]


class Killed(BaseException):
    """The process was killed here."""


class Faults:
    """Counts the operations below ``root``, and lets the N-th fail.

    Args:
        root: Operations on files elsewhere do not count.
        at: The number of the operation, from 1; 0 lets none fail.
        fault: What happens to it.
        number: The number of the error.
    """

    def __init__(
        self, root: Path, at: int = 0, fault: Fault = "error", number: int = errno.ENOSPC
    ) -> None:
        self.root = str(root)
        self.count = 0
        self.where = ""
        """The operation that failed."""
        self._at = at
        self._fault = fault
        self._number = number
        self._dead = False
        self._unflushed: dict[int, int] = {}
        """Descriptors of files that a loss of power would empty, by the number of the inode."""

    def act(self, name: str, path: object, operation: Callable[[], Any]) -> Any:
        """Does an operation, unless it is the one that fails."""
        if self._dead:
            raise Killed
        if not isinstance(path, int) and not self.has(path):
            return operation()
        self.count += 1
        if self.count != self._at:
            return operation()
        self.where = f"{name} {path}"
        if self._fault == "error":
            raise OSError(self._number, os.strerror(self._number), path)
        if self._fault != "killed before":
            operation()
        self._dead = True
        if self._fault == "power lost":
            for descriptor in self._unflushed.values():
                os.ftruncate(descriptor, 0)
        raise Killed

    @property
    def dead(self) -> bool:
        """Whether the process was killed."""
        return self._dead

    def has(self, path: Any) -> bool:
        """Whether operations on the path count."""
        return os.path.abspath(os.fsdecode(path)).startswith(self.root)  # noqa: PTH100

    def opened(self, descriptor: int) -> None:
        """Notes a file that is open for writing."""
        self._unflushed.setdefault(os.fstat(descriptor).st_ino, os.dup(descriptor))

    def flushed(self, descriptor: int) -> None:
        """Notes that a file is on the disk."""
        known = self._unflushed.pop(os.fstat(descriptor).st_ino, None)
        if known is not None:
            os.close(known)

    def close(self) -> None:
        """Closes the descriptors of files that were never flushed."""
        for descriptor in self._unflushed.values():
            os.close(descriptor)
        self._unflushed.clear()


class _Writer:
    """A file that is open for writing; what it was not asked to flush is lost with the process."""

    def __init__(self, faults: Faults, raw: io.FileIO, path: object, encoding: str | None) -> None:
        self._faults = faults
        self._raw = raw
        self._path = path
        self._encoding = encoding
        self._data = b""
        self.closed = False
        self.encoding = encoding
        self.mode = "w"

    def write(self, data: Any) -> int:
        self._data += data.encode(self._encoding, "surrogateescape") if self._encoding else data
        return len(data)

    def flush(self) -> None:
        if self._data:
            data, self._data = self._data, b""
            half = data[: len(data) // 2]
            self._faults.act("write half of", self._path, lambda: self._raw.write(half))
            self._faults.act("write", self._path, lambda: self._raw.write(data[len(half) :]))

    def close(self) -> None:
        if not self.closed:
            self.closed = True
            try:
                if not self._faults.dead:
                    self.flush()
            finally:
                self._raw.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._raw, name)


_ONE_PATH = ("mkdir", "rmdir", "unlink", "remove")
_TWO_PATHS = ("rename", "replace", "link", "symlink")


@contextmanager
def injected(faults: Faults) -> Generator[Faults]:
    """Lets the file operations of this process go through ``faults``."""
    through = {
        **{name: _of_one_path(faults, name, getattr(os, name)) for name in _ONE_PATH},
        **{name: _of_two_paths(faults, name, getattr(os, name)) for name in _TWO_PATHS},
        "open": _open_descriptor(faults, os.open),
        "fsync": _fsync(faults, os.fsync),
    }
    open_file = _open_file(faults, io.open)
    with (
        mock.patch.multiple(os, **through),
        mock.patch.object(io, "open", open_file),
        mock.patch.object(builtins, "open", open_file),
        mock.patch.object(shutil, "_USE_CP_SENDFILE", False),
    ):
        try:
            yield faults
        finally:
            faults.close()


def _of_one_path(faults: Faults, name: str, real: Operation) -> Operation:
    def operation(path: Any, *arguments: Any, **options: Any) -> Any:
        shown = path
        if options.get("dir_fd") is not None:
            shown = Path(f"/proc/self/fd/{options['dir_fd']}").readlink() / path
        return faults.act(name, shown, lambda: real(path, *arguments, **options))

    return operation


def _of_two_paths(faults: Faults, name: str, real: Operation) -> Operation:
    def operation(path: Any, target: Any, **options: Any) -> Any:
        return faults.act(name, target, lambda: real(path, target, **options))

    return operation


def _open_descriptor(faults: Faults, real: Operation) -> Operation:
    def open_descriptor(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
        def operation() -> int:
            return real(path, flags, *arguments, **options)

        if flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            return faults.act("open", path, operation)
        return operation()

    return open_descriptor


def _fsync(faults: Faults, real: Operation) -> Operation:
    def fsync(descriptor: int) -> None:
        faults.act("fsync", descriptor, lambda: real(descriptor))
        faults.flushed(descriptor)

    return fsync


def _open_file(faults: Faults, real: Operation) -> Operation:
    def open_file(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if "r" in mode or isinstance(file, int) or not faults.has(file):
            return real(file, mode, *arguments, **options)
        kind = mode.replace("b", "").replace("t", "") + "b"
        raws: list[io.FileIO] = []

        def operation() -> io.FileIO:
            raws.append(real(file, kind, buffering=0))
            return raws[0]

        try:
            raw = faults.act("open", file, operation)
        except Killed:
            for left in raws:
                left.close()
            raise
        faults.opened(raw.fileno())
        encoding = None if "b" in mode else options.get("encoding") or "utf-8"
        return _Writer(faults, raw, file, encoding)

    return open_file
