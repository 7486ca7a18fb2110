"""A library of films: folders in, subtitles beside the films, and what happens to odd ones."""

import json
import os
import re
import shutil
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs

from indicsubs.library.ledger import LEDGER_FILE, Ledger
from indicsubs.library.wishes import is_still_done
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    found = fake_workspace.for_commands(tmp_path, monkeypatch)
    for name in ("S01/E01.mp4", "S01/E02.mp4", "S02/E01.mp4"):
        path = tmp_path / "show" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(film_bytes([*DIALOGUE, name]))
    return found


def states(workspace: Workspace) -> dict[str, str]:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    found = {
        str(Path(film.path).relative_to(workspace.root)): film.state for film in ledger.films()
    }
    ledger.close()
    return found


def beside(folder: str) -> list[str]:
    return sorted(path.name for path in Path(folder).iterdir())


def test_a_folder_gets_subtitles_beside_its_films(workspace, capsys) -> None:
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    assert beside("show/S01") == [
        *("E01.eng.srt", "E01.hin.srt", "E01.mp4", "E02.eng.srt", "E02.hin.srt", "E02.mp4")
    ]
    assert beside("show/S02") == ["E01.eng.srt", "E01.hin.srt", "E01.mp4"]
    assert DIALOGUE[0] in Path("show/S02/E01.hin.srt").read_text()
    printed = capsys.readouterr().out
    assert "film 2 of 3" in printed
    assert "3 film(s), 0 failed." in printed


def test_the_table_says_which_films_have_warnings(workspace, capsys) -> None:
    """Those that a film's stages gave hours ago stand far above it."""
    Path("show/S01/E02.mp4").write_bytes(film_bytes(["और एक।", "E02"]))
    Path("show/S02/E01.mp4").write_bytes(film_bytes([DIALOGUE[2], "E01"]))
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    shown = capsys.readouterr().out
    states = dict(re.findall(r"^(\S+) +(done.*?) +\d+\.\d s", shown, re.MULTILINE))
    assert states == {
        "show/S01/E01.mp4": "done, 1 warning",
        "show/S01/E02.mp4": "done",
        "show/S02/E01.mp4": "done, 1 warning",
    }
    assert "2 film(s) with warnings, which stand above and in the logs" in shown
    log = next(workspace.jobs.glob("*/*/*/*E01*/logs/pipeline.log")).read_text()
    assert "1 of " in log
    assert "chunks were hard to hear" in log


def test_the_same_command_again_does_nothing(workspace, capsys) -> None:
    indicsubs("run", "show", *OPTIONS, "--beside")
    times = {path: path.stat().st_mtime_ns for path in Path("show").rglob("*.srt")}
    capsys.readouterr()
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    assert "0 film(s), 0 failed, 3 done before." in capsys.readouterr().out
    assert times == {path: path.stat().st_mtime_ns for path in Path("show").rglob("*.srt")}


def test_what_was_deleted_beside_a_film_is_copied_again(workspace) -> None:
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    for path in Path("show/S02").glob("*.srt"):
        path.unlink()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert beside("show/S02") == ["E01.eng.srt", "E01.hin.srt", "E01.mp4"]


def test_a_film_that_fails_does_not_stop_the_others(workspace, capsys) -> None:
    Path("show/S01/E01.mp4").write_text("This is not a film.")
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 1
    assert states(workspace) == {
        "show/S01/E01.mp4": "failed",
        "show/S01/E02.mp4": "done",
        "show/S02/E01.mp4": "done",
    }
    captured = capsys.readouterr()
    assert "E01.mp4 is not a film" in captured.err
    assert "3 film(s), 1 failed." in captured.out
    Path("show/S01/E01.mp4").write_bytes(film_bytes())
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    assert states(workspace)["show/S01/E01.mp4"] == "done"


@pytest.mark.parametrize("name", ["E01.en.srt", "E01.eng.sdh.vtt", "E01.English.ass"])
def test_a_film_with_the_wanted_subtitles_is_skipped(workspace, name: str) -> None:
    Path("show/S02", name).write_text(MINE)
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert states(workspace) == {"show/S02/E01.mp4": "skipped"}
    assert beside("show/S02") == sorted(["E01.mp4", name])


