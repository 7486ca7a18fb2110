"""Hostile and broken clients: nothing is lost, nothing is left, and the memory stays flat."""

import base64
import hashlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fake_film import film_bytes
from fake_server import IMPATIENT, FakeServer, running

from indicsubs.server.connections import MOST_CONNECTIONS

TOKEN = "0123456789abcdef0123456789abcdef"
BOUNDARY = "limit"
HEAD = (
    f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="audio_file"; filename="a.mp4"\r\n\r\n'
).encode()
TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()
MIB = 1 << 20


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    root = tmp_path_factory.mktemp("hostile")
    with running(root, "--max-upload", "0.05", "-s", "hi", IMPATIENT) as found:
        yield found


@pytest.fixture
def sound(server: FakeServer) -> Iterator[None]:
    """The server works as before after the test, and no part of an upload is left."""
    yield
    incoming = server.log.parent / "out" / "uploads" / "incoming"
    deadline_s = time.monotonic() + 5
    while any(path.is_dir() for path in incoming.glob("*/*")):
        assert time.monotonic() < deadline_s, list(incoming.rglob("*"))
        time.sleep(0.05)
    answer = server.post(
        "/asr?language=hi&output=srt", files={"audio_file": ("a.mp4", film_bytes(["ठीक।"]))}
    )
    assert (answer.status_code, "ठीक" in answer.text) == (200, True)
    assert server.get("/health").json() == {"status": "ok"}


def raw(server: FakeServer, data: bytes, wait_s: float = 10) -> bytes:
    """The whole answer to bytes that are sent as they are."""
    with server.connect() as connection:
        connection.settimeout(wait_s)
        answer = b""
        try:
            connection.sendall(data)
            while chunk := connection.recv(65536):
                answer += chunk
        except OSError:
            pass
        return answer


def request(
    server: FakeServer,
    body: bytes = b"",
    *,
    method: str = "POST",
    path: str = "/asr?language=hi",
    length: int | None = None,
    **headers: str,
) -> bytes:
    lines = {
        "Host": f"127.0.0.1:{server.port}",
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Content-Length": str(len(body) if length is None else length),
        "Connection": "close",
    } | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + body


def is_closed(connection: socket.socket) -> bool:
    """Waits for the server's next word, and returns whether it has closed the connection."""
    try:
        return connection.recv(100) == b""
    except ConnectionError:
        return True


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/") else 0


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"nonsense", HEAD, HEAD + b"x", TAIL, b"--limit--\r\n", b"\r\n" * 1000),
        *(b"--limit\r\n\r\nno name" + TAIL, b"--limit\r\nContent-Disposition: form-data" + TAIL),
        b"--limit\r\n" + b"X: y\r\n" * 1000 + b"\r\nx" + TAIL,
        b"--limit\r\nContent-Disposition: form-data; name=" + b"n" * 100_000 + b"\r\n\r\nx" + TAIL,
        b"--limit\r\nContent-Disposition: form-data; name=f\r\n\r\n" + b"v" * 100_000 + TAIL,
        b"--limit\r\nContent-Disposition: form-data; name=f\r\n\r\nv\r\n" * 100 + TAIL[2:],
        HEAD + TAIL,
        HEAD + b"x\r\n" + HEAD + b"y" + TAIL,
        HEAD.replace(b"audio_file", b"other") + b"x" + TAIL,
        HEAD + b"x" + TAIL[:-4],
    ],
    ids=range(17),
)
def test_bad_forms(server: FakeServer, body: bytes) -> None:
    answer = raw(server, request(server, body))
    assert status(answer) == 400, answer[:300]
    assert b'"message"' in answer


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    "kind",
    [
        *("", "text/plain", "multipart/form-data", "multipart/form-data; boundary="),
        *("multipart/form-data; boundary=" + "b" * 300, "application/json", "multipart/mixed"),
    ],
)
def test_bodies_that_are_no_forms(server: FakeServer, kind: str) -> None:
    assert status(raw(server, request(server, HEAD + b"x" + TAIL, Content_Type=kind))) == 400


