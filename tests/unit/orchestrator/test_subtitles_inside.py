"""Films that carry subtitles inside: they are skipped, and asked only once."""

import os
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs

from indicsubs.cli import library_runs
from indicsubs.library.inside import languages_inside
from indicsubs.library.ledger import LEDGER_FILE, Ledger
from indicsubs.library.ledger_files import FileStamp, LanguagesInside, stamp_of
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import StageFailure, run_stage
from indicsubs_processes.stage_process import StageLaunch

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en,ta")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the films that were asked for their subtitles."""
    names: list[str] = []

    def ask(film: Path, *arguments: object) -> LanguagesInside:
        names.append(film.name)
        return languages_inside(film, *arguments)

    monkeypatch.setattr(library_runs, "languages_inside", ask)
    return names


def film(name: str, *inside: str) -> Path:
    path = Path("show", name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(film_bytes([*DIALOGUE, name], inside=inside))
    return path


def outcomes(workspace: Workspace) -> dict[str, tuple[str, str | None]]:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    found = {Path(film.path).name: (film.state, film.message) for film in ledger.films()}
    ledger.close()
    return found


def run(film: Path, workspace: Workspace) -> LanguagesInside:
    return languages_inside(film, workspace, one_shot)


def one_shot(launch: StageLaunch, manifest: Manifest) -> Result:
    return run_stage(launch, manifest, lambda _: None)


def test_films_with_the_wanted_subtitles_inside_or_beside_are_skipped(workspace, asked) -> None:
    film("a.mkv", "en", "ta")
    film("b.mkv", "hi", "ta").with_name("b.en.srt").write_text(MINE)
    film("c.mkv", "ta")
    film("d.mkv").with_name("d.en.srt").write_text(MINE)
    Path("show/d.ta.srt").write_text(MINE)
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    found = outcomes(workspace)
    assert found["a.mkv"] == ("skipped", "has subtitles inside it: English, Tamil")
    assert found["b.mkv"] == ("skipped", "has subtitles inside it: Tamil; beside it: English")
    assert found["c.mkv"][0] == "done"
    assert found["d.mkv"] == ("skipped", "has subtitles beside it: English, Tamil")
    assert asked == ["a.mkv", "b.mkv", "c.mkv"]


def test_a_second_run_asks_nothing_until_a_film_changes(workspace, asked, capsys) -> None:
    path = film("a.mkv", "en", "ta")
    mine = film("b.mkv", "en").with_name("b.ta.srt")
    mine.write_text(MINE)
    assert indicsubs("run", "show", *OPTIONS) == 0
    asked.clear()
    capsys.readouterr()
    assert indicsubs("run", "show", *OPTIONS) == 0
    assert "2 done before" in capsys.readouterr().out
    assert indicsubs("run", "show", *OPTIONS, "--into", "subs") == 0, "another wish"
    assert asked == []
    mine.unlink()
    assert indicsubs("run", "show", *OPTIONS) == 0
    assert "done: show/b.mkv" in capsys.readouterr().out
    assert asked == [], "it is known what is inside"
    film(path.name)
    os.utime(path, (1, 1))
    assert indicsubs("run", "show", *OPTIONS) == 0
    assert "done: show/a.mkv" in capsys.readouterr().out
    assert asked == ["a.mkv"]


@pytest.mark.parametrize(
    ("purpose", "inside", "is_skipped"),
    [
        ("forced", ("en.forced", "ta.forced"), True),
        ("forced", ("en", "ta"), False),
        ("sdh", ("en.sdh", "ta.sdh"), True),
        ("sdh", ("en.sdh", "ta"), False),
        ("full", ("en.sdh", "ta"), True),
        ("full", ("en.forced", "ta"), False),
    ],
)
def test_subtitles_for_another_purpose_do_not_count(workspace, purpose, inside, is_skipped) -> None:
    film("a.mkv", *inside)
    indicsubs("run", "show", *OPTIONS, "--purpose", purpose)
    assert (outcomes(workspace)["a.mkv"][0] == "skipped") is is_skipped


@pytest.mark.parametrize("option", [("--redo",), ("-w", "transcribe")])
def test_films_that_are_made_in_any_case_are_not_asked(workspace, asked, option) -> None:
    film("a.mkv", "en", "ta", "hi")
    options = OPTIONS if option == ("--redo",) else OPTIONS[:4]
    assert indicsubs("run", "show", *options, *option) == 0
    assert outcomes(workspace)["a.mkv"][0] == "done"
    assert asked == []


def test_a_film_that_cannot_be_asked_fails_alone(workspace, capsys) -> None:
    film("a.mkv", "en", "ta")
    film("b.mkv").write_text("no film")
    assert indicsubs("run", "show", *OPTIONS) == 1
    found = outcomes(workspace)
    assert found["a.mkv"][0] == "skipped"
    assert found["b.mkv"][0] == "failed"
    assert "b.mkv is not a film" in (found["b.mkv"][1] or "")
    assert "Log:" not in (found["b.mkv"][1] or ""), "it was removed"
    assert not list(workspace.jobs.glob("2*")), "no job was made for either"


def test_a_fault_of_the_stage_leaves_it_to_the_work(workspace, monkeypatch) -> None:
    film("a.mkv", "en", "ta")

    def crashed(*_: object) -> None:
        raise StageFailure(StageName.MUX, FailureCode.CRASHED, "mux was ended by SIGSEGV.")

    monkeypatch.setattr(library_runs, "languages_inside", crashed)
    assert indicsubs("run", "show", *OPTIONS) == 0
    assert outcomes(workspace)["a.mkv"][0] == "done"


def test_a_folder_that_cannot_be_read_fails_its_film(workspace, monkeypatch) -> None:
    film("a.mkv")

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr("indicsubs.library.wishes.languages_beside", refused)
        assert indicsubs("run", "show", *OPTIONS) == 1
    state, message = outcomes(workspace)["a.mkv"]
    assert state == "failed"
    assert "show cannot be read: Permission denied" in (message or "")
    Path("show/a.en.srt").write_text(MINE)
    Path("show/a.ta.srt").write_text(MINE)
    assert indicsubs("run", "show", *OPTIONS) == 0
    monkeypatch.setattr("indicsubs.library.wishes.languages_beside", refused)
    assert indicsubs("run", "show", *OPTIONS) == 1


def test_the_question_reads_a_film_of_any_name_and_leaves_nothing(workspace) -> None:
    path = film("a b (2001) [x].mkv", "en")
    assert run(path, workspace)["full"] == ("en",)
    assert run(film("none.mkv"), workspace)["full"] == ()
    assert list((workspace.cache / "questions").iterdir()) == []
    with pytest.raises(IndicsubsError, match="is not there") as missing:
        run(Path("show/missing.mkv"), workspace)
    assert missing.value.code is FailureCode.NO_INPUT
    with pytest.raises(IndicsubsError, match="not UTF-8"):
        run(Path("show/\udcff.mkv"), workspace)


def test_what_is_inside_is_known_until_the_film_changes(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    path.write_bytes(b"film")
    ledger = Ledger(tmp_path / LEDGER_FILE)
    assert ledger.inside(path) is None
    ledger.note_inside(path, stamp_of(path), {"full": ("hi", "en")})
    assert ledger.inside(path) == {"full": ("hi", "en")}
    ledger.note_inside(path, stamp_of(path), {})
    assert ledger.inside(path) == {}
    before = stamp_of(path)
    path.write_bytes(b"films")
    assert ledger.inside(path) is None
    ledger.note_inside(path, before, {"full": ("hi",)})
    assert ledger.inside(path) is None, "it changed while it was read"
    assert stamp_of(tmp_path / "no\0file") == FileStamp(0, 0)
    ledger.close()
