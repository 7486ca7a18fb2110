"""Files of jobs on machines without shared folders: they travel through a storage of fsspec's.

Every file lies there under the digest of its content, in a folder of its film and of this run.
"""

import os
import secrets
import shutil
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeAlias

import fsspec
from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.files import WHOLE_CONTENT, Artifact, SourceFile
from indicsubs_contract.source_files import CheckedSources, sha256
from indicsubs_contract.walk import parts, transform

_MOST_BYTES: Final = 50_000_000_000
"""The most bytes of fetched files that a machine keeps; the least recently used are removed."""
_SOURCES: Final = "sources"
"""The folder of the user's files in a fetched job."""
_LOG: Final = "log"

File: TypeAlias = Artifact | SourceFile


class LocalFiles:
    """The files that a machine has fetched, by the digest of their content.

    Several processes may use the folder at the same time.
    """

    def __init__(self, folder: Path, most_bytes: int = _MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def path(self, name: str) -> Path:
        """Returns the path of a file, which may not be there."""
        return self._folder / name

    def add(self, name: str, part: Path) -> None:
        """Takes a complete file into the folder."""
        part.replace(self.path(name))

    def new_part(self, name: str) -> Path:
        """Returns the path for a file that is being fetched."""
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f"{name}.part-{os.getpid()}-{secrets.token_hex(4)}"

    def make_room(self, size: int) -> None:
        """Removes the least recently used files where a new one would be too much."""
        files: list[tuple[float, int, Path]] = []
        for path in self._folder.glob("*"):
            try:
                found = path.stat()
            except FileNotFoundError:
                continue  # another process has removed it
            files.append((found.st_mtime, found.st_size, path))
        total = size + sum(each[1] for each in files)
        for _, bytes_, path in sorted(files):
            if total <= self._most_bytes:
                return
            path.unlink(missing_ok=True)  # a job that uses it has a link of its own
            total -= bytes_


class Exchange:
    """A folder of a storage, through which the files of one run travel.

    The user's machine offers the files of a request; a machine of the cluster fetches them, and
    offers those of its result; the user's machine collects them.

    Args:
        url: The folder, as fsspec takes it: ``s3://bucket/folder``, ``file:///folder``.

    Raises:
        IndicsubsError: ``USAGE`` where there is no such kind of storage here.
    """

    def __init__(self, url: str) -> None:
        try:
            # A list of files that is kept would hide what other machines have written.
            found = fsspec.core.url_to_fs(url, use_listings_cache=False, skip_instance_cache=True)
        except (ImportError, ValueError) as error:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"--exchange {url}: {str(error).rstrip('.')}. Give a folder such as"
                " s3://bucket/folder, or install the library in venv/cluster of all machines.",
            ) from error
        self._storage: Any = found[0]
        self._folder: str = found[1].rstrip("/")
        self._offered: dict[int, set[str]] = {}

    def check(self) -> None:
        """Writes, reads and removes a small file.

        Raises:
            OSError: The storage cannot be used.
        """
        key = self._key(0, f"check-{secrets.token_hex(4)}")
        with _named(self._folder):
            self._storage.makedirs(key.rpartition("/")[0], exist_ok=True)
            self._storage.pipe_file(key, b"check")
            if self._storage.cat_file(key) != b"check":
                raise OSError("it has another content than was written")
            self._storage.rm_file(key)

    def offer(self, manifest: Manifest, film: int) -> None:
        """Uploads the files of a request that are not there yet.

        Args:
            manifest: The request.
            film: The number of the film that they are for.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where a file of the user's has changed.
            OSError: A file cannot be read or uploaded.
        """
        offered = self._offered.setdefault(film, set())
        sources = CheckedSources()
        for file in _files(manifest.request):
            if _name(file) not in offered:
                path = Path(manifest.job) / file.path
                if isinstance(file, SourceFile):
                    sources.check(path, file)
                self._put(path, film, _name(file))
                sources.check_again()
                offered.add(_name(file))

    def collect(self, manifest: Manifest, result: Result, film: int) -> None:
        """Downloads the files of a result into the job's folder.

        Raises:
            IndicsubsError: ``IO_ERROR`` where a file has another content than the result says.
            OSError: A file cannot be fetched or written.
        """
        for file in _files(result):
            path = Path(manifest.job) / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            self._get(file, film, path)
            self._offered.setdefault(film, set()).add(_name(file))

    def collect_log(self, manifest: Manifest, film: int) -> None:
        """Appends what a call has written to its log, and removes it from the storage.

        Raises:
            OSError: The log cannot be fetched or written.
        """
        key = self._key(film, _LOG)
        with _named(key):
            if manifest.log is None or not self._storage.exists(key):
                return
            with (Path(manifest.job) / manifest.log).open("ab") as log:
                log.write(self._storage.cat_file(key))
            self._storage.rm_file(key)

    def forget(self, film: int) -> None:
        """Removes the files of a film from the storage.

        Raises:
            OSError: The storage does not answer.
        """
        self._offered.pop(film, None)
        self._remove(f"{self._folder}/{film}")

    def remove(self) -> None:
        """Removes the folder of this run.

        Raises:
            OSError: The storage does not answer.
        """
        self._remove(self._folder)

    @contextmanager
    def fetched(
        self, manifest: Manifest, film: int, folder: Path, local: LocalFiles
    ) -> Generator[Manifest]:
        """Yields the manifest of a copy of the job, which holds what the request needs.

        Caches do not travel: the stage keeps none.

        Args:
            manifest: The request.
            film: The number of the film.
            folder: The folder of the copy; it is removed at the end of the block.
            local: The files that this machine has.

        Raises:
            IndicsubsError: As :meth:`collect`.
            OSError: A file cannot be fetched or written.
        """
        shutil.rmtree(folder, ignore_errors=True)

        def fetch(part: object) -> object:
            if not isinstance(part, File):
                return part
            own = part
            if isinstance(part, SourceFile):
                name = Path(part.path).name
                own = replace(part, path=str(folder / _SOURCES / _name(part) / name), state="")
            self._link(part, film, folder / own.path, local)
            return own

        try:
            request = transform(manifest.request, fetch)
            for needed in (manifest.output, Path(manifest.log or "").parent):
                (folder / needed).mkdir(parents=True, exist_ok=True)
            yield replace(
                manifest,
                job=str(folder),
                request=request,
                cache=None,
                film_cache=None,
                digest=None,
            )
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def offer_result(self, manifest: Manifest, result: Result, film: int) -> None:
        """Uploads the files of a result.

        Raises:
            OSError: A file cannot be uploaded.
        """
        for file in _files(result):
            self._put(Path(manifest.job) / file.path, film, _name(file))

    def offer_log(self, manifest: Manifest, film: int) -> None:
        """Uploads what a call has written to its log.

        Raises:
            OSError: It cannot be uploaded.
        """
        if manifest.log is not None and (path := Path(manifest.job) / manifest.log).is_file():
            self._put(path, film, _LOG)

    def _link(self, file: File, film: int, path: Path, local: LocalFiles) -> None:
        """Puts a file to its place in a fetched job."""
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = local.path(_name(file))
        while True:
            try:
                os.utime(kept)
                os.link(kept, path)
            except FileExistsError:
                return  # the request names the file twice
            except FileNotFoundError:  # not fetched yet, or just removed by another process
                self._fetch(file, film, local)
            else:
                return

    def _fetch(self, file: File, film: int, local: LocalFiles) -> None:
        name = _name(file)
        key = self._key(film, name)
        with _named(key):
            local.make_room(self._storage.size(key) or 0)
        part = local.new_part(name)
        try:
            self._get(file, film, part)
            local.add(name, part)
        finally:
            part.unlink(missing_ok=True)

    def _put(self, path: Path, film: int, name: str) -> None:
        key = self._key(film, name)
        with _named(key):
            self._storage.makedirs(key.rpartition("/")[0], exist_ok=True)
            self._storage.put_file(str(path), key)

    def _get(self, file: File, film: int, path: Path) -> None:
        key = self._key(film, _name(file))
        with _named(key):
            self._storage.get_file(key, str(path))
        expected = _sha256(file)
        if expected is not None and sha256(path) != expected:
            path.unlink()
            raise IndicsubsError(
                FailureCode.IO_ERROR,
                f"{Path(file.path).name} came through the exchange with another content. Run the"
                " film again; if that repeats, check the storage.",
            )

    def _remove(self, folder: str) -> None:
        with _named(folder):
            if self._storage.exists(folder):
                self._storage.rm(folder, recursive=True)

    def _key(self, film: int, name: str) -> str:
        return f"{self._folder}/{film}/{name}"


@contextmanager
def _named(key: str) -> Generator[None]:
    """Turns whatever error a library of a storage raises into one of the system.

    Raises:
        OSError: The storage cannot be used.
    """
    try:
        yield
    except Exception as error:
        raise OSError(f"{key} in the exchange: {str(error) or type(error).__name__}") from error


def _files(message: object) -> Iterable[File]:
    return (part for part in parts(message) if isinstance(part, File))


def _name(file: File) -> str:
    """Returns the name of a file in the exchange."""
    return file.sha256 if isinstance(file, Artifact) else file.fingerprint


def _sha256(file: File) -> str | None:
    """Returns the SHA-256 of a file; None where its fingerprint covers samples only."""
    if isinstance(file, Artifact):
        return file.sha256
    return file.fingerprint.removeprefix(WHOLE_CONTENT) if file.has_whole_fingerprint else None
