"""The server's own interface: films of libraries, uploads, the queue, files and events."""

import json
import os
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from fake_film import DIALOGUE, film_bytes
from fake_server import FakeServer, events, running

SLOW = {"initial_prompt": "sleep:1.5"}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("jobs")
    for name in ("Show/S01/E01.mp4", "Show/S01/E02.mp4", "Films/100% Love.mp4"):
        path = found / "library" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film_bytes([*DIALOGUE, name]))
    (found / "secret.mp4").write_bytes(film_bytes())
    (found / "library" / "link.mp4").symlink_to(found / "secret.mp4")
    (found / "library" / "linked").symlink_to(found)
    (found / "libraryother").mkdir()
    (found / "libraryother" / "film.mp4").write_bytes(film_bytes())
    return found


@pytest.fixture(scope="module")
def server(root: Path) -> Iterator[FakeServer]:
    options = ("--library", str(root / "library"), "-s", "hi", "-t", "en")
    with running(root, *options) as found:
        yield found


def create(server: FakeServer, **options: object) -> dict:
    answer = server.post("/jobs", json=options)
    assert answer.status_code == 201, answer.text
    return answer.json()["jobs"][0]


def upload(server: FakeServer, film: bytes, **data: str) -> dict:
    answer = server.post("/jobs", files={"file": ("a.mp4", film)}, data=data)
    assert answer.status_code == 201, answer.text
    return answer.json()["jobs"][0]


def test_a_film_of_a_library(server: FakeServer, root: Path) -> None:
    job = create(server, path="Show/S01/E01.mp4")
    assert job["state"] in {"waiting", "running"}
    assert job["wanted"] == "Hindi to English"
    done = server.wait_for(job["id"], "done", "failed")
    assert done["state"] == "done"
    assert {"E01.eng.srt", "E01.hin.srt", "E01.mkv"} <= {*done["files"]}
    srt = server.get(f"/jobs/{job['id']}/files/E01.eng.srt")
    assert f"[en] {DIALOGUE[0]}" in srt.content.decode()
    assert srt.headers["content-disposition"] == 'attachment; filename="E01.eng.srt"'
    assert [
        path.name for path in (root / "library/Show/S01").iterdir() if path.suffix == ".srt"
    ] == []


def test_a_folder_with_options_and_copies_beside(server: FakeServer, root: Path) -> None:
    answer = server.post(
        "/jobs",
        json={"path": str(root / "library/Films"), "target": ["ta"], "beside": True, "priority": 7},
    )
    assert answer.json()["count"] == 1
    job = server.wait_for(answer.json()["jobs"][0]["id"], "done", "failed")
    assert (job["wanted"], job["priority"], job["name"]) == ("Hindi to Tamil", 7, "100% Love.mp4")
    assert sorted(path.name for path in (root / "library/Films").iterdir()) == [
        *("100% Love.hin.srt", "100% Love.mp4", "100% Love.tam.srt")
    ]


def test_a_film_that_is_done_stays_done(server: FakeServer) -> None:
    first = server.wait_for(create(server, path="Show/S01/E01.mp4")["id"], "done")
    again = create(server, path="Show/S01/E01.mp4")
    assert (again["id"], again["state"], again["attempts"]) == (first["id"], "done", 1)


