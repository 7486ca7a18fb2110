"""The server's own interface: the jobs of the queue, their files, and the events."""

import asyncio
from collections.abc import AsyncGenerator
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse

from indicsubs.library.ledger import FilmState, LedgerFilm
from indicsubs.library.wishes import Wish, encode
from indicsubs.machine.profiles import PROFILES
from indicsubs.server.failures import RequestError, bad_request, json_answer
from indicsubs.server.job_options import (
    MOST_PRIORITY,
    JobOptionsOfClients,
    read_options,
    wish_of_client,
)
from indicsubs.server.library_paths import films_of, library_path, listing
from indicsubs.server.service import Service, in_thread
from indicsubs_text.languages import LANGUAGES

_LARGEST_JSON: Final = 64 * 1024
_MOST_LISTED: Final = 1000
_HEARTBEAT_S: Final = 15.0
_MOST_READERS: Final = 64
_LONGEST_NUMBER: Final = 18
"""Digits of the number of a job: SQLite's numbers have 64 bits."""
_STATES: Final[tuple[FilmState, ...]] = ("running", "waiting", "failed", "done", "skipped")
_REPORT_POLICY: Final = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline';"
    " style-src 'unsafe-inline'; img-src data: blob:; font-src data:; media-src data: blob:"
)
"""The report has its own script in the page; in a sandbox it reaches nothing of this server."""


class JobRoutes:
    """The handlers of the interface."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._readers = 0

    async def create(self, request: Request) -> Response:
        """Adds films of a library by their path, or one that is uploaded; answers with the jobs."""
        service, settings = self._service, self._service.settings
        if request.headers.get("content-type", "").startswith("multipart/"):
            path, fields = await service.receive(request, "file")
            options = read_options(_from_form(fields))
            wish = wish_of_client(options, settings, is_upload=True)
            films = [path]
        else:
            options = read_options(await _body(request))
            entry = await in_thread(library_path, options.path, settings.libraries)
            wish = wish_of_client(options, settings, is_upload=False)
            films = await in_thread(films_of, entry)
        await service.check(wish.spec)
        return await self._added(films, wish, options)

    async def _added(self, films: list[Path], wish: Wish, options: JobOptionsOfClients) -> Response:
        text = encode(wish)
        again = options.redo or options.overwrite
        wanted = [(film, text) for film in films]
        added = await self._service.queue.add(wanted, options.priority, again=again)
        self._service.board.ring()
        views = [self._service.views.view(film) for film in added[:_MOST_LISTED]]
        return json_answer({"jobs": views, "count": len(added)}, HTTPStatus.CREATED)

    async def all(self, request: Request) -> Response:
        """Answers with the jobs, a part of them or those of a state."""
        query = request.query_params
        most = _number(query.get("limit") or "100", "limit", 1, _MOST_LISTED)
        start = _number(query.get("offset") or "0", "offset", 0, 10**9)
        state = query.get("state")
        if state is not None and state not in _STATES:
            raise bad_request(f"state: choose from {', '.join(_STATES)}.", "state")
        states = [each for each in _STATES if state in {None, each}]

        def read(ledger: Any) -> dict[str, object]:
            found: list[LedgerFilm] = []
            skipped = start
            counts: dict[str, int] = ledger.counts()
            for each in states:
                here = counts[each] + (counts["paused"] if each == "waiting" else 0)
                if len(found) < most:
                    found += ledger.in_state(each, most - len(found), min(skipped, here))
                skipped = max(0, skipped - here)
            return {"jobs": [self._service.views.view(film) for film in found], "counts": counts}

        return json_answer(await self._service.queue.ask(read))

    async def one(self, request: Request) -> Response:
        """Answers with a job."""
        film = await self._film(request)
        progress = next(
            (view.progress for view in self._service.board.state.jobs if view.id == film.id), None
        )
        return json_answer(self._service.views.view(film, progress))

    async def remove(self, request: Request) -> Response:
        """Removes a job that is not in work; what was uploaded for it is deleted."""
        film = await self._film(request)
        if not await self._service.remove(film):
            raise RequestError(
                HTTPStatus.CONFLICT, "The job is in work. Remove it when it has ended.", "busy"
            )
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def retry(self, request: Request) -> Response:
        """Lets a job that has ended wait again."""
        film = await self._film(request)
        await self._service.queue.ask(lambda ledger: ledger.wait_again([film.id]))
        return await self._changed(request)

    async def prioritise(self, request: Request) -> Response:
        """Sets the priority of a job: ``{"priority": 10}``."""
        film = await self._film(request)
        value = _field(await _body(request), "priority", int)
        if not 0 <= value <= MOST_PRIORITY:
            raise bad_request(
                f"priority: give a whole number from 0 to {MOST_PRIORITY}.", "priority"
            )
        await self._service.queue.ask(lambda ledger: ledger.prioritise([film.id], value))
        return await self._changed(request)

    async def pause(self, request: Request) -> Response:
        """Pauses a job that waits, or ends its pause: ``{"paused": false}``."""
        film = await self._film(request)
        paused = _field(await _body(request), "paused", bool)
        await self._service.queue.ask(lambda ledger: ledger.pause([film.id], paused=paused))
        return await self._changed(request)

    async def file(self, request: Request) -> Response:
        """Answers with a finished file of a job."""
        film = await self._film(request)
        name = request.path_params["name"]
        files = await in_thread(self._service.views.files, film)
        no_file = RequestError(
            HTTPStatus.NOT_FOUND, "The job has no such file; GET /jobs/ID names them.", "no_file"
        )
        if name not in files:  # a name is looked up, and never becomes a path
            raise no_file
        if self._service.uploads.is_upload(Path(film.path)):
            await in_thread(self._service.uploads.touch, Path(film.path))
        try:
            stat = await asyncio.to_thread(files[name].stat)
        except FileNotFoundError as error:  # it was removed since
            raise no_file from error
        is_page = name.endswith(".html")
        headers = {"Content-Security-Policy": _REPORT_POLICY} if is_page else {}
        return FileResponse(
            files[name],
            stat_result=stat,
            headers=headers,
            filename=name,
            media_type="text/html" if is_page else "application/octet-stream",
            content_disposition_type="inline" if is_page else "attachment",
        )

    async def events(self, request: Request) -> Response:
        """Sends the whole queue as an event, and then each change (server-sent events)."""
        if self._readers >= _MOST_READERS:
            raise RequestError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                f"{_MOST_READERS} clients read the events already. Close some pages.",
                "busy",
            )
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        if request.method == "HEAD":  # whose answer ends with its head
            return Response(headers=headers, media_type="text/event-stream")
        last = request.headers.get("last-event-id", "")
        return StreamingResponse(
            self._stream(last), media_type="text/event-stream", headers=headers
        )

    async def _stream(self, last: str) -> AsyncGenerator[bytes]:
        board = self._service.board
        self._readers += 1
        try:
            number = board.events.number_of(last)
            yield b"retry: 2000\n\n"
            while not self._service.stopping.is_set():
                events = None if number is None else board.events.since(number)
                if events is None:
                    number = board.events.last
                    state = msgspec.json.encode(board.state)
                    yield _sent(board.events.id_of(number), "queue", state)
                    continue
                for event in events:
                    number = event.number
                    yield _sent(board.events.id_of(number), event.kind, event.data)
                if not events and number is not None:
                    await board.events.wait(number, _HEARTBEAT_S)
                    if board.events.last == number:
                        yield b": still here\n\n"
        finally:
            self._readers -= 1

    async def library(self, request: Request) -> Response:
        """Answers with the folders and films in a folder of the libraries."""
        libraries = self._service.settings.libraries
        name = request.query_params.get("path") or ""
        if not name:
            return json_answer({"path": "", "folders": libraries, "films": []})
        entry = await in_thread(library_path, name, libraries)
        return json_answer({"path": str(entry.path), **await in_thread(listing, entry)})

    async def options(self, request: Request) -> Response:  # noqa: ARG002
        """Answers with the languages and profiles, and the server's own choices."""
        spec = self._service.settings.spec
        return json_answer(
            {
                "languages": [
                    {"tag": each.tag, "name": each.name, "native": each.native_name}
                    for each in LANGUAGES.values()
                ],
                "profiles": list(PROFILES),
                "source": spec.source_language,
                "target": spec.targets,
                "profile": spec.profile,
                "libraries": self._service.settings.libraries,
                "beside": self._service.settings.beside,
            }
        )

    async def _film(self, request: Request) -> LedgerFilm:
        text: str = request.path_params["number"]
        is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER
        film = await self._service.queue.film(int(text)) if is_number else None
        if film is None:
            raise RequestError(
                HTTPStatus.NOT_FOUND,
                f"There is no job {text[:80]!r}. GET /jobs shows them.",
                "no_job",
            )
        return film

    async def _changed(self, request: Request) -> Response:
        self._service.board.ring()
        return await self.one(request)


