"""Films and texts with odd names and of odd kinds: nothing crashes, hangs or is mistaken."""

import json
import os
import socket
import threading
from pathlib import Path

import fake_workspace
import pytest
from fake_film import film_bytes
from fake_workspace import indicsubs

from indicsubs.cli.console import printable
from indicsubs.jobs.edits import corrected_files
from indicsubs.jobs.files import source_file
from indicsubs.jobs.film_edits import FilmFolder
from indicsubs.jobs.glossary_files import read_glossary
from indicsubs.jobs.input_files import check_folder_name, is_file, is_folder
from indicsubs.jobs.job_folders import all_jobs, find_job, find_or_create_job
from indicsubs.jobs.publishing import published_files
from indicsubs.jobs.specification import JobSpec
from indicsubs.jobs.subtitle_sources import check_readable
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError

NOT_UTF8 = os.fsdecode(b"caf\xff.mp4")
OPTIONS = ("-p", "demo", "-s", "hi", "-t", "en")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def pipe(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "pipe.mp4")
    return tmp_path / "pipe.mp4"


def refused(path: Path) -> IndicsubsError:
    with pytest.raises(IndicsubsError) as error:
        source_file(path)
    return error.value


def test_a_pipe_a_socket_or_a_device_is_no_film(pipe: Path) -> None:
    assert "is a pipe" in refused(pipe).message
    assert refused(pipe).code is FailureCode.BAD_INPUT
    assert "is a device" in refused(Path("/dev/zero")).message
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(pipe.with_name("socket.mp4")))
        assert "is a socket" in refused(pipe.with_name("socket.mp4")).message


def test_a_name_that_leads_nowhere_is_not_there(tmp_path: Path) -> None:
    assert "is not there" in refused(tmp_path / "no.mp4").message
    assert "is not there" in refused(tmp_path / "a\0b.mp4").message
    assert "File name too long" in refused(tmp_path / f"{'x' * 300}.mp4").message
    loop = tmp_path / "loop.mp4"
    loop.symlink_to(loop)
    assert "Check its name and permissions" in refused(loop).message
    for path in (loop, tmp_path / f"{'x' * 300}", tmp_path / "a\0b"):
        assert not is_file(path)
        assert not is_folder(path)


def test_a_name_that_is_not_text_is_refused_and_a_link_to_it_is_taken(tmp_path: Path) -> None:
    film = tmp_path / NOT_UTF8
    film.write_bytes(b"film")
    assert "bytes that are not UTF-8. Rename the file" in refused(film).message
    link = tmp_path / "link.mp4"
    link.symlink_to(film)
    assert source_file(link).path == str(link)


def test_a_folder_whose_name_is_not_text_is_refused() -> None:
    with pytest.raises(IndicsubsError, match="bytes that are not UTF-8") as refused:
        check_folder_name(Path(os.fsdecode(b"jobs\xff")))
    assert refused.value.status is ExitStatus.USAGE
    check_folder_name(Path("काम"))


def test_a_link_to_a_film_keeps_its_own_name(tmp_path: Path) -> None:
    film = tmp_path / "ab12cd34.mp4"
    film.write_bytes(b"film")
    folder = tmp_path / "films"
    folder.symlink_to(tmp_path)
    link = tmp_path / "मेरी फ़िल्म.mp4"
    link.symlink_to(film)
    assert source_file(link).path == str(link)
    assert source_file(folder / film.name).path == str(film), "folders are resolved"


@pytest.mark.parametrize(
    "name",
    [
        "क" * 80 + ".mp4",
        "x" * 251 + ".mp4",
        "नमस्ते दुनिया" * 6 + ".mp4",
        "two\nlines.mp4",
        "100%d %s.mp4",
        "quote'\"`$(x).mp4",
        "[bold]x[red].mp4",
        "-dash.mp4",
        "a.b..mp4",
        ".hidden.mp4",
        "sp ace\t.mp4",
        "\x1b[2Jclear.mp4",
        "\u202eright.mp4",
    ],
    ids=ascii,
)
def test_a_film_with_an_odd_name_gets_its_files(workspace, capsys, name: str) -> None:
    Path(name).write_bytes(film_bytes())
    assert indicsubs("run", f"./{name}", *OPTIONS) == ExitStatus.DONE
    text = capsys.readouterr().out
    (job,) = workspace.jobs.glob("*/*/*/*/job.json")
    published = [path for path in (job.parent / "subtitles").iterdir() if path.name[0] != "."]
    assert {".srt", ".vtt"} <= {path.suffix for path in published}
    assert "\x1b" not in text
    for command in ("list", "status", "logs"):
        assert indicsubs(command) == ExitStatus.DONE
    assert "\x1b" not in capsys.readouterr().out
    assert indicsubs("run", f"./{name}", *OPTIONS) == ExitStatus.DONE
    long = len(name.encode()) > 215
    assert ("the names of the files begin with a part of it" in text.replace("\n", " ")) is long
    (subtitles,) = (path for path in published if path.name.endswith(".eng.srt"))
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nMine\n")
    assert indicsubs("import", "-j", "last") == ExitStatus.DONE, "there is room for edited copies"