def test_a_film_whose_subtitles_were_deleted_is_no_longer_skipped(workspace, capsys) -> None:
    mine = Path("show/S02/E01.en.srt")
    mine.write_text(MINE)
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    capsys.readouterr()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert "1 done before" in capsys.readouterr().out
    mine.unlink()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert states(workspace) == {"show/S02/E01.mp4": "done"}


def test_a_film_whose_job_was_deleted_is_done_again(workspace) -> None:
    indicsubs("run", "show/S02", *OPTIONS)
    shutil.rmtree(next(workspace.jobs.glob("2*/*/*/*")))
    assert indicsubs("run", "show/S02", *OPTIONS) == 0
    assert list(workspace.jobs.glob("2*/*/*/*"))


@pytest.mark.parametrize("name", ["E01.hi.srt", "E01.en.forced.srt", "E01.srt", "E012.en.srt"])
def test_other_subtitles_do_not_count(workspace, name: str) -> None:
    Path("show/S02", name).write_text(MINE)
    assert indicsubs("run", "show/S02", *OPTIONS) == 0
    assert states(workspace) == {"show/S02/E01.mp4": "done"}


def test_what_a_person_made_or_edited_stays(workspace, capsys) -> None:
    Path("show/S02/E01.eng.srt").write_text(MINE)
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside", "--redo") == 0
    assert Path("show/S02/E01.eng.srt").read_text() == MINE
    assert "not over what a person made or edited: E01.eng.srt" in capsys.readouterr().out
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside", "--redo", "--overwrite") == 0
    assert Path("show/S02/E01.eng.srt").read_text() != MINE
    Path("show/S02/E01.hin.srt").write_text(MINE)
    assert indicsubs("run", "show/S02/E01.mp4", *OPTIONS, "--beside") == 0
    assert Path("show/S02/E01.hin.srt").read_text() == MINE


def test_a_changed_film_is_done_again_and_its_subtitles_are_replaced(workspace) -> None:
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    before = Path("show/S02/E01.hin.srt").read_text()
    Path("show/S02/E01.mp4").write_bytes(film_bytes(list(reversed(DIALOGUE))))
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert Path("show/S02/E01.hin.srt").read_text() != before


def test_copies_get_the_mode_of_their_folder(workspace) -> None:
    Path("show/S02").chmod(0o770)
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    found = Path("show/S02/E01.hin.srt").stat()
    assert found.st_mode & 0o777 == 0o660
    assert found.st_gid == Path("show/S02").stat().st_gid


def test_a_language_of_a_person_is_not_doubled_and_the_second_run_does_nothing(
    workspace, capsys
) -> None:
    Path("show/S02/E01.hi.srt").write_text(MINE)
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert beside("show/S02") == ["E01.eng.srt", "E01.hi.srt", "E01.mp4"]
    capsys.readouterr()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert "1 done before" in capsys.readouterr().out
    Path("show/S02/E01.hi.srt").unlink()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert beside("show/S02") == ["E01.eng.srt", "E01.hin.srt", "E01.mp4"]