@pytest.mark.usefixtures("sound")
def test_a_head_of_a_megabyte(server: FakeServer) -> None:
    for data in (
        request(server, X_Large="x" * MIB),
        b"GET /" + b"a" * MIB + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"A" * MIB,
        b"\x16\x03\x01" + os.urandom(1000),
        b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 20_000,
    ):
        assert status(raw(server, data)) in {0, 400, 431}


@pytest.mark.usefixtures("sound")
def test_an_upload_beyond_the_limit(server: FakeServer) -> None:
    declared = raw(server, request(server, HEAD, length=10**15))
    assert status(declared) == 413
    chunked = request(server, Transfer_Encoding="chunked").replace(b"Content-Length: 0\r\n", b"")
    block = b"%x\r\n" % MIB + b"x" * MIB + b"\r\n"
    parts = [b"%x\r\n" % len(HEAD) + HEAD + b"\r\n", *[block] * 52, b"0\r\n\r\n"]
    answer = raw(server, chunked + b"".join(parts))
    assert status(answer) == 413, answer[:200]
    assert b"0.05 GB" in answer


@pytest.mark.usefixtures("sound")
def test_slow_and_stalled_clients_are_cut_off(server: FakeServer) -> None:
    began_s = time.monotonic()
    heads = [server.connect() for _ in range(3)]
    bodies = [server.connect() for _ in range(3)]
    for connection in heads[1:]:
        connection.sendall(b"GET / HTTP/1.1\r\nHost:")
    for connection in bodies:
        connection.sendall(request(server, HEAD + b"x", length=1000))
    sender = threading.Thread(target=send_slowly, args=(bodies[0],))
    sender.start()
    for connection in heads:
        assert is_closed(connection)
        connection.close()
    for connection in bodies:
        answer = connection.recv(1000)
        assert status(answer) == 408, answer
        connection.close()
    assert time.monotonic() - began_s < 8
    sender.join()


@pytest.mark.usefixtures("sound")
def test_a_slow_link_is_not_cut_off(server: FakeServer) -> None:
    film = film_bytes(["धीमा।", "x" * 95_000])
    body = HEAD + film + TAIL
    with server.connect() as connection:
        connection.sendall(request(server, length=len(body), path="/asr?language=hi&output=srt"))
        for start in range(0, len(body), 3000):  # 30 KB/s, for longer than two periods
            connection.sendall(body[start : start + 3000])
            time.sleep(0.1)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert status(answer) == 200
    assert "धीमा।".encode() in answer


@pytest.mark.usefixtures("sound")
def test_a_head_that_comes_letter_by_letter_is_cut_off(server: FakeServer) -> None:
    with server.connect() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nX: ")
        sender = threading.Thread(target=send_slowly, args=(connection,))
        sender.start()
        assert is_closed(connection)
        sender.join()


def test_the_rest_of_an_answered_request_that_comes_letter_by_letter_is_cut_off(
    server: FakeServer,
) -> None:
    with server.connect() as connection:
        head = request(server, method="GET", path="/health", length=1000, Connection="keep-alive")
        connection.sendall(head)
        answer = b""
        while not answer.endswith(b'{"status":"ok"}'):
            answer += connection.recv(4096)
        sender = threading.Thread(target=send_slowly, args=(connection,))
        began_s = time.monotonic()
        sender.start()
        assert is_closed(connection)
        assert time.monotonic() - began_s < 5
        sender.join()


def test_a_client_that_takes_no_answers_is_cut_off(server: FakeServer) -> None:
    asked = request(server, method="GET", path="/queue.js", Connection="keep-alive") * 2000
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(10)
        connection.connect(("127.0.0.1", server.port))
        connection.sendall(asked)
        time.sleep(3)
        taken = 0
        try:
            while chunk := connection.recv(1 << 20):
                taken += len(chunk)
        except ConnectionResetError:
            pass
    assert taken < 2000 * len(server.get("/queue.js").content)


