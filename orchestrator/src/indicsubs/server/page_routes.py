"""The page for people: its files, and the form that asks for the token."""

from http import HTTPStatus
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from indicsubs.server.failures import RequestError, json_answer
from indicsubs.server.guard import COOKIE, cookie_value, is_token
from indicsubs.server.service import Service

_TYPES: Final = {
    "html": "text/html",
    "js": "text/javascript",
    "css": "text/css",
    "svg": "image/svg+xml",
}
ASSETS: Final = ("page.css", "queue.js", "add_film.js", "common.js", "login.js", "icon.svg")
"""The files of the page that the browser asks for by their names."""
_LARGEST_FORM: Final = 4096


class PageRoutes:
    """The handlers of the page."""

    def __init__(self, service: Service) -> None:
        self._service = service
        names = (*ASSETS, "index.html", "login.html")
        folder = Path(__file__).parent / "page"
        self._files = {name: (folder / name).read_bytes() for name in names}

    async def index(self, request: Request) -> Response:  # noqa: ARG002
        """Answers with the page."""
        return self._file("index.html")

    async def login_page(self, request: Request) -> Response:  # noqa: ARG002
        """Answers with the page that asks for the token."""
        return self._file("login.html", HTTPStatus.UNAUTHORIZED)

    async def asset(self, request: Request) -> Response:
        """Answers with a file of the page."""
        return self._file(request.url.path.removeprefix("/"))

    async def login(self, request: Request) -> Response:
        """Gives the browser a cookie for the token in a form."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LARGEST_FORM:
                raise RequestError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "The form is too large.", "too_large"
                )
        given = parse_qs(body.decode("utf-8", "replace"), max_num_fields=8).get("token", [""])[0]
        token = self._service.settings.token
        if token is not None and not is_token(given.strip(), token):
            return RedirectResponse("/?wrong", HTTPStatus.SEE_OTHER)
        answer = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        if token is not None:
            answer.set_cookie(
                COOKIE,
                cookie_value(token.encode()),
                max_age=30 * 24 * 3600,
                httponly=True,
                samesite="strict",
                secure=request.url.scheme == "https",
            )
        return answer

    async def health(self, request: Request) -> Response:  # noqa: ARG002
        """Answers whether films are worked on."""
        trouble = self._service.engines.trouble
        if trouble is None:
            return json_answer({"status": "ok"})
        return json_answer(
            {"status": "failing", "message": trouble}, HTTPStatus.SERVICE_UNAVAILABLE
        )

    def _file(self, name: str, status: int = HTTPStatus.OK) -> Response:
        media_type = _TYPES[name.rpartition(".")[2]]
        return Response(
            self._files[name], status, {"Cache-Control": "no-cache"}, media_type=media_type
        )
