"""``watch`` over a real folder: films that are copied, moved, deleted, and disks that go away."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs
from watching import Watching

from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.options import JobOptions
from indicsubs.cli.watch_command import _check_folders, _is_still_done, _watched_folders
from indicsubs.cli.watch_restart import restart
from indicsubs.jobs.job_folders import read_job
from indicsubs.library.ledger import LEDGER_FILE, RUNNERS, Ledger, LedgerFilm
from indicsubs.library.watch_surroundings import WatchedFolder
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, IndicsubsError
from indicsubs_contract.stages import StageName

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en")
QUICK = (*OPTIONS, "--every", "0.1", "--settle", "0.5")


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    workspace = fake_workspace.build(tmp_path, monkeypatch)
    (tmp_path / "films").mkdir()
    return workspace.root


def add_film(root: Path, name: str) -> Path:
    path = root / "films" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(film_bytes([*DIALOGUE, name]))
    return path


def ledger_films(root: Path) -> dict[str, LedgerFilm]:
    ledger = Ledger(root / "out" / LEDGER_FILE)
    found = {Path(film.path).name: film for film in ledger.films()}
    ledger.close()
    return found


def hours_around_now() -> str:
    now_s = time.time()
    edges = (time.localtime(now_s - 3600), time.localtime(now_s + 3600))
    return "-".join(time.strftime("%H:%M", edge) for edge in edges)


def test_a_film_that_is_copied_slowly_is_taken_once_and_whole(root: Path) -> None:
    with Watching(root, ["films", *OPTIONS, "--every", "0.1", "--settle", "3"]) as watch:
        watch.wait_for("0 film(s), 0 wait")
        whole = film_bytes([*DIALOGUE, "the end"])
        path = root / "films" / "Film.mp4"
        for index in range(0, len(whole), len(whole) // 8):
            with path.open("ab") as file:
                file.write(whole[index : index + len(whole) // 8])
            time.sleep(0.25)
        watch.wait_for(f"new: {path}")
        assert path.read_bytes() == whole
        watch.wait_for(f"done: {path}")
        time.sleep(1)
        assert watch.end() == 130
    assert sum("begun" in line for line in watch.lines) == 1
    assert ledger_films(root)["Film.mp4"].attempts == 1
    assert "the end" in path.with_suffix(".hin.srt").read_text()
    assert not list((root / "out").rglob("subtitles/Film.mkv"))  # it would fill the disk


def test_a_moved_film_gets_its_subtitles_beside_the_new_place(root: Path) -> None:
    path = add_film(root, "Film.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("done:")
        new = root / "films" / "Show" / "Better name.mp4"
        new.parent.mkdir()
        path.rename(new)
        watch.wait_for(f"moved: {path} is now {new}")
        watch.wait_for(f"done: {new}")
        watch.end()
    films = ledger_films(root)
    job = read_job(root / "out" / str(films["Better name.mp4"].job))
    before = Path(str(films["Film.mp4"].job)).name
    assert before in {job.id, job.record(StageName.ASR).reused_from}  # nothing is heard again
    assert new.with_name("Better name.eng.srt").is_file()


def test_a_folder_that_is_renamed_takes_its_subtitles_along(root: Path) -> None:
    path = add_film(root, "Show/Film.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("done:")
        path.parent.rename(root / "films" / "New")
        new = root / "films" / "New" / "Film.mp4"
        watch.wait_for(f"done: {new}")  # what lies beside it is not a person's
        new.write_bytes(film_bytes(["another film"]))
        watch.wait_for(f"done: {new}")
        watch.end()
    assert "another film" in new.with_suffix(".hin.srt").read_text()


def test_a_changed_film_is_done_again(root: Path) -> None:
    path = add_film(root, "Film.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("done:")
        path.write_bytes(film_bytes(["another film"]))
        watch.wait_for(f"changed: {path}")
        watch.wait_for("done:")
        watch.end()
    assert "another film" in path.with_suffix(".hin.srt").read_text()


def test_a_film_that_waits_and_is_deleted_leaves_the_queue(root: Path) -> None:
    kept, path = add_film(root, "A.mp4"), add_film(root, "B.mp4")
    with Watching(root, ["films", *QUICK, "--quiet-hours", hours_around_now()]) as watch:
        watch.wait_for("no film is begun")
        watch.wait_for(f"new: {path}")
        path.unlink()
        watch.wait_for(f"left the queue, because it is not in its folder any more: {path}")
        time.sleep(0.5)
        watch.end()
    films = ledger_films(root)
    assert {name: film.state for name, film in films.items()} == {"A.mp4": "waiting"}
    assert not kept.with_suffix(".eng.srt").exists()


def test_a_killed_watcher_goes_on_where_it_was(root: Path) -> None:
    for number in range(4):
        add_film(root, f"{number}.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("begun")
        watch.end(signal.SIGKILL)
    assert [film.state for film in ledger_films(root).values()].count("done") < 4
    with Watching(root, ["films", *QUICK]) as watch:
        for _ in range(4 - sum("done:" in line for line in watch.lines)):
            if all(film.state == "done" for film in ledger_films(root).values()):
                break
            watch.wait_for("done:")
        assert watch.end(signal.SIGINT) == 130
    assert {film.state for film in ledger_films(root).values()} == {"done"}
    assert all((root / "films" / f"{number}.eng.srt").is_file() for number in range(4))


def test_a_folder_that_goes_away_is_waited_for(root: Path) -> None:
    add_film(root, "A.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("done:")
        add_film(root, "B.mp4")
        (root / "films").rename(root / "away")
        watch.wait_for("Nothing is forgotten because of it")
        (root / "films").mkdir()  # the mount point without its disk
        time.sleep(0.5)
        (root / "films").rmdir()
        (root / "away").rename(root / "films")
        watch.wait_for("films is there again")
        watch.wait_for("B.mp4")
        watch.wait_for("done:")
        watch.end()
    assert sum("Nothing is forgotten" in line for line in watch.lines) == 1
    assert {film.state for film in ledger_films(root).values()} == {"done"}
    assert [film.attempts for film in ledger_films(root).values()] == [1, 1]


def test_a_film_that_is_none_fails_once(root: Path) -> None:
    path = add_film(root, "Film.mp4")
    path.write_text("This is not a film.")
    with Watching(root, ["films", *QUICK, "--json"]) as watch:
        event = json.loads(watch.wait_for('"film_done"'))
        assert (event["state"], event["path"], event["files"]) == ("failed", str(path), [])
        time.sleep(1)
        watch.end()
    assert ledger_films(root)["Film.mp4"].attempts == 1


def test_a_web_hook_is_told_and_its_failures_stop_nothing(root: Path) -> None:
    add_film(root, "Film.mp4")
    told: list[dict[str, object]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        with Watching(root, ["films", *QUICK, "--into", "subs", "--hook", url]) as watch:
            watch.wait_for("done:")
            watch.wait_for("it answers 404 Not Found")
            add_film(root, "Other.mp4")
            watch.wait_for("done:")
            watch.end()
        server.shutdown()
    event = told[0]
    assert (event["event"], event["path"]) == ("film_done", str(root / "films" / "Film.mp4"))
    assert event["languages"] == ["en"]
    assert event["files"] == [str(root / "subs" / f"Film.{tag}.srt") for tag in ("eng", "hin")]
    assert Path(str(event["job"])).is_dir()


def test_a_changed_checkout_starts_the_program_again(root: Path) -> None:
    add_film(root, "Film.mp4")
    with Watching(root, ["films", *QUICK]) as watch:
        watch.wait_for("done:")
        with (root / "packages/text/src/indicsubs_text/languages.py").open("a") as file:
            file.write("NEW = 1\n")
        watch.wait_for("indicsubs itself has changed")
        watch.wait_for("Watching")
        add_film(root, "Other.mp4")
        watch.wait_for("Other.mp4")
        watch.wait_for("done:")
        assert watch.end() == 130
    assert len(list((root / "out" / "runners").iterdir())) == 0
    assert {film.state for film in ledger_films(root).values()} == {"done"}


# --- without a process of its own --------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        ((), ExitStatus.USAGE, "No folder is named"),
        (("",), ExitStatus.USAGE, "No folder is named"),
        (("film.mp4",), ExitStatus.NO_INPUT, "film.mp4 is not a folder"),
        (("gone",), ExitStatus.NO_INPUT, "gone is not a folder"),
        ((".", "--list", "films.txt"), ExitStatus.USAGE, "belong to films that are named"),
        ((".", "--beside", "--into", "subs"), ExitStatus.USAGE, "two places"),
        ((".", "--quiet-hours", "8-9"), ExitStatus.USAGE, "--quiet-hours 8-9: give"),
        ((".", "--hook", "server"), ExitStatus.USAGE, "--hook needs an address"),
        ((".", "--every", "0"), ExitStatus.USAGE, "give a number of seconds from 0.01 to 86400"),
        ((".", "--ignore", "!"), ExitStatus.USAGE, "--ignore: Invalid git pattern"),
        ((".", "--profile", "fast"), ExitStatus.UNAVAILABLE, "models fetch"),
    ],
)
def test_what_cannot_be_watched_is_refused(workspace, capsys, arguments, status, problem) -> None:
    assert indicsubs("watch", *arguments, *OPTIONS[: 2 * ("fast" not in arguments)]) == status
    assert problem in " ".join(capsys.readouterr().err.split())


def test_folders_inside_others_are_watched_once(workspace) -> None:
    library = LibraryOptions(into=Path("subs"))
    found = _watched_folders(["b", "a/c", "a", "b"], JobOptions(profile="demo"), library)
    assert [folder.path for folder in found] == [str(workspace.root / name) for name in "ab"]
    assert f'"root":"{workspace.root}/a"' in found[0].wish


def test_a_known_folder_may_be_away_at_the_start(workspace) -> None:
    with closing(Ledger(workspace.jobs / LEDGER_FILE)) as ledger:
        ledger.add([(workspace.root / "disk" / "Film.mp4", "{}")])
        _check_folders([WatchedFolder(str(workspace.root / "disk"), "")], ledger)


def test_copies_on_a_disk_that_goes_away_are_not_made_again(workspace) -> None:
    Path("films").mkdir()
    Path("films/Film.mp4").write_bytes(film_bytes())
    assert indicsubs("run", "films", *OPTIONS, "--beside") == 0
    with closing(Ledger(workspace.jobs / LEDGER_FILE)) as ledger:
        (film,) = ledger.films()
        assert _is_still_done(film, workspace, ledger)
        Path("films").rename("away")
        assert _is_still_done(film, workspace, ledger)
        Path("away").rename("films")
        Path("films/Film.eng.srt").unlink()
        assert not _is_still_done(film, workspace, ledger)


def test_the_health_of_the_runners(workspace, capsys) -> None:
    assert indicsubs("queue", "health") == ExitStatus.UNAVAILABLE
    assert "No runner lives" in capsys.readouterr().err
    with closing(Ledger(workspace.jobs / LEDGER_FILE)) as ledger:
        ledger.renew()
        assert indicsubs("queue", "health") == ExitStatus.DONE
        assert "A runner gave a sign of life" in capsys.readouterr().out
        assert indicsubs("queue", "health", "--json") == ExitStatus.DONE
        assert json.loads(capsys.readouterr().out)["event"] == "healthy"
        (lock,) = (workspace.jobs / RUNNERS).iterdir()
        os.utime(lock, (time.time() - 1200, time.time() - 1200))
        assert indicsubs("queue", "health") == ExitStatus.UNAVAILABLE
        assert "is 20 min old" in " ".join(capsys.readouterr().err.split())
        assert indicsubs("queue", "health", "--within", "30") == ExitStatus.DONE


def test_a_restart_brings_the_packages_up_to_date(workspace, monkeypatch) -> None:
    begun: list[list[str]] = []
    monkeypatch.setattr("os.execv", lambda program, arguments: begun.append(arguments))
    monkeypatch.setattr(sys, "orig_argv", ["python", "-m", "indicsubs", "watch", "films"])
    statuses = iter((0, 2))

    def run(command: list[str], **options: object) -> subprocess.CompletedProcess[bytes]:
        assert command[:2] == ["uv", "sync"]
        assert options["env"]["UV_PROJECT_ENVIRONMENT"] == str(workspace.root / "venv/orchestrator")
        return subprocess.CompletedProcess(command, next(statuses))

    monkeypatch.setattr(subprocess, "run", run)
    restart(workspace.root, with_packages=True)
    assert begun == [[sys.executable, "-m", "indicsubs", "watch", "films"]]
    with pytest.raises(IndicsubsError, match="Run `just setup`"):
        restart(workspace.root, with_packages=True)