def test_messages_show_odd_names_in_one_line(workspace, capsys) -> None:
    Path(NOT_UTF8).write_bytes(film_bytes())
    assert indicsubs("run", NOT_UTF8) == ExitStatus.BAD_INPUT
    error = capsys.readouterr().err
    assert r"The path caf\xff.mp4 has bytes" in error
    assert indicsubs("run", "two\nlines\x1b[2J.mp4", "--json") == ExitStatus.NO_INPUT
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "\x1b" not in captured.err
    assert json.loads(captured.out)["message"].startswith(r"two\nlines\x1b[2J.mp4 is not there")


def test_what_cannot_be_shown_is_escaped_and_scripts_are_not() -> None:
    assert printable("नमस्ते\u200d क्‍ष café") == "नमस्ते\u200d क्‍ष café"
    assert printable("a\r\n\tb\x9b\u2028") == r"a\r\n\tb\x9b\u2028"
    assert printable(os.fsdecode(b"\xff\xe0\xa4")) == r"\xff\xe0\xa4"


def test_a_name_that_begins_with_a_dash_comes_with_the_next_step(workspace, capsys) -> None:
    Path("-film.mp4").write_bytes(film_bytes())
    assert indicsubs("run", "-film.mp4") == ExitStatus.USAGE
    assert "If -film.mp4 is a file, write ./-film.mp4" in capsys.readouterr().err


def test_a_pipe_in_any_place_is_answered_at_once(workspace, capsys, pipe) -> None:
    for name in ("pipe.srt", "pipe.tsv", "pipe.toml", "pipe.ttf"):
        os.mkfifo(name)
    for arguments in (
        ("run", "pipe.mp4", *OPTIONS),
        ("run", "/dev/zero", *OPTIONS),
        ("run", "film.mp4", *OPTIONS, "--transcript", "pipe.srt"),
        ("run", "film.mp4", *OPTIONS, "--glossary", "pipe.tsv"),
        ("run", "film.mp4", *OPTIONS, "--font", "pipe.ttf"),
        ("run", "film.mp4", *OPTIONS, "--rules", "pipe.toml"),
    ):
        assert indicsubs(*arguments) == ExitStatus.BAD_INPUT, arguments
        assert "read more than once" in capsys.readouterr().err
    assert not workspace.jobs.exists()


def test_an_import_of_a_pipe_or_an_unreadable_file_changes_nothing(
    workspace, monkeypatch, pipe
) -> None:
    job = fake_workspace.new_job(workspace)
    with pytest.raises(IndicsubsError, match="is a pipe"):
        corrected_files(job, [pipe], "en", None)
    file = Path("film.en.srt")
    file.touch()
    monkeypatch.setattr(
        Path, "read_bytes", lambda path: _denied() if path == file else _read_bytes(path)
    )
    with pytest.raises(IndicsubsError, match=r"film.en.srt cannot be read: Permission denied"):
        corrected_files(job, [file], "en", None)


_read_bytes = Path.read_bytes


def _denied(*_: object, **__: object) -> bytes:
    raise PermissionError(13, "Permission denied")


def test_a_film_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "film.mp4").touch()
    monkeypatch.setattr(Path, "open", _denied)
    assert "film.mp4 cannot be read: Permission denied" in refused(tmp_path / "film.mp4").message


def test_a_home_that_cannot_be_read_is_an_error_with_a_next_step(tmp_path: Path) -> None:
    (tmp_path / "indicsubs").symlink_to("indicsubs")  # a loop: root may read all else
    with pytest.raises(IndicsubsError, match=r"where your own glossary would be") as error:
        read_glossary((), {"XDG_CONFIG_HOME": str(tmp_path)})
    assert "XDG_CONFIG_HOME" in error.value.message
    assert error.value.code is FailureCode.NO_INPUT