def test_a_read_only_folder_fails_its_films_before_the_work(workspace, capsys, monkeypatch) -> None:
    monkeypatch.setattr("indicsubs.library.beside.os.access", lambda *_: False)
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 1
    assert "S02 is read-only for this user" in " ".join(capsys.readouterr().err.split())
    assert indicsubs("run", "show/S02/E01.mp4", *OPTIONS, "--beside") == ExitStatus.IO_ERROR
    assert not list(workspace.jobs.glob("2*"))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_folder_of_films_that_cannot_be_listed_stops_no_other_film(
    workspace, monkeypatch, moment
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    if moment == "after":
        indicsubs("run", "show/S02", *OPTIONS, "--beside")
    monkeypatch.setattr("indicsubs.library.wishes.without_languages_beside", refused)
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 1
    assert states(workspace) == {"show/S02/E01.mp4": "failed"}


def test_into_keeps_the_folders_of_the_films(workspace) -> None:
    assert indicsubs("run", "show", *OPTIONS, "--into", "subs", "--formats", "vtt") == 0
    found = sorted(str(path) for path in Path("subs").rglob("*.*"))
    assert found == [
        f"subs/{name}.{language}.vtt"
        for name in ("S01/E01", "S01/E02", "S02/E01")
        for language in ("eng", "hin")
    ]


def test_one_film_can_be_copied_too(workspace, capsys) -> None:
    assert indicsubs("run", "show/S02/E01.mp4", *OPTIONS, "--into", "subs") == 0
    assert beside("subs") == ["E01.eng.srt", "E01.hin.srt"]
    assert "1 film(s), 0 failed." in capsys.readouterr().out


def test_one_film_that_is_copied_is_skipped_where_it_has_subtitles(workspace) -> None:
    Path("show/S02/E01.en.srt").write_text(MINE)
    assert indicsubs("run", "show/S02/E01.mp4", *OPTIONS, "--beside") == 0
    assert states(workspace) == {"show/S02/E01.mp4": "skipped"}


def test_one_film_that_is_copied_fails_with_its_own_status(workspace, capsys) -> None:
    Path("show/S02/E01.mp4").write_text("This is not a film.")
    status = indicsubs("run", "show/S02/E01.mp4", *OPTIONS, "--beside")
    assert status == ExitStatus.BAD_INPUT
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 1


@pytest.mark.parametrize("option", ["--redo", "--overwrite"])
def test_what_is_asked_for_again_is_done_again(workspace, option: str) -> None:
    for text in ("first", "second"):
        command = ("run", "show/S02", *OPTIONS, "--beside", "--redo", "--overwrite")
        assert indicsubs(*command) == 0
        copy = Path("show/S02/E01.eng.srt")
        made = copy.read_text()
        copy.write_text(text)
        command = ("run", "show/S02", *OPTIONS, "--beside", option)
        assert indicsubs(*command) == 0
        assert copy.read_text() == (made if option == "--overwrite" else text)


def test_a_clash_of_names_is_found_before_the_work(workspace, capsys) -> None:
    Path("show/S02/E01.mkv").write_bytes(film_bytes([*DIALOGUE, "another"]))
    indicsubs("run", "show/S02", *OPTIONS, "--beside", "--at-once", "2")
    assert sorted(states(workspace).values()) == ["done", "failed"]
    assert len(list(workspace.jobs.glob("2*/*/*/*"))) == 1
    other = "show/S02/E01.mkv" if states(workspace)["show/S02/E01.mkv"] == "failed" else "show/S02"
    assert indicsubs("run", other, *OPTIONS, "--beside") in {1, ExitStatus.USAGE}
    assert len(list(workspace.jobs.glob("2*/*/*/*"))) == 1


def test_films_whose_names_begin_alike_do_not_clash(workspace) -> None:
    Path("show/S02/E01.extended.mp4").write_bytes(film_bytes([*DIALOGUE, "more"]))
    for _ in range(2):
        assert indicsubs("run", "show/S02", *OPTIONS, "--beside", "--redo") == 0


def test_a_pattern_keeps_the_folders_below_its_fixed_part(workspace) -> None:
    assert indicsubs("run", "show/*/E01.mp4", *OPTIONS, "--into", "subs") == 0
    assert sorted(map(str, Path("subs").rglob("*.eng.srt"))) == [
        *("subs/S01/E01.eng.srt", "subs/S02/E01.eng.srt")
    ]


def test_films_that_another_runner_has_are_waited_for_and_counted(
    workspace, capsys, monkeypatch
) -> None:
    other = Ledger(workspace.jobs / LEDGER_FILE)
    indicsubs("queue", "add", "show/S02", *OPTIONS)
    film = other.claim()
    assert film is not None
    elsewhere = Ledger.elsewhere

    def fails(ledger: Ledger, ids: list[int]) -> int:
        films = elsewhere(ledger, ids)
        other.finish(film, "failed", code="bad_input", message="It is no film.")
        return films

    monkeypatch.setattr(Ledger, "elsewhere", fails)
    assert indicsubs("run", "show/S02", *OPTIONS) == 1
    other.close()
    printed = capsys.readouterr().out
    assert "1 film(s) are in work in another terminal. They are waited for." in printed
    assert "0 film(s), 1 failed, 1 by another runner." in printed


@pytest.mark.parametrize(
    ("arguments", "has_film"),
    [
        (("show/S02", "--beside"), False),
        (("show/S02/E01.mp4", "--into", "subs"), False),
        (("show/S02", "--beside", "-w", "subtitle"), True),
        (("show/S02",), True),
        (("show/S02/E01.mp4",), True),
    ],
)
def test_where_subtitles_are_copied_no_film_is_written(
    workspace, arguments: tuple[str, ...], has_film: bool
) -> None:
    assert indicsubs("run", *arguments, *OPTIONS) == 0
    assert bool(list(workspace.jobs.rglob("subtitles/E01.mkv"))) == has_film


def test_a_job_keeps_its_workflow_where_its_subtitles_are_copied(workspace) -> None:
    indicsubs("run", "show/S02/E01.mp4", *OPTIONS)
    assert indicsubs("run", "last", "--beside") == 0
    assert len(list(workspace.jobs.glob("2*/*/*/*"))) == 1
    assert Path("show/S02/E01.eng.srt").is_file()


def test_the_queue_writes_no_film_where_subtitles_are_copied(workspace) -> None:
    indicsubs("queue", "add", "show/S02", *OPTIONS, "--beside")
    assert indicsubs("queue", "run") == 0
    assert not list(workspace.jobs.rglob("subtitles/E01.mkv"))


def test_ignored_films_are_left_out(workspace, capsys) -> None:
    Path("show/S02/.indicsubsignore").write_text("E01.*\n")
    assert indicsubs("run", "show", *OPTIONS, "--ignore", "E02.*", "--ignore", "/S09/") == 0
    assert states(workspace) == {"show/S01/E01.mp4": "done"}
    assert indicsubs("run", "show", *OPTIONS, "--ignore", "!") == ExitStatus.USAGE
    assert "--ignore: Invalid git pattern" in " ".join(capsys.readouterr().err.split())


def test_a_list_of_films(workspace) -> None:
    Path("films.txt").write_text("show/S01/E02.mp4\nshow/S02\n")
    assert indicsubs("run", "--list", "films.txt", *OPTIONS) == 0
    assert states(workspace) == {"show/S01/E02.mp4": "done", "show/S02/E01.mp4": "done"}


def test_events_for_programs(workspace, capsys) -> None:
    Path("show/S01/E01.mp4").write_text("This is not a film.")
    assert indicsubs("run", "show", *OPTIONS, "--json") == 1
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    ends = [event for event in events if event["event"] == "film_done"]
    assert [event["state"] for event in ends] == ["failed", "done", "done"]
    counted = {"films": 3, "failed": 1, "done_before": 0, "done_elsewhere": 0}
    assert events[-1] == {"event": "done", **counted}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("show", "--from", "mux"), "belong to one film"),
        (("show", "--force"), "belong to one film"),
        ((), "No film is named"),
        (("show", "--transcript", "mine.hi.srt"), "--transcript belongs to one film"),
        (("show", "--beside", "--into", "subs"), "two places"),
        (("show", "--into", "film.mp4"), "is a file"),
    ],
)
def test_options_that_do_not_fit_are_refused(workspace, capsys, arguments, problem) -> None:
    Path("mine.hi.srt").write_text(MINE)
    assert indicsubs("run", *arguments, "--profile", "demo") == ExitStatus.USAGE
    assert problem in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_fails_its_films(workspace, capsys) -> None:
    Path("subs").mkdir()
    Path("subs/S02").touch()
    assert indicsubs("run", "show", *OPTIONS, "--into", "subs") == 1
    assert "No subtitles can be written to" in capsys.readouterr().err


