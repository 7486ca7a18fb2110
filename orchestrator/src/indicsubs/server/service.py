"""What the handlers of requests share: the queue, the uploads, and the checks of wishes."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, NamedTuple, Protocol, TypeVar

from msgspec.structs import replace
from starlette.requests import ClientDisconnect, Request

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.wishes import Wish, encode
from indicsubs.server.board import Board
from indicsubs.server.failures import RequestError, failed_film, refusal
from indicsubs.server.film_queue import FilmQueue
from indicsubs.server.job_views import JobViews
from indicsubs.server.multipart import FormReader
from indicsubs.server.settings import ServerSettings
from indicsubs.server.uploads import Upload, Uploads
from indicsubs_contract.errors import IndicsubsError

T = TypeVar("T")
_DETECTIONS_AT_ONCE: Final = 2
"""One works in the engine's process while another one is being prepared."""
AWAITED: Final = 500
"""The priority of films whose client waits for the answer: they come before those of a library,
whose priority is 0 unless a person chooses another one."""


class Detected(NamedTuple):
    """The language of a film."""

    tag: str
    probability: float
    """0 to 1."""


class Engines(Protocol):
    """What the server asks of the engines besides the work on the queue; called in threads."""

    def check(self, spec: JobSpec) -> None:
        """Checks that this machine can make what a specification asks for.

        Raises:
            IndicsubsError: It cannot; the message says why, and the next step.
        """
        ...

    def detect(self, film: Path) -> Detected:
        """Returns the language that is spoken in a film.

        Raises:
            IndicsubsError: It cannot be detected.
        """
        ...

    def remove_job(self, folder: Path) -> None:
        """Removes a job with all its files."""
        ...

    @property
    def trouble(self) -> str | None:
        """Why no film is worked on; None where all is well."""
        ...