@pytest.mark.parametrize("value", ["", "relative", "~/x"])
def test_a_configuration_home_that_is_not_absolute_counts_as_absent(
    tmp_path: Path, monkeypatch, value: str
) -> None:
    glossary = tmp_path / ".config" / "indicsubs" / "glossary.tsv"
    glossary.parent.mkdir(parents=True)
    glossary.write_text("source\ten\na\tb\n")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "relative" / "indicsubs").mkdir(parents=True)
    (tmp_path / "relative" / "indicsubs" / "glossary.tsv").write_text("not a glossary")
    terms = read_glossary((), {"XDG_CONFIG_HOME": value, "HOME": str(tmp_path)})
    assert [term.source for term in terms] == ["a"]


def test_without_a_home_there_is_no_glossary(monkeypatch) -> None:
    monkeypatch.setattr(Path, "home", classmethod(_no_home))
    assert read_glossary((), {}) == ()


def _no_home(_: type) -> Path:
    raise RuntimeError("Could not determine home directory.")


def test_the_home_of_the_system_s_list_is_taken_without_a_variable(
    tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(Path, "home", classmethod(lambda _: tmp_path))
    assert read_glossary((), {}) == ()
    (tmp_path / ".config").write_text("a file where a folder belongs")
    assert read_glossary((), {}) == ()


def test_jobs_that_cannot_be_read_are_not_no_jobs(workspace, capsys) -> None:
    workspace.jobs.symlink_to(workspace.jobs)
    for command in (("list",), ("run", "film.mp4", *OPTIONS), ("status",)):
        assert indicsubs(*command) == ExitStatus.NO_INPUT
        assert "out cannot be read" in capsys.readouterr().err


def test_a_folder_for_jobs_that_cannot_be_written_says_so(workspace, capsys, monkeypatch) -> None:
    monkeypatch.setattr(Path, "mkdir", _denied)
    with pytest.raises(IndicsubsError, match=r"No job can be made in .*: Permission denied"):
        find_or_create_job(workspace, fake_workspace.spec(workspace.root))


def test_the_home_of_an_unknown_user_in_a_path_is_no_bug(workspace, capsys) -> None:
    for option in ("--asr-model", "--rules"):
        status = indicsubs("run", "film.mp4", *OPTIONS, option, "~nosuchuser/x.toml")
        assert status in {ExitStatus.NO_INPUT, ExitStatus.UNAVAILABLE}
        assert "bug" not in capsys.readouterr().err


def test_two_starts_at_once_make_one_job(workspace: Workspace) -> None:
    spec = fake_workspace.spec(workspace.root)
    found: list[tuple[str, bool]] = []
    barrier = threading.Barrier(8)

    def start() -> None:
        barrier.wait()
        job, is_new = find_or_create_job(workspace, spec)
        found.append((job.id, is_new))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job for job, _ in found}) == 1
    assert [is_new for _, is_new in found].count(True) == 1
    assert len(all_jobs(workspace)) == 1


def test_a_folder_that_is_no_job_is_not_taken_for_one(workspace: Workspace) -> None:
    with pytest.raises(IndicsubsError, match="is a folder, and not a job's") as error:
        find_job(workspace, str(workspace.root))
    assert error.value.code is FailureCode.USAGE


def test_the_specification_of_a_film_with_any_text_is_kept(workspace: Workspace) -> None:
    film = workspace.root / "तीसरी\nकसम %s.mp4"
    film.write_bytes(film_bytes())
    job, _ = find_or_create_job(workspace, JobSpec(source=source_file(film)))
    assert find_job(workspace, job.id).spec.source.path == str(film)


def test_a_glossary_that_may_not_be_read_says_so(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "names.tsv").touch()
    monkeypatch.setattr(Path, "read_bytes", _denied)
    with pytest.raises(IndicsubsError, match=r"names.tsv cannot be read: Permission denied"):
        read_glossary([tmp_path / "names.tsv"], {"XDG_CONFIG_HOME": str(tmp_path)})


def test_a_file_that_vanishes_is_named(tmp_path: Path) -> None:
    check_readable(tmp_path / "gone.mkv")  # a film is not read here
    assert published_files(tmp_path) == []
    with pytest.raises(IndicsubsError, match=r"gone\.srt") as read:
        check_readable(tmp_path / "gone.srt")
    with pytest.raises(IndicsubsError, match=r"gone\.srt") as copied:
        FilmFolder(tmp_path, "f").copy(tmp_path / "gone.srt", "hi")
    assert read.value.code is copied.value.code is FailureCode.NO_INPUT