def test_what_a_killed_run_left_beside_a_film_is_removed(workspace) -> None:
    old, new = (Path(f"show/S02/.indicsubs-{name}.srt") for name in ("1", "2"))
    for path in (old, new):
        path.touch()
    os.utime(old, (0, 0))
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    assert (old.exists(), new.exists()) == (False, True)


def test_what_a_correction_changed_is_copied_again(workspace) -> None:
    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    Path("E01.eng.srt").write_text(MINE)
    assert indicsubs("import", "E01.eng.srt") == ExitStatus.DONE
    Path("show/S02/E01.hin.srt").unlink()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert Path("show/S02/E01.eng.srt").read_text() == MINE
    assert Path("show/S02/E01.hin.srt").is_file()


def test_a_corrected_copy_belongs_to_the_film_that_it_lies_beside(workspace) -> None:
    indicsubs("run", "show", *OPTIONS, "--beside")
    Path("show/S02/E01.eng.srt").write_text(MINE)
    assert indicsubs("import", "show/S02/E01.eng.srt") == ExitStatus.DONE
    assert indicsubs("run", "show", *OPTIONS, "--beside", "--redo") == 0
    assert Path("show/S02/E01.eng.srt").read_text() == MINE
    assert Path("show/S01/E01.eng.srt").read_text() != MINE