class Service:
    """The server without HTTP.

    Args:
        settings: The settings.
        jobs: The folder of the jobs.
        queue: The queue.
        board: The state of the queue.
        views: Makes the views of jobs; used by the queue's thread.
        uploads: The films that clients have sent.
        engines: The engines.
    """

    def __init__(
        self,
        settings: ServerSettings,
        jobs: Path,
        queue: FilmQueue,
        board: Board,
        views: JobViews,
        uploads: Uploads,
        engines: Engines,
    ) -> None:
        self.settings, self.jobs, self.queue, self.board = settings, jobs, queue, board
        self.views, self.uploads, self.engines = views, uploads, engines
        self.stopping = asyncio.Event()
        # Others must not wait for engines: asyncio has few threads for what waits for the disk.
        self._detecting = ThreadPoolExecutor(_DETECTIONS_AT_ONCE, "detection")

    def close(self) -> None:
        """Ends what the engines are asked; called when they have stopped."""
        self._detecting.shutdown(cancel_futures=True)

    def stop(self) -> None:
        """Ends all requests that wait for something."""
        self.stopping.set()
        self.board.events.wake()

    async def check(self, spec: JobSpec) -> None:
        """Checks a specification before any byte of a film is received.

        Raises:
            RequestError: This machine cannot make what it asks for.
        """
        await in_thread(self.engines.check, spec)

    async def receive(
        self, request: Request, field: str, *, is_raw: bool = False, name: str = ""
    ) -> tuple[Path, dict[str, list[str]]]:
        """Receives the film of a request; returns its path and the other fields of the form.

        Args:
            request: The request, of whose body nothing was read.
            field: The field of the form with the film.
            is_raw: As for :class:`~indicsubs.server.uploads.Upload`.
            name: The film's name, where it is not that of the form.

        Raises:
            RequestError: The form or the film is refused.
        """
        length = request.headers.get("content-length", "")
        size = int(length) if length.isdecimal() and length.isascii() else None
        async with self.uploads.receive(size, is_raw=is_raw) as upload:

            def begin(given: str, _fields: dict[str, list[str]]) -> Upload:
                upload.open(name or given)
                return upload

            form = FormReader(request.headers.get("content-type", ""), field, begin)
            fields = await form.read(request.stream())
            film = await asyncio.to_thread(upload.finish, self.uploads.folder)
            return film, fields

    async def detect(self, request: Request, film: Path) -> Detected:
        """Returns the language of an upload. A client that is gone before its turn takes none.

        Raises:
            RequestError: The language cannot be detected, or the server stops.
            ClientDisconnect: The client is gone.
        """
        answer = in_thread(self.engines.detect, film, executor=self._detecting)
        return await self.while_connected(request, answer)

    async def make(self, request: Request, film: Path, spec: JobSpec) -> Job:
        """Makes the subtitles of an upload before all others, and waits for them.

        If the client does not wait for the answer, the work goes on, and the same request finds it
        done.

        Raises:
            RequestError: The film has failed, or the server stops.
            ClientDisconnect: The client is gone.
        """
        wish = encode(Wish(spec=spec, redo=True))
        (added,) = await self.queue.add([(film, wish)], AWAITED)
        self.board.ring()
        ended = await self.while_connected(request, self.board.ended(added.id))
        if ended is None:
            raise RequestError(
                HTTPStatus.CONFLICT,
                "The job was paused or removed by a person. Send the request again.",
                "removed",
            )
        if ended.state == "failed" or ended.job is None:
            raise failed_film(ended.code, ended.message)
        self.uploads.touch(film)
        return await in_thread(read_job, self.jobs / ended.job)

    async def while_connected(self, request: Request, answer: Coroutine[Any, Any, T]) -> T:
        """Waits for an answer, but not longer than the client and the server.

        The whole body of the request must have been read.

        Raises:
            ClientDisconnect: The client is gone.
            RequestError: The server stops.
        """
        task = asyncio.create_task(answer)
        gone = asyncio.create_task(_gone(request))
        stopping = asyncio.create_task(self.stopping.wait())
        others = (task, gone, stopping)
        try:
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if gone.done():
                raise ClientDisconnect
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "The server stops. The film is done when it runs again; send the request then.",
                "stopping",
            )
        finally:
            for each in others:
                each.cancel()
            await asyncio.gather(*others, return_exceptions=True)

    async def remove(self, film: LedgerFilm) -> bool:
        """Removes a job from the queue, unless it is in work; what a client has sent is deleted.

        Returns:
            Whether it was removed.
        """
        if not await self.queue.ask(lambda ledger: ledger.remove([film.id])):
            return False
        path = Path(film.path)
        if self.uploads.is_upload(path):
            if film.job is not None:
                with suppress(IndicsubsError, OSError):
                    await asyncio.to_thread(self.engines.remove_job, self.jobs / film.job)
            if not await self.queue.ask(lambda ledger: ledger.of_path(path)):
                await asyncio.to_thread(self.uploads.remove, path)
        self.board.ring()
        return True

    async def remove_expired(self) -> None:
        """Removes the uploads that were kept long enough, with their jobs."""
        for path in await asyncio.to_thread(self.uploads.expired):
            films = await self.queue.ask(lambda ledger, path=path: ledger.of_path(path))
            if any(film.state in {"waiting", "running"} for film in films):
                continue
            for film in films:
                await self.remove(film)
            await asyncio.to_thread(self.uploads.remove, path)


async def in_thread(
    function: Callable[..., T], *arguments: object, executor: Executor | None = None
) -> T:
    """Returns what a function returns that waits for the disk or for engines.

    Args:
        function: The function.
        arguments: Its arguments.
        executor: The threads; None takes those that wait for the disk.

    Raises:
        RequestError: The function has raised an expected failure.
    """
    try:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(executor, function, *arguments)
    except IndicsubsError as error:
        raise refusal(error) from error


def for_recognition(spec: JobSpec, language: str | None, targets: tuple[str, ...]) -> JobSpec:
    """Returns the specification of subtitle files without a film.

    Args:
        spec: The specification of the server.
        language: Tag of the spoken language; None takes that of the server, or detects it.
        targets: Tags of the languages to translate into; none shows the spoken language.
    """
    return replace(
        spec,
        workflow="translate",
        source_language=language or spec.source_language,
        targets=targets,
        formats=("srt", "vtt"),
        burn_in=None,
    )


async def _gone(request: Request) -> None:
    """Waits until the client of a request is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