@pytest.mark.parametrize(
    "path",
    [
        *("../secret.mp4", "Show/../../secret.mp4", "/etc/passwd", "link.mp4", "linked/secret.mp4"),
        *("linked", "..", "", "\0", "Show/S01/E01.mp4\0.srt", "Show\\S01\\E01.mp4", "absent.mp4"),
        *("%2e%2e/secret.mp4", "..%2fsecret.mp4", "%2E%2E%5csecret.mp4", "Show/%00", "x" * 5000),
        *("file:///etc/passwd", "~/x.mp4", "//etc/passwd", "./../secret.mp4", "Show/\u2025/x.mp4"),
        *("../libraryother/film.mp4", "\ud800.mp4", "/proc/self/environ", "Show/S01/E01.mp4/.."),
    ],
)
def test_no_path_leads_out_of_the_libraries(server: FakeServer, path: str) -> None:
    before = server.get("/jobs").json()["counts"]
    answer = server.post("/jobs", data=json.dumps({"path": path}))
    assert answer.status_code in {400, 404}, answer.text
    message = answer.json()["error"]["message"]
    assert "secret" not in message
    assert server.get("/jobs").json()["counts"] == before
    if path and path.isprintable():
        assert server.get("/library", params={"path": path}).status_code in {400, 404}


def test_absolute_paths_with_the_name_of_a_library_as_their_start(
    server: FakeServer, root: Path
) -> None:
    answer = server.post("/jobs", json={"path": str(root / "libraryother/film.mp4")})
    assert answer.status_code == 404
    answer = server.post("/jobs", json={"path": str(root / "library/../secret.mp4")})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "options",
    [
        *({"asr_model": "/etc"}, {"rules": "/etc/passwd"}, {"rules": "../x.toml"}, {"font": "x"}),
        *({"transcript": "/etc/passwd"}, {"into": "/tmp"}, {"target": "en"}, {"priority": 1001}),
        *({"priority": "high"}, {"beam_size": 0}, {"profile": 7}, {"workflow": "burn"}),
        *({"formats": ["exe"]}, {"target": ["klingon"]}, {"source": "klingon"}, {"redo": "yes"}),
        *({"profile": "nonsense"}, {"initial_prompt": "x" * 20_000}, {"rules": "nonsense"}),
    ],
)
def test_options_that_are_not_known_or_name_files_are_refused(
    server: FakeServer, options: dict
) -> None:
    answer = server.post("/jobs", json={"path": "Show/S01/E02.mp4"} | options)
    assert answer.status_code in {400, 422}, answer.text
    assert answer.json()["error"]["message"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'{"path": 7}', b"\xff", b"[" * 60_000])
def test_bodies_that_are_not_options(server: FakeServer, body: bytes) -> None:
    assert server.post("/jobs", data=body).status_code == 400


def test_an_upload(server: FakeServer) -> None:
    answer = server.post(
        "/jobs",
        files={"file": ("../../My film.mp4", film_bytes(["नमस्ते।"]))},
        data={"source": "hi", "target": "en,ta", "workflow": "translate", "beside": "true"},
    )
    assert answer.status_code == 201, answer.text
    job = server.wait_for(answer.json()["jobs"][0]["id"], "done", "failed")
    assert (job["name"], job["wanted"]) == ("My film.mp4", "Hindi to English, Tamil")
    assert job["uploaded"]
    assert "My film.tam.srt" in job["files"]
    assert [path.name for path in Path(job["path"]).parent.iterdir()] == ["My film.mp4"]


def test_what_was_uploaded_is_removed_with_its_job(server: FakeServer, root: Path) -> None:
    film = film_bytes(["हटाओ।"])
    jobs = [
        server.post("/jobs", files={"file": ("a.mp4", film)}, data={"target": tag}).json()["jobs"][
            0
        ]
        for tag in ("en", "ta")
    ]
    first, second = (server.wait_for(job["id"], "done") for job in jobs)
    assert server.get(f"/jobs/{first['id']}").json()["path"] == second["path"]
    assert server.post(f"/jobs/{first['id']}/retry").status_code == 200
    server.wait_for(first["id"], "done")
    assert requests_delete(server, first["id"]) == 204
    assert Path(second["path"]).exists()
    assert not (root / "out" / first["job"]).exists()
    assert requests_delete(server, second["id"]) == 204
    assert not Path(second["path"]).parent.exists()
    assert server.get(f"/jobs/{first['id']}").status_code == 404