def send_slowly(connection: socket.socket) -> None:
    try:
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)
    except OSError:
        return


@pytest.mark.usefixtures("sound")
def test_clients_that_are_gone_in_the_middle(server: FakeServer) -> None:
    before = server.get("/jobs").json()["counts"]
    for size in (0, 1, MIB, 5 * MIB):
        with server.connect() as connection:
            connection.sendall(request(server, HEAD + b"x" * size, length=20 * MIB))
    for _ in range(3):  # with a reset
        with server.connect() as connection:
            connection.sendall(request(server, HEAD + b"x" * 1000, length=20 * MIB))
            linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert server.get("/jobs").json()["counts"] == before


@pytest.mark.usefixtures("sound")
def test_more_uploads_than_may_run(server: FakeServer) -> None:
    held = [server.connect() for _ in range(3)]
    for connection in held:
        connection.sendall(request(server, HEAD + b"x", length=1000))
    time.sleep(0.3)
    answer = raw(server, request(server, HEAD + b"x" + TAIL))
    assert status(answer) == 503
    assert b"Retry-After" in answer or b"retry-after" in answer
    for connection in held:
        connection.close()


@pytest.mark.usefixtures("sound")
@pytest.mark.parametrize(
    "host",
    [
        *("evil.example", "evil.example:9000", "127.0.0.1.evil.example", "localhost.evil.example"),
        *("", "[::1", "0x7f000001", "indicsubs@evil.example", "evil.example#localhost"),
    ],
)
def test_other_hosts_are_refused(server: FakeServer, host: str) -> None:
    for path in ("/", "/jobs", "/health"):
        answer = raw(server, request(server, method="GET", path=path, Host=host))
        expected = {400, 421}
        if host == "[::1":  # which is read as the address
            expected.add(200)
        assert status(answer) in expected, answer[:300]


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9000"])
def test_own_hosts_are_answered(server: FakeServer, host: str) -> None:
    assert status(raw(server, request(server, method="GET", path="/health", Host=host))) == 200


