"""Stands before all handlers: who may ask, from where, and how slowly a request may come."""

import asyncio
import hashlib
import hmac
import ipaddress
import time
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from indicsubs.server.failures import RequestError, error_answer
from indicsubs.server.settings import ServerSettings

COOKIE: Final = "indicsubs"
_OPEN: Final = {"/health", "/login", "/page.css", "/login.js", "/icon.svg"}
"""What is answered without a token."""
_POLICY: Final = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none';"
    " object-src 'none'"
)
_DRAINED_S: Final = 15.0
_DRAINED_SILENCE_S: Final = 1.0
_DRAINED_BYTES: Final = 4 << 30
"""How much of a refused request is received: the audio of the longest films, at the speed of a
local network. Many clients read no answer before they have sent everything."""
_UNTRUSTED_SITES: Final = {"cross-site", "same-site"}


class Guard:
    """The outermost application.

    Args:
        app: The handlers.
        settings: The settings.
        login: Answers a person without the token: the page that asks for it.
        explained: Returns any error as a refusal.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: ServerSettings,
        login: ASGIApp,
        explained: Callable[[Exception], RequestError],
    ) -> None:
        self._app, self._settings, self._login = app, settings, login
        self._explained = explained
        self._token = (settings.token or "").encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request."""
        scope["app"] = self  # routes then raise what they refuse
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(receive, self._settings)
        answer = _Answer(send)
        try:
            headers = Headers(scope=scope)
            _check_length(headers)
            self._check_origin(scope, headers)
            app = self._app
            if not self._is_known(scope["path"], headers):
                if scope["path"] != "/":
                    raise RequestError(
                        HTTPStatus.UNAUTHORIZED,
                        "The token is missing or wrong. Send it as Authorization: Bearer TOKEN.",
                        "unauthorized",
                    )
                app = self._login
            await app(scope, body, answer)
        except ClientDisconnect:
            return
        except Exception as error:
            refused = self._explained(error)
            if answer.is_begun:
                raise
            await body.drain()
            await error_answer(refused)(scope, body, answer)

    def _check_origin(self, scope: Scope, headers: Headers) -> None:
        """Refuses requests for another host (DNS rebinding) and from pages of other sites.

        Raises:
            RequestError: The request is one of those.
        """
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not self._is_own(_host(hosts[0])):
            raise RequestError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "The request is for another host. Use an address of this machine, or start the"
                " server with --allow-host NAME.",
                "host",
            )
        if any(origin.partition("://")[2].lower() != hosts[0].lower() for origin in origins):
            raise RequestError(
                HTTPStatus.FORBIDDEN, "Pages of other sites may not use this server.", "origin"
            )
        navigates = scope["method"] == "GET" and headers.get("sec-fetch-mode") == "navigate"
        if headers.get("sec-fetch-site") in _UNTRUSTED_SITES and not navigates:
            raise RequestError(
                HTTPStatus.FORBIDDEN, "Pages of other sites may not use this server.", "origin"
            )

    def _is_own(self, host: str) -> bool:
        if host in {"localhost", *self._settings.hosts}:
            return True
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return False
        return True  # an address cannot be rebound

    def _is_known(self, path: str, headers: Headers) -> bool:
        """Returns whether a client has the token, or needs none."""
        if not self._token or path in _OPEN:
            return True
        kind, _, value = headers.get("authorization", "").partition(" ")
        value, given = value.strip(), b""
        if kind.lower() == "bearer":
            given = value.encode("latin-1", "replace")
        elif kind.lower() == "basic":
            with suppress(ValueError):
                given = b64decode(value, validate=True).partition(b":")[2]
        is_right = hmac.compare_digest(_digest(given), _digest(self._token))
        cookie = cookie_parser(headers.get("cookie", "")).get(COOKIE, "")
        has_cookie = hmac.compare_digest(cookie.encode(), cookie_value(self._token).encode())
        return is_right or has_cookie


def _check_length(headers: Headers) -> None:
    """Refuses a request whose end a proxy may see elsewhere (RFC 9112, 6.1: request smuggling).

    Raises:
        RequestError: The request says its length in two ways.
    """
    if "content-length" in headers and "transfer-encoding" in headers:
        raise RequestError(
            HTTPStatus.BAD_REQUEST,
            "Send Content-Length or Transfer-Encoding, and not both.",
            "length",
            closes=True,
        )


class _Body:
    """The body of a request: a client that sends it too slowly is cut off."""

    def __init__(self, receive: Receive, settings: ServerSettings) -> None:
        self._receive, self._settings = receive, settings
        self._is_whole = False
        self._waited_s, self._received = 0.0, 0
        """Of the period; the server's own work on what was received is not the client's time."""

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        period_s, least = self._settings.period_s, self._settings.least_bytes
        began_s = time.monotonic()
        try:
            message = await asyncio.wait_for(self._receive(), period_s - self._waited_s)
        except TimeoutError:
            self._is_whole = True  # there is nothing to wait for
            raise RequestError(
                HTTPStatus.REQUEST_TIMEOUT,
                f"Less than {least // 1024} KiB were received in {period_s:g} s. Send the request"
                " again, over a faster connection.",
                "timeout",
            ) from None
        self._waited_s += time.monotonic() - began_s
        self._received += len(message.get("body", b""))
        if self._received >= least:
            self._waited_s, self._received = 0.0, 0
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._is_whole = True
        return message

    async def drain(self) -> None:
        """Receives the rest of a refused request for a while, so that its client reads why."""
        received, deadline_s = 0, time.monotonic() + _DRAINED_S
        with suppress(TimeoutError):
            while not self._is_whole and received < _DRAINED_BYTES:
                if time.monotonic() > deadline_s:
                    return
                message = await asyncio.wait_for(self(), _DRAINED_SILENCE_S)
                received += len(message.get("body", b""))


class _Answer:
    """Adds the headers that all answers have."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.is_begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            named = {name.lower() for name, _ in message["headers"]}
            wanted = (
                (b"content-security-policy", _POLICY.encode()),
                (b"x-content-type-options", b"nosniff"),
                (b"referrer-policy", b"same-origin"),
                (b"cross-origin-resource-policy", b"same-origin"),
                (b"cache-control", b"no-store"),
            )
            more = [(name, value) for name, value in wanted if name not in named]
            message = {**message, "headers": [*message["headers"], *more]}
        await self._send(message)


def cookie_value(token: bytes) -> str:
    """Returns the value of the page's cookie, from which the token cannot be found."""
    return hmac.new(token, b"the cookie of the page", hashlib.sha256).hexdigest()


def is_token(given: str, token: str) -> bool:
    """Returns whether a person has given the token; takes the same time for all wrong ones."""
    return hmac.compare_digest(_digest(given.encode()), _digest(token.encode()))


def _digest(value: bytes) -> bytes:
    """Returns a value of one length, so that the time of a comparison tells no length."""
    return hashlib.sha256(value).digest()


def _host(header: str) -> str:
    """Returns the name in a Host header, in small letters and without port and brackets."""
    name = header.lower()
    if name.startswith("["):
        return name[1:].partition("]")[0]
    return name.partition(":")[0].rstrip(".")