def requests_delete(server: FakeServer, number: int) -> int:
    return requests.delete(f"{server.url}/jobs/{number}", timeout=30).status_code


def test_the_queue_is_changed(server: FakeServer) -> None:
    busy = [upload(server, film_bytes([f"व्यस्त {n}"]), **SLOW) for n in range(4)]
    server.wait_for(busy[0]["id"], "running")
    last = busy[-1]["id"]
    assert server.post(f"/jobs/{last}/pause", json={"paused": True}).json()["state"] == "paused"
    assert server.post(f"/jobs/{last}/priority", json={"priority": 9}).json()["priority"] == 9
    assert requests_delete(server, busy[0]["id"]) == 409  # it is in work
    for number in [each["id"] for each in busy[:-1]]:
        server.wait_for(number, "done")
    assert server.job(last)["state"] == "paused"
    assert server.post(f"/jobs/{last}/pause", json={"paused": False}).json()["state"] != "paused"
    server.wait_for(last, "done")
    for path, body in (("priority", {"priority": -1}), ("priority", {}), ("pause", {"paused": 2})):
        assert server.post(f"/jobs/{last}/{path}", json=body).status_code == 400


def test_jobs_are_listed_in_parts(server: FakeServer) -> None:
    everything = server.get("/jobs?limit=1000").json()
    total = sum(everything["counts"].values())
    assert len(everything["jobs"]) == total
    parts = [server.get(f"/jobs?limit=1&offset={n}").json()["jobs"][0]["id"] for n in range(total)]
    assert parts == [job["id"] for job in everything["jobs"]]
    done = server.get("/jobs?state=done").json()["jobs"]
    assert {job["state"] for job in done} == {"done"}
    for query in ("limit=0", "limit=x", "offset=-1", "state=sleeping", "limit=" + "9" * 5000):
        assert server.get(f"/jobs?{query}").status_code == 400


@pytest.mark.parametrize(
    "name",
    [
        *("absent.srt", "..%2f..%2fjob.json", "%2e%2e%2fjob.json", ".published.json", "%00", "%"),
        *("..%5cjob.json", "E01.eng.srt%00", "%2fetc%2fpasswd", "E01.eng.srt%2f", "%ff"),
    ],
)
def test_only_finished_files_are_given(server: FakeServer, name: str) -> None:
    number = server.wait_for(create(server, path="Show/S01/E01.mp4")["id"], "done")["id"]
    answer = server.get(f"/jobs/{number}/files/{name}")
    assert answer.status_code == 404
    assert b"schema" not in answer.content


def test_the_report_is_shown_in_a_sandbox(server: FakeServer, root: Path) -> None:
    job = server.wait_for(create(server, path="Show/S01/E01.mp4")["id"], "done")
    (root / "out" / job["job"] / "subtitles" / "report.html").write_text("<p>all is well")
    answer = server.get(f"/jobs/{job['id']}/files/report.html")
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"].startswith("sandbox allow-scripts")
    assert answer.headers["content-disposition"].startswith("inline")


@pytest.mark.parametrize(
    "number",
    ["999", "0", "9" * 19, "9" * 400, "9" * 5000, "-1", "1e3", "abc", "1%00", "+1", "%D9%A1"],
)
def test_jobs_that_are_not_there(server: FakeServer, number: str) -> None:
    answer = server.get(f"/jobs/{number}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "no_job"


def test_files_that_are_asked_for_in_parts(server: FakeServer) -> None:
    number = server.wait_for(create(server, path="Show/S01/E01.mp4")["id"], "done")["id"]
    path = f"/jobs/{number}/files/E01.eng.srt"
    whole = server.get(path).content
    for asked, part in (("0-9", whole[:10]), ("10-", whole[10:]), ("-5", whole[-5:])):
        answer = server.get(path, headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, part)
    for asked in ("bytes=99999-", "bytes=9-1", "bytes=x", "lines=1-2", "bytes=0-" + "9" * 5000):
        assert server.get(path, headers={"Range": asked}).status_code in {400, 416}
    many = ",".join(["0-"] * 1000)
    assert server.get(path, headers={"Range": f"bytes={many}"}).content == whole
    head = requests.head(server.url + path, timeout=30)
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(whole)))


