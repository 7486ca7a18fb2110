"""Events to a real HTTP server that answers, refuses, hangs, closes and redirects."""

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from indicsubs.library import web_hook
from indicsubs.library.web_hook import SIGNATURE_HEADER, FilmEvent, WebHook
from indicsubs_contract.errors import FailureCode, IndicsubsError

EVENT = FilmEvent(
    event="film_done",
    path="/films/Film.mkv",
    state="done",
    languages=("hi", "en"),
    files=("/films/Film.eng.srt",),
    message="Film.eng.srt",
    code=None,
    job="/out/job",
    seconds=12.5,
)


class Server:
    """A server on this machine; its answers are statuses, or what it does instead."""

    def __init__(self) -> None:
        self.answers: list[int | str] = []
        self.location = ""
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.hang = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers.items()), body))
                answer = outer.answers.pop(0) if outer.answers else 200
                if answer == "hang":
                    outer.hang.wait(10)
                elif answer == "garbage":
                    self.wfile.write(b"hello\n\n")
                elif answer != "close":
                    self.send_response(int(answer))
                    if 300 <= int(answer) < 400:
                        self.send_header("Location", outer.location)
                    self.end_headers()
                self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/films?token=secret"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.hang.set()
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def told(url: str, *events: FilmEvent, secret: str = "", timeout_s: float = 0.3) -> list[str]:
    """Posts events, waits for the end, and returns what was said."""
    said: list[str] = []
    hook = WebHook(url, secret, said.append, timeout_s=timeout_s, pauses_s=(0.01, 0.02))
    for event in events:
        hook.post(event)
    hook.close(20.0)
    return said


def test_an_event_is_posted_as_json(server: Server) -> None:
    assert told(server.url, EVENT) == []
    ((path, headers, body),) = server.requests
    assert path == "/films?token=secret"
    assert headers["Content-Type"] == "application/json"
    assert SIGNATURE_HEADER not in headers
    assert json.loads(body) == {
        "event": "film_done",
        "path": "/films/Film.mkv",
        "state": "done",
        "languages": ["hi", "en"],
        "files": ["/films/Film.eng.srt"],
        "message": "Film.eng.srt",
        "code": None,
        "job": "/out/job",
        "seconds": 12.5,
    }


def test_a_secret_signs_the_body(server: Server) -> None:
    assert told(server.url, EVENT, secret="key") == []
    ((_, headers, body),) = server.requests
    expected = hmac.new(b"key", body, hashlib.sha256).hexdigest()
    assert {name.lower(): value for name, value in headers.items()}[
        SIGNATURE_HEADER.lower()
    ] == f"sha256={expected}"


@pytest.mark.parametrize("problem", [500, 503, 429, "hang", "close", "garbage"])
def test_a_problem_that_passes_is_tried_again(server: Server, problem: int | str) -> None:
    server.answers = [problem, problem, 200]
    assert told(server.url, EVENT) == []
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (500, "it answers 500 Internal Server Error, 3 times."),
        ("hang", "it does not answer, 3 times."),
        ("close", "Remote end closed connection without response, 3 times."),
    ],
)
def test_a_problem_that_stays_is_said_and_the_next_event_is_posted(
    server: Server, problem: int | str, said: str
) -> None:
    server.answers = [problem] * 3
    (text,) = told(server.url, EVENT, EVENT)
    assert text.startswith("The web hook at http://127.0.0.1:")
    assert text.endswith(f"was not told of /films/Film.mkv: {said}")
    assert "secret" not in text
    assert len(server.requests) == 4


def test_a_request_that_is_wrong_is_not_tried_again(server: Server) -> None:
    server.answers = [404]
    (text,) = told(server.url, EVENT)
    assert text.endswith("it answers 404 Not Found.")
    assert len(server.requests) == 1


def test_a_server_that_is_not_there(server: Server) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (text,) = told(f"http://127.0.0.1:{port}/", EVENT)
    assert text.endswith("Connection refused, 3 times.")
    (text,) = told("http://no-such-host.invalid/", EVENT)
    assert text.endswith(", 3 times.")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_keeps_the_body(server: Server, status: int) -> None:
    server.answers, server.location = [status], "/elsewhere"
    assert told(server.url, EVENT, secret="key") == []
    first, second = server.requests
    assert second[0] == "/elsewhere"
    assert first[2] == second[2]
    assert first[1].keys() == second[1].keys()


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://x/"])
def test_a_redirect_to_another_scheme_is_refused(server: Server, location: str) -> None:
    server.answers, server.location = [302], location
    (text,) = told(server.url, EVENT)
    assert "it answers 302" in text
    assert len(server.requests) == 1


def test_https_is_not_left() -> None:
    request = web_hook.urllib.request.Request("https://server/", b"{}", method="POST")
    with pytest.raises(web_hook.urllib.error.HTTPError, match="a redirect to http:"):
        web_hook._Redirects().redirect_request(request, None, 302, "", None, "http://server/")
    upgraded = web_hook._Redirects().redirect_request(
        request, None, 302, "", None, "https://server/x"
    )
    assert (upgraded.full_url, upgraded.method) == ("https://server/x", "POST")


def test_the_work_never_waits(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_hook, "_MOST_WAITING", 2)
    server.answers = ["hang"] * 9
    said: list[str] = []
    hook = WebHook(server.url, "", said.append, timeout_s=20.0)
    hook.post(EVENT)
    deadline = time.monotonic() + 10
    while not server.requests:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    began = time.monotonic()
    for _ in range(3):
        hook.post(EVENT)
    hook.close(0.05)
    assert time.monotonic() - began < 1.0
    slow, lost = said
    assert slow.endswith("is too slow: /films/Film.mkv is not told it.")
    assert lost.endswith("was not told of the last film(s).")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://server/x",
        "server/x",
        "http://",
        "https://me:word@server/",
        "http://[::1",
        "",
        "file:/x",
    ],
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(IndicsubsError, match="--hook needs an address") as refused:
        WebHook(url, "", print)
    assert refused.value.code is FailureCode.USAGE
    assert "word" not in refused.value.message