def test_a_lost_ledger_loses_no_copies(workspace, capsys) -> None:
    def lose_ledger() -> None:
        for path in workspace.jobs.glob(f"{LEDGER_FILE}*"):
            path.unlink()

    indicsubs("run", "show/S02", *OPTIONS, "--beside")
    lose_ledger()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert states(workspace) == {"show/S02/E01.mp4": "done"}
    Path("E01.eng.srt").write_text(MINE)
    assert indicsubs("import", "E01.eng.srt") == ExitStatus.DONE
    lose_ledger()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert Path("show/S02/E01.eng.srt").read_text() == MINE
    assert "has subtitles" not in capsys.readouterr().out


def test_a_film_without_speech_gets_no_files(workspace) -> None:
    Path("show/S02/E01.mp4").write_bytes(film_bytes([]))
    arguments = ("run", "show/S02", "--profile", "demo", "-s", "hi", "--beside")
    for _ in range(2):
        assert indicsubs(*arguments) == 0
        assert beside("show/S02") == ["E01.mp4"]
    assert states(workspace) == {"show/S02/E01.mp4": "done"}


def test_copies_of_what_is_no_longer_said_are_replaced_but_no_file_of_a_person(workspace) -> None:
    ours, mine = Path("show/S02/E01.hin.srt"), Path("show/S01/E01.hin.srt")
    arguments = ("run", "show", "--profile", "demo", "-s", "hi", "--beside", "--overwrite")
    indicsubs(*arguments)
    mine.write_text(MINE)
    for path in (ours, mine):
        path.with_name("E01.mp4").write_bytes(film_bytes([]))
    assert indicsubs(*arguments) == 0
    assert (ours.read_text(), mine.read_text()) == ("", MINE)


def test_a_link_to_a_disk_that_is_away_stays(workspace, capsys) -> None:
    link = Path("show/S02/E01.hin.srt")
    link.symlink_to("/media/away/E01.srt")
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert link.is_symlink()
    capsys.readouterr()
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside") == 0
    assert "1 done before" in capsys.readouterr().out


def test_films_of_one_name_do_not_replace_each_others_subtitles(workspace, capsys) -> None:
    Path("show/S02/E01.mkv").write_bytes(film_bytes([*DIALOGUE, "another"]))
    assert indicsubs("run", "show/S02", *OPTIONS, "--beside", "--at-once", "1") == 1
    assert "would have the same names in" in " ".join(capsys.readouterr().err.split())
    assert states(workspace) == {"show/S02/E01.mkv": "done", "show/S02/E01.mp4": "failed"}
    assert "another" in Path("show/S02/E01.hin.srt").read_text()


def test_a_link_to_nothing_fails_alone(workspace, capsys) -> None:
    Path("show/S01/E00.mp4").symlink_to("gone.mp4")
    assert indicsubs("run", "show/S01", *OPTIONS) == 1
    assert "E00.mp4 is not there" in capsys.readouterr().err
    assert sorted(states(workspace).values()) == ["done", "done", "failed"]


# --- the queue ---------------------------------------------------------------------------------


def test_the_queue(workspace, capsys) -> None:
    assert indicsubs("queue", "add", "show", *OPTIONS, "--beside") == ExitStatus.DONE
    assert indicsubs("queue", "pause", "S01") == ExitStatus.DONE
    assert indicsubs("queue", "priority", "3", "E02") == ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs("queue", "list") == ExitStatus.DONE
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[1:4]] == [
        *("show/S01/E02.mp4", "show/S01/E01.mp4", "show/S02/E01.mp4")
    ]
    assert "Hindi to English" in lines[1]
    assert "paused" in lines[1]
    assert indicsubs("queue", "run") == 0
    assert "1 film(s), 0 failed." in capsys.readouterr().out
    assert states(workspace) == {
        "show/S01/E01.mp4": "waiting",
        "show/S01/E02.mp4": "waiting",
        "show/S02/E01.mp4": "done",
    }
    assert indicsubs("queue", "remove", "E02") == ExitStatus.DONE
    assert indicsubs("queue", "resume", "all") == ExitStatus.DONE
    capsys.readouterr()
    assert indicsubs("queue", "list") == ExitStatus.DONE
    assert "1 wait: less than a minute left." in capsys.readouterr().out
    assert indicsubs("queue", "run") == 0
    assert {*states(workspace).values()} == {"done"}