def test_folders_among_the_files_are_not_given(server: FakeServer, root: Path) -> None:
    job = server.wait_for(create(server, path="Show/S01/E01.mp4")["id"], "done")
    (root / "out" / job["job"] / "subtitles" / "folder").mkdir()
    assert "folder" not in server.job(job["id"])["files"]
    assert server.get(f"/jobs/{job['id']}/files/folder").status_code == 404


def test_events_begin_with_the_queue_and_go_on_with_its_changes(server: FakeServer) -> None:
    stream = events(server)
    _, kind, state = next(stream)
    assert kind == "queue"
    assert {"jobs", "counts", "seconds_left"} <= state.keys()
    film = film_bytes(["घटना।"])
    created = server.post("/jobs", files={"file": ("e.mp4", film)}, data=SLOW).json()["jobs"][0]
    seen: list[str] = []
    stages: set[str] = set()
    ids: list[str] = []
    for number, kind, data in stream:
        ids.append(number)
        if kind == "job" and data["id"] == created["id"]:
            seen.append(data["state"])
            stages |= {data["progress"]["stage"]} if data["progress"] else set()
            if data["state"] == "done":
                break
    stream.close()
    assert {"running", "done"} <= {*seen}
    assert "asr" in stages
    # A reader that goes on after one of these events gets those that it has missed.
    again = events(server, ids[0])
    assert [next(again)[0] for _ in range(2)] == ids[1:3]
    again.close()
    for unknown in ("nonsense", "00000000-1", ids[0] + "999999", f"{ids[0]}é".encode("latin-1")):
        fresh = events(server, unknown)
        assert next(fresh)[1] == "queue"
        fresh.close()


def test_changes_of_other_programs_are_seen(server: FakeServer, root: Path) -> None:
    stream = events(server)
    next(stream)
    number = server.get("/jobs?state=done&limit=1").json()["jobs"][0]["id"]
    base = sqlite3.connect(root / "out" / "ledger.sqlite3")
    with base:
        base.execute("UPDATE films SET priority = 77 WHERE id = ?", (number,))
    base.close()
    found = next(data for _, kind, data in stream if kind == "job" and data["id"] == number)
    assert found["priority"] == 77
    stream.close()


def test_the_library_is_listed(server: FakeServer, root: Path) -> None:
    assert server.get("/library").json()["folders"] == [str(root / "library")]
    found = server.get("/library", params={"path": "Show/S01"}).json()
    assert found["films"] == ["E01.mp4", "E02.mp4"]
    top = server.get("/library", params={"path": "."}).json()
    assert {"Films", "Show"} <= {*top["folders"]}
    joined = "श्र\N{ZERO WIDTH JOINER}ी.mp4"  # as names in Indic scripts have them
    for name in (joined, "hidden\n.mp4", ".hidden.mp4"):
        (root / "library" / "Names" / name).parent.mkdir(exist_ok=True)
        (root / "library" / "Names" / name).write_bytes(film_bytes())
    assert server.get("/library", params={"path": "Names"}).json()["films"] == [joined]


def test_links_that_lead_in_a_circle_hide_no_other_film(server: FakeServer, root: Path) -> None:
    folder = root / "library" / "Circle"
    folder.mkdir()
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "film.mp4").write_bytes(film_bytes([*DIALOGUE, "circle"]))
    listed = server.get("/library", params={"path": "Circle"}).json()["films"]
    assert "film.mp4" in listed
    answer = server.post("/jobs", json={"path": "Circle"})
    assert [job["name"] for job in answer.json()["jobs"]] == ["film.mp4"]
    assert server.post("/jobs", json={"path": "Circle/loop.mp4"}).status_code == 404


