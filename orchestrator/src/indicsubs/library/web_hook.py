"""Tells a web hook what became of a film, without the work ever waiting for it."""

import hashlib
import hmac
import http.client
import queue
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import Message
from importlib.metadata import version
from typing import IO, Final
from urllib.parse import urlsplit

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError

SECRET_VARIABLE = "INDICSUBS_HOOK_SECRET"  # noqa: S105  the name of a variable
SIGNATURE_HEADER: Final = "X-Indicsubs-Signature-256"
"""``sha256=`` and the HMAC of the body, as GitHub's web hooks sign theirs."""
_MOST_WAITING: Final = 1000
_TRIES: Final = 3


class FilmEvent(msgspec.Struct, frozen=True, kw_only=True):
    """What is posted to a web hook, as JSON."""

    event: str
    """``film_done``, ``film_skipped`` or ``film_failed``."""
    path: str
    """The film."""
    state: str
    languages: tuple[str, ...]
    """The tags of the languages that are wanted."""
    files: tuple[str, ...]
    """The subtitle files that were copied, or made where none is copied."""
    message: str
    code: str | None
    """The kind of the failure."""
    job: str | None
    """The folder of the job."""
    seconds: float


class WebHook:
    """Posts events to a URL from a thread of its own.

    Args:
        url: The address, ``http`` or ``https``.
        secret: The key of the signature; empty signs nothing.
        report: Called with a sentence, in the thread, where an event could not be delivered.
        timeout_s: The longest silence of the server.
        pauses_s: The pauses after the first and the second try, in seconds.

    Raises:
        IndicsubsError: ``USAGE`` where the address is of another kind.
    """

    def __init__(
        self,
        url: str,
        secret: str,
        report: Callable[[str], None],
        *,
        timeout_s: float = 10.0,
        pauses_s: tuple[float, float] = (2.0, 10.0),
    ) -> None:
        self._host = _host_of(url)
        self._url = url
        self._secret = secret.encode()
        self._report = report
        self._timeout_s = timeout_s
        self._pauses_s = pauses_s
        self._opener = urllib.request.build_opener(_Redirects)
        self._events: queue.Queue[FilmEvent | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._deliver, name="web hook", daemon=True)
        self._thread.start()

    def post(self, event: FilmEvent) -> None:
        """Puts an event into the queue; says so where a thousand wait already."""
        try:
            self._events.put_nowait(event)
        except queue.Full:
            self._report(f"The web hook at {self._host} is too slow: {event.path} is not told it.")

    def close(self, wait_s: float = 5.0) -> None:
        """Waits a little for the events that are not delivered yet, and says how many were lost."""
        try:
            self._events.put_nowait(None)
        except queue.Full:
            pass  # the thread is not waiting for an end: what is in the queue is counted below
        self._thread.join(wait_s)
        if self._thread.is_alive():
            self._report(f"The web hook at {self._host} was not told of the last film(s).")

    def _deliver(self) -> None:
        while (event := self._events.get()) is not None:
            problem = self._tried(msgspec.json.encode(event))
            if problem is not None:
                self._report(
                    f"The web hook at {self._host} was not told of {event.path}: {problem}."
                )

    def _tried(self, body: bytes) -> str | None:
        """Posts a body up to three times, and returns the last problem."""
        problem: str | None = None
        for number in range(_TRIES):
            problem, is_final = self._posted(body)
            if problem is None or is_final:
                return problem
            if number < _TRIES - 1:
                time.sleep(self._pauses_s[number])
        return f"{problem}, {_TRIES} times"

    def _posted(self, body: bytes) -> tuple[str | None, bool]:
        """Posts a body once; returns the problem, and whether another try is of no use."""
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"indicsubs/{version('indicsubs')}",
        }
        if self._secret:
            digest = hmac.new(self._secret, body, hashlib.sha256).hexdigest()
            headers[SIGNATURE_HEADER] = f"sha256={digest}"
        request = urllib.request.Request(self._url, body, headers, method="POST")  # noqa: S310  checked
        try:
            with self._opener.open(request, timeout=self._timeout_s):
                return None, False
        except urllib.error.HTTPError as error:
            error.close()
            may_pass = error.code >= 500 or error.code in {408, 425, 429}
            return f"it answers {error.code} {error.reason}".strip(), not may_pass
        except urllib.error.URLError as error:
            return _reason(error.reason), False
        except (OSError, http.client.HTTPException, ValueError) as error:
            return _reason(error), False


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect with the same body, but to no other scheme than from http to https."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,  # noqa: ARG002  the library's own
        headers: Message,
        newurl: str,
    ) -> urllib.request.Request | None:
        """Returns the request to the new address."""
        old, new = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if new not in {old, "https"}:
            raise urllib.error.HTTPError(newurl, code, f"(a redirect to {new}:)", headers, fp)
        return urllib.request.Request(newurl, req.data, dict(req.headers), method="POST")  # noqa: S310


def _host_of(url: str) -> str:
    """Returns the scheme and the host: the rest of an address may be a secret.

    Raises:
        IndicsubsError: ``USAGE`` for another scheme, and for an address without a host.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise IndicsubsError(
            FailureCode.USAGE,
            "--hook needs an address such as http://server:8080/path or https://server/path,"
            " without a user's name.",
        )
    return f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"


def _reason(error: object) -> str:
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, OSError):
        return error.strerror or str(error) or type(error).__name__
    return str(error) or type(error).__name__
