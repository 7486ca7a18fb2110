"""The films that clients send: written to the disk as they come, and known by their content."""

import asyncio
import hashlib
import os
import shutil
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import IO, Final

from indicsubs.server.client_names import safe_name
from indicsubs.server.failures import RequestError, bad_request
from indicsubs.server.settings import ServerSettings
from indicsubs.server.wave_header import HEADER_BYTES, wave_header

UPLOADS: Final = "uploads"
"""The folder in the folder of the jobs."""
_CHECKED_EVERY: Final = 64 << 20
"""The bytes of an upload between two looks at the free disk."""


class Upload:
    """A film that is being received, in a folder of its own.

    Args:
        folder: The folder, which is empty when the film begins.
        settings: The limits.
        size: The size of the request; 0 where the client does not say it.
        is_raw: Whether it is 16 kHz mono s16le without a header.
    """

    def __init__(
        self, folder: Path, settings: ServerSettings, *, size: int = 0, is_raw: bool
    ) -> None:
        self._path = folder / "incoming"
        self._size = size
        self._settings, self._is_raw = settings, is_raw
        self._file: IO[bytes] | None = None
        self._digest = hashlib.sha256(b"s16le" if is_raw else b"")
        self._checked = 0
        self.bytes = 0
        self.name = ""

    @property
    def bytes_left(self) -> int:
        """The bytes that will come, as the client says."""
        return max(0, self._size - self.bytes)

    def open(self, name: str) -> None:
        """Begins the file.

        Args:
            name: The name that the client gives it, in whatever form.
        """
        self._file = self._path.open("wb")
        self.name = safe_name(name, ".wav" if self._is_raw else None)
        if self._is_raw:
            self._file.write(bytes(HEADER_BYTES))

    async def write(self, data: bytes) -> None:
        """Writes the next bytes.

        Raises:
            RequestError: The upload is too large, or the disk is full.
        """
        self.bytes += len(data)
        require_size(self.bytes, self._settings)
        if self.bytes - self._checked >= _CHECKED_EVERY:
            self._checked = self.bytes
            require_room(self._path.parent, 0, self._settings)
        await asyncio.to_thread(self._write, data)

    def _write(self, data: bytes) -> None:
        if self._file is None:
            raise bad_request("The form has no file.")
        self._digest.update(data)
        try:
            self._file.write(data)
        except OSError as error:
            raise disk_full(error.strerror or "it cannot be written to") from error

    def finish(self, uploads: Path) -> Path:
        """Puts the complete film into the folder of its content; returns its path. Slow.

        Content that is there already keeps its place and its name.

        Raises:
            RequestError: The film is empty, or cannot be written.
        """
        if self._file is None or not self.bytes:
            raise bad_request("The file is empty. Send the audio or the film.")
        try:
            if self._is_raw:
                self._file.seek(0)
                self._file.write(wave_header(self.bytes))
            self._file.flush()
            os.fsync(self._file.fileno())  # the job is promised to the client after this
            self._file.close()
            self._path.rename(self._path.with_name(self.name))
            target = uploads / self._digest.hexdigest()
            try:
                self._path.parent.rename(target)
            except OSError:
                if not film_in(target):
                    raise
        except OSError as error:
            raise disk_full(error.strerror or "it cannot be written to") from error
        os.utime(target)
        return film_in(target) or target / self.name

    def close(self) -> None:
        """Closes the file, of whose upload nothing is left."""
        if self._file is not None:
            self._file.close()


class Uploads:
    """The folder of the films that clients have sent.

    Args:
        folder: The folder.
        incoming: The folder for films that are not complete, on the same disk. What is in it when
            the server ends is removed.
        settings: The limits.
    """

    def __init__(self, folder: Path, incoming: Path, settings: ServerSettings) -> None:
        self.folder = folder
        self._incoming, self._settings = incoming, settings
        self._begun = 0
        self._running: list[Upload] = []

    @asynccontextmanager
    async def receive(self, size: int | None, *, is_raw: bool = False) -> AsyncGenerator[Upload]:
        """Yields an upload, of which nothing is left unless it is finished in the block.

        Args:
            size: The size of the request; None where the client does not say it.
            is_raw: As for :class:`Upload`.

        Raises:
            RequestError: The limits do not allow it.
        """
        size = size or 0
        require_size(size, self._settings)
        if len(self._running) >= self._settings.uploads_at_once:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{len(self._running)} uploads are running, which is the limit. Try again when one"
                " has ended.",
                "busy",
            )
        expected = sum(upload.bytes_left for upload in self._running)
        require_room(self.folder, size + expected, self._settings)
        self._begun += 1
        folder = self._incoming / str(self._begun)
        upload = Upload(folder, self._settings, size=size, is_raw=is_raw)
        self._running.append(upload)
        try:
            await asyncio.to_thread(folder.mkdir)
            yield upload
        finally:
            self._running.remove(upload)
            upload.close()
            # Gigabytes take some file systems a while.
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def is_upload(self, path: Path) -> bool:
        """Returns whether a film was sent by a client."""
        return path.is_relative_to(self.folder)

    def expired(self) -> list[Path]:
        """Returns the films that were not asked for as long as uploads are kept."""
        oldest_s = time.time() - self._settings.keep_s
        folders = [path for path in self.folder.iterdir() if len(path.name) == 64]
        old = [path for path in folders if path.stat().st_mtime < oldest_s]
        return [film_in(path) or path / "film" for path in old]

    def touch(self, film: Path) -> None:
        """Notes that a film was asked for."""
        os.utime(film.parent)

    def remove(self, film: Path) -> None:
        """Removes a film that was sent."""
        if film.parent.parent == self.folder:
            shutil.rmtree(film.parent, ignore_errors=True)


def film_in(folder: Path) -> Path | None:
    """Returns the film in the folder of an upload; None where there is none."""
    return next(iter(folder.iterdir()), None) if folder.is_dir() else None


def require_size(size: int, settings: ServerSettings) -> None:
    """Checks the size of an upload.

    Raises:
        RequestError: It is too large.
    """
    if size > settings.most_bytes:
        raise RequestError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The upload is larger than {settings.most_bytes / 1e9:g} GB. Send its audio alone, or"
            " start the server with a larger --max-upload.",
            "too_large",
        )


def require_room(folder: Path, size: int, settings: ServerSettings) -> None:
    """Checks that an upload fits the disk.

    Raises:
        RequestError: It does not.
    """
    if shutil.disk_usage(folder).free - size < settings.free_bytes:
        raise disk_full("too little of it is free")


def disk_full(reason: str) -> RequestError:
    """Returns the refusal of an upload that cannot be written."""
    return RequestError(
        HTTPStatus.INSUFFICIENT_STORAGE,
        f"The upload does not fit the disk of the server: {reason}. Make room on it.",
        "disk_full",
    )