def test_failed_films_wait_again(workspace, capsys) -> None:
    Path("show/S02/E01.mp4").write_text("This is not a film.")
    indicsubs("run", "show/S02", *OPTIONS)
    capsys.readouterr()
    assert indicsubs("queue", "retry") == ExitStatus.DONE
    assert "1 film(s) wait again." in capsys.readouterr().out
    assert indicsubs("queue", "retry", "1") == ExitStatus.DONE
    assert "0 film(s) wait again." in capsys.readouterr().out


def test_the_queue_for_programs(workspace, capsys) -> None:
    indicsubs("queue", "list")
    assert "No film is in the ledger" in capsys.readouterr().out
    indicsubs("queue", "add", "show", *OPTIONS, "--json")
    indicsubs("queue", "list", "--json")
    added, films = map(json.loads, capsys.readouterr().out.splitlines())
    assert added == {"event": "added", "films": 3}
    assert [film["state"] for film in films] == ["waiting"] * 3


@pytest.mark.parametrize(
    ("arguments", "status", "problem"),
    [
        (("pause",), ExitStatus.USAGE, "No film is named"),
        (("pause", "E99"), ExitStatus.NO_INPUT, "called 'E99'"),
        (("remove", "7"), ExitStatus.NO_INPUT, "called '7'"),
    ],
)
def test_films_that_are_not_in_the_queue(workspace, capsys, arguments, status, problem) -> None:
    indicsubs("queue", "add", "show", *OPTIONS)
    assert indicsubs("queue", *arguments) == status
    assert problem in capsys.readouterr().err


def test_a_film_that_is_named_and_not_there_is_not_added(workspace, capsys) -> None:
    assert indicsubs("queue", "add", "show", "gone.mkv", *OPTIONS) == ExitStatus.NO_INPUT
    assert "gone.mkv is not there" in capsys.readouterr().err
    assert states(workspace) == {}
    assert indicsubs("queue", "add", "", *OPTIONS) == ExitStatus.USAGE


def test_an_empty_ledger_says_so(workspace, capsys) -> None:
    for command in ("pause", "retry", "remove"):
        assert indicsubs("queue", command, "all") == ExitStatus.NO_INPUT
        assert "No film is in the ledger. Add some" in capsys.readouterr().err


@pytest.mark.parametrize("copies", [("--beside",), ("--into", "subtitles")])
@pytest.mark.parametrize("command", [("run", "show"), ("queue", "add", "show")])
def test_a_workflow_without_subtitles_copies_none(workspace, capsys, command, copies) -> None:
    options = ("--profile", "demo", "-s", "hi", "-w", "transcribe")
    assert indicsubs(*command, *options, *copies) == ExitStatus.USAGE
    assert f"{copies[0]} copies subtitles, and -w transcribe makes none" in capsys.readouterr().err
    assert indicsubs("run", "show/S02/E01.mp4", *options, *copies) == ExitStatus.USAGE
    assert states(workspace) == {}


def test_one_film_by_several_paths_is_one_in_the_ledger(workspace) -> None:
    for name in (
        "show/S02",
        "./show/../show/S02",
        "show/S01/../S02/E01.mp4",
        str(Path("show/S02").resolve()),
    ):
        assert indicsubs("queue", "add", name, *OPTIONS) == ExitStatus.DONE
    assert states(workspace) == {"show/S02/E01.mp4": "waiting"}


def test_a_film_of_another_version_fails_with_the_next_step(workspace, capsys) -> None:
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    ledger.add([(Path("show/S02/E01.mp4").absolute(), '{"engine": "steam"}')])
    ledger.close()
    indicsubs("queue", "list")
    assert "unknown options" in capsys.readouterr().out
    assert indicsubs("queue", "run") == 1
    assert "Add the film again" in capsys.readouterr().err
    ledger = Ledger(workspace.jobs / LEDGER_FILE)
    (film,) = ledger.films()
    assert not is_still_done(film, workspace.jobs, ledger)
    ledger.close()