@pytest.mark.parametrize(
    "name", ['My "Film".mp4', "a;b=c.mp4", "श्र\N{ZERO WIDTH JOINER}ी.mp4", "%41.mp4"]
)
def test_an_upload_has_the_name_that_its_client_gives(server: FakeServer, name: str) -> None:
    film = film_bytes([*DIALOGUE, name])
    answer = server.post("/jobs", files={"file": (name, film)})
    assert answer.json()["jobs"][0]["name"] == name


def test_a_server_without_a_library_takes_no_paths(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        answer = server.post("/jobs", json={"path": "film.mp4"})
        assert answer.status_code == 403
        assert "--library" in answer.json()["error"]["message"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_stopped_goes_on_with_its_films(tmp_path: Path, number: int) -> None:
    film = film_bytes(["रुको।"])
    with running(tmp_path) as server:
        data = {"initial_prompt": "sleep:3", "source": "hi"}
        job = server.post("/jobs", files={"file": ("a.mp4", film)}, data=data).json()["jobs"][0]
        server.wait_for(job["id"], "running")
        began_s = time.monotonic()
        assert server.stop(number) == 0
        assert time.monotonic() - began_s < 10
    assert states(tmp_path) == ["waiting"]
    with running(tmp_path, name="again.log") as server:
        assert server.wait_for(job["id"], "done", "failed")["state"] == "done"


def test_a_server_that_is_killed_goes_on_with_its_films(tmp_path: Path) -> None:
    server = FakeServer(tmp_path)
    data = {"initial_prompt": "sleep:2", "source": "hi"}
    film = film_bytes(["मरो।"])
    job = server.post("/jobs", files={"file": ("a.mp4", film)}, data=data).json()["jobs"][0]
    server.wait_for(job["id"], "running")
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    assert states(tmp_path) == ["running"]
    with running(tmp_path, name="again.log") as server:
        assert server.wait_for(job["id"], "done", "failed")["state"] == "done"


def states(root: Path) -> list[str]:
    base = sqlite3.connect(root / "out" / "ledger.sqlite3")
    found = [row[0] for row in base.execute("SELECT state FROM films")]
    base.close()
    return found


def test_clients_that_wait_hear_that_the_server_stops(tmp_path: Path) -> None:
    answers: list[int] = []
    with running(tmp_path) as server:

        def ask() -> None:
            files = {"audio_file": ("a.mp4", film_bytes(["ठहरो।"]))}
            query = "language=hi&initial_prompt=sleep:5"
            answers.append(server.post(f"/asr?{query}", files=files).status_code)

        thread = threading.Thread(target=ask)
        thread.start()
        while not server.get("/jobs?state=running").json()["jobs"]:
            time.sleep(0.05)
        server.stop()
        thread.join(10)
    assert answers == [503]


def test_readers_of_events_do_not_hold_the_server_up(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        stream = events(server)
        next(stream)
        began_s = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began_s < 4
        stream.close()


def test_old_uploads_are_removed(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        film = film_bytes(["पुराना।"])
        job = server.post("/jobs", files={"file": ("a.mp4", film)}).json()["jobs"][0]
        done = server.wait_for(job["id"], "done")
        young = server.post("/jobs", files={"file": ("b.mp4", film_bytes(["नया।"]))}).json()["jobs"]
        server.wait_for(young[0]["id"], "done")
    folder = Path(done["path"]).parent
    os.utime(folder, (1, 1))
    with running(tmp_path, name="again.log") as server:
        deadline_s = time.monotonic() + 10
        while folder.exists():
            assert time.monotonic() < deadline_s
            time.sleep(0.05)
        assert [each["id"] for each in server.get("/jobs").json()["jobs"]] == [young[0]["id"]]
        assert not (tmp_path / "out" / done["job"]).exists()