def _sent(number: str, kind: str, data: bytes) -> bytes:
    return b"id: %b\nevent: %b\ndata: %b\n\n" % (number.encode(), kind.encode(), data)


async def _body(request: Request) -> bytes:
    """Returns the body of a request that is a small JSON text.

    Raises:
        RequestError: It is too large.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_JSON:
            raise RequestError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"The request is larger than {_LARGEST_JSON // 1024} KiB. A film is sent as"
                " multipart/form-data, in the field file.",
                "too_large",
            )
    return bytes(body)


def _field(body: bytes, name: str, kind: type[Any]) -> Any:
    try:
        found = msgspec.json.decode(body, type=dict[str, Any])
        return msgspec.convert(found[name], kind)
    except (msgspec.DecodeError, msgspec.ValidationError, KeyError, RecursionError) as error:
        raise bad_request(f'Send {{"{name}": VALUE}} as JSON.', name) from error


def _from_form(fields: dict[str, list[str]]) -> dict[str, Any]:
    """Returns the fields of a form as the options have them: lists may be written with commas."""
    options: dict[str, Any] = {}
    for name, values in fields.items():
        if name in {"target", "formats"}:
            options[name] = [each for value in values for each in value.split(",") if each]
        elif len(values) == 1:
            options[name] = values[0]
        else:
            raise bad_request(f"The field {name[:80]!r} is given {len(values)} times.", name[:80])
    return options


def _number(text: str, name: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
        raise bad_request(f"{name}: give a whole number from {least} to {most}.", name)
    return int(text)