@pytest.mark.parametrize(
    "headers",
    [
        *({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://127.0.0.1"}),
        *({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}),
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
    ],
)
def test_pages_of_other_sites_are_refused(server: FakeServer, headers: dict[str, str]) -> None:
    for path in ("/jobs", "/events", "/jobs/1/retry"):
        assert server.post(path, headers=headers).status_code == 403
        assert server.get(path, headers=headers).status_code == 403
    assert "access-control-allow-origin" not in server.get("/health").headers


def test_its_own_page_is_not_refused(server: FakeServer) -> None:
    own = {"Origin": server.url, "Sec-Fetch-Site": "same-origin"}
    assert server.get("/jobs", headers=own).status_code == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert server.get("/", headers=link).status_code == 200


def test_every_answer_has_the_policy(server: FakeServer) -> None:
    for path in ("/", "/jobs", "/nothing", "/queue.js", "/health"):
        headers = server.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert "server" not in headers


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS", "CONNECT", "BREW"])
def test_other_methods(server: FakeServer, method: str) -> None:
    for path in ("/jobs", "/asr", "/"):
        assert status(raw(server, request(server, method=method, path=path))) in {400, 404, 405}


@pytest.mark.parametrize(
    "path",
    [
        *("/../secret", "/%2e%2e/secret", "/page.css/../index.html", "/jobs/../../x", "/jobs//1"),
        *("/queue.js%00", "/.git/config", "/jobs/1/files/..%2f..%2fjob.json", "//evil", "/\xff"),
    ],
)
def test_paths_that_lead_elsewhere(server: FakeServer, path: str) -> None:
    assert status(raw(server, request(server, method="GET", path=path))) in {400, 404, 405}


@pytest.mark.parametrize(
    "lines",
    [
        *("Content-Length: 6\r\nTransfer-Encoding: chunked", "Content-Length: 0, 44"),
        *("Transfer-Encoding: chunked\r\nContent-Length: 6", "Content-Length: +6"),
        *("Content-Length: 6\r\nContent-Length: 44", "Content-Length: " + "9" * 5000),
        *("Transfer-Encoding: xchunked", "Transfer-Encoding: chunked, identity"),
        *(
            "Transfer-Encoding : chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
        ),
    ],
)
def test_requests_that_end_in_two_places_close_the_connection(
    server: FakeServer, lines: str
) -> None:
    head = f"POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n{lines}\r\n\r\n"
    hidden = request(server, method="GET", path="/smuggled")
    answer = raw(server, head.encode() + b"0\r\n\r\n" + hidden)
    assert status(answer) == 400
    assert answer.count(b"HTTP/1.1") == 1


def test_the_head_of_the_events_is_an_answer(server: FakeServer) -> None:
    answer = requests.head(f"{server.url}/events", timeout=5)
    assert (answer.status_code, answer.headers["content-type"][:17]) == (200, "text/event-stream")
    asked = request(server, method="HEAD", path="/events", Connection="keep-alive")
    answers = raw(server, asked + request(server, method="GET", path="/health"))
    assert answers.count(b"HTTP/1.1 200") == 2


def test_two_thousand_connections_that_say_nothing_keep_nobody_out(server: FakeServer) -> None:
    held: list[socket.socket] = []
    try:
        for number in range(2000):
            connection = server.connect()
            if number < 700:  # the limit of this test's own process
                held.append(connection)
            else:
                connection.send(b"GET")
                connection.close()
            if number % 100 == 0:
                assert server.get("/health").status_code == 200
        assert server.get("/health").status_code == 200
    finally:
        for connection in held:
            connection.close()


def test_more_requests_than_may_be_answered_at_once(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        asked = request(server, method="GET", path="/health")
        held: list[socket.socket] = []
        try:
            answer = b""
            while status(answer) != 503:
                for _ in range(max(1, MOST_CONNECTIONS - len(held))):
                    held.append(server.connect())  # JSON that does not come
                    held[-1].sendall(request(server, path="/jobs", length=10, Content_Type=""))
                answer = raw(server, asked)
                assert len(held) < 2 * MOST_CONNECTIONS
            assert b"Retry-After" in answer
        finally:
            for connection in held:
                connection.close()
        deadline_s = time.monotonic() + 20
        while status(raw(server, asked)) != 200:  # their ends are being read
            assert time.monotonic() < deadline_s


def test_the_memory_stays_flat(server: FakeServer) -> None:
    body = HEAD + b"x" * (20 * MIB) + TAIL[:-4]

    def attack() -> None:
        for _ in range(5):
            raw(server, request(server, body))
            raw(server, request(server, HEAD + b"x" * MIB, length=30 * MIB), 0.1)
            raw(server, request(server, b"--limit\r\n" + b"X: y\r\n" * 100_000))
        for _ in range(200):
            with server.connect() as connection:
                connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")

    attack()
    before = server.memory_kib()
    for _ in range(3):
        attack()
    time.sleep(1)
    grown = server.memory_kib() - before
    assert grown < 16 * 1024, f"{grown} KiB more"


def test_events_are_for_a_limited_number_of_readers(server: FakeServer) -> None:
    held = []
    for _ in range(64):
        connection = server.connect()
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200")
        held.append(connection)
    assert server.get("/events").status_code == 503
    for connection in held:
        connection.close()
    deadline_s = time.monotonic() + 10
    while True:
        with server.get("/events", stream=True) as answer:
            if answer.status_code == 200:
                break
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


# --- the token -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FakeServer]:
    root = tmp_path_factory.mktemp("token")
    (root / "token").write_text(TOKEN + "\n")
    options = ("--host", "0.0.0.0", "--token-file", str(root / "token"), "--allow-host", "Media")
    with running(root, *options) as found:
        yield found


ADDRESSES = ("/jobs", "/status", "/events", "/v1/models", "/options", "/library", "/queue.js", "/x")


@pytest.mark.parametrize(
    "authorization",
    [
        *("", "Bearer", "Bearer ", f"Bearer {TOKEN[:-1]}", f"Bearer {TOKEN}x", f"bearer{TOKEN}"),
        *("Bearer \xff\xff", "Basic !!!", "Basic ", "Basic " + "=" * 50, TOKEN, f"Token {TOKEN}"),
        "Basic " + base64.b64encode(TOKEN.encode()).decode(),
        "Bearer " + "x" * 30_000,
    ],
)
def test_no_address_is_answered_without_the_token(guarded: FakeServer, authorization: str) -> None:
    for path in ADDRESSES:
        headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
        answer = guarded.get(path, headers=headers, stream=True)
        assert answer.status_code == 401, path
        assert TOKEN not in answer.text


def test_the_token_opens_every_address(guarded: FakeServer) -> None:
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.get("/jobs", headers=bearer).status_code == 200
    # As Bazarr sends what stands before the @ in its address.
    url = guarded.url.replace("http://", f"http://indicsubs:{TOKEN}@")
    assert requests.get(f"{url}/status", timeout=30).json()["version"]
    assert guarded.get("/health").status_code == 200


def test_the_page_asks_for_the_token_and_its_cookie_is_enough(guarded: FakeServer) -> None:
    page = guarded.get("/")
    assert (page.status_code, "Token of this server" in page.text) == (401, True)
    wrong = guarded.post("/login", data={"token": "wrong"}, allow_redirects=False)
    assert (wrong.status_code, wrong.headers.get("set-cookie")) == (303, None)
    right = guarded.post("/login", data={"token": TOKEN}, allow_redirects=False)
    cookie = right.headers["set-cookie"].partition(";")[0]
    assert guarded.get("/jobs", headers={"Cookie": cookie}).status_code == 200
    assert guarded.get("/jobs", headers={"Cookie": cookie[:-1]}).status_code == 401
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    assert guarded.get("/jobs", headers={"Cookie": f"indicsubs={digest}"}).status_code == 401
    assert guarded.post("/login", data={"token": "x" * 10_000}).status_code == 413


def test_the_name_of_a_proxy_is_allowed(guarded: FakeServer) -> None:
    for host, expected in (("media", 200), ("MEDIA:443", 200), ("media.example", 421)):
        assert guarded.get("/health", headers={"Host": host}).status_code == expected


def test_a_wrong_token_is_refused_before_the_body_is_read(guarded: FakeServer) -> None:
    head = request(guarded, b"", length=10**9)
    began_s = time.monotonic()
    assert status(raw(guarded, head)) == 401
    assert time.monotonic() - began_s < 5


def test_the_stages_do_not_have_the_token(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("INDICSUBS_TOKEN", TOKEN)
    with running(tmp_path) as server:
        found: list[bytes] = []

        def ask() -> None:
            query = "language=hi&initial_prompt=sleep:2"
            server.post(
                f"/asr?{query}",
                files={"audio_file": ("a.mp4", film_bytes(["चुप।"]))},
                headers={"Authorization": f"Bearer {TOKEN}"},
            )

        thread = threading.Thread(target=ask)
        thread.start()
        deadline_s = time.monotonic() + 20

        while len(found) < 2 and time.monotonic() < deadline_s:
            tasks = Path(f"/proc/{server.process.pid}/task")
            pids = {pid for path in tasks.glob("*/children") for pid in path.read_text().split()}
            # Between fork and exec, a process has the words and the variables of its parent.
            found = [
                Path(f"/proc/{pid}/environ").read_bytes()
                for pid in pids
                if b"fake_stages" in Path(f"/proc/{pid}/cmdline").read_bytes()
            ]
        thread.join()
    assert found
    assert all(TOKEN.encode() not in each for each in found)
