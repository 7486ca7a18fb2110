"""``--memory SHOW``: lines that were corrected in one episode are used again in another."""

import os
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs
from in_process import without_processes

from indicsubs.jobs import show_memory
from indicsubs.jobs.film_edits import FILMS, FilmEdits, FilmFolder
from indicsubs.jobs.job_folders import find_job
from indicsubs.jobs.show_memory import corrected_lines, memory_of_show
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.transcript import Segment
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"
SPOKEN = DIALOGUE[0]


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def english(workspace: Workspace) -> str:
    (path,) = (find_job(workspace, "last").folder / "subtitles").glob("*.eng.srt")
    return path.read_text()


def lines(workspace: Workspace, language: str = "hi", **options: object) -> list[str]:
    """The corrected translations that a third episode gets."""
    film = SourceFile(path="/third.mp4", fingerprint="third")
    fields = {"memory": "Show", "targets": ("en",)} | options
    found = memory_of_show(workspace.jobs, JobSpec(source=film, **fields), language)
    return [line.text for line in found]


def test_a_corrected_line_is_used_again_in_another_episode(workspace) -> None:
    Path("second.mp4").write_bytes(film_bytes(["और एक।", SPOKEN]))
    show = ("--memory", "Show")
    assert indicsubs("run", "film.mp4", *OPTIONS) == ExitStatus.DONE
    Path("film.eng.srt").write_text(MINE)
    assert indicsubs("import", "film.eng.srt") == ExitStatus.DONE
    assert indicsubs("run", "second.mp4", *OPTIONS, *show) == ExitStatus.DONE
    assert f"[en] {SPOKEN}" in english(workspace), "the first film is of no show yet"
    assert indicsubs("run", "film.mp4", *OPTIONS, *show) == ExitStatus.DONE
    assert indicsubs("run", "second.mp4", *OPTIONS, *show) == ExitStatus.DONE
    assert "Shut the door." in english(workspace)
    assert "[en] और एक।" in english(workspace)
    assert indicsubs("run", "second.mp4", *OPTIONS, "--memory", "Another") == ExitStatus.DONE
    assert f"[en] {SPOKEN}" in english(workspace)
    assert indicsubs("run", "second.mp4", *OPTIONS, *show, "--no-edits") == ExitStatus.DONE
    assert f"[en] {SPOKEN}" in english(workspace)


def test_lines_that_were_corrected_in_two_ways_are_left_to_the_model(workspace) -> None:
    show = ("--memory", "Show")
    Path("second.mp4").write_bytes(film_bytes([SPOKEN, "और एक।"]))
    for film, text in (("film", "Shut the door."), ("second", "Close the door.")):
        assert indicsubs("run", f"{film}.mp4", *OPTIONS, *show) == ExitStatus.DONE
        Path(f"{film}.eng.srt").write_text(MINE.replace("Shut the door.", text))
        assert indicsubs("import", f"{film}.eng.srt") == ExitStatus.DONE
        assert lines(workspace) == (["Shut the door."] if film == "film" else [])
    Path("second.eng.srt").write_text(MINE)
    # It has the words that the show's memory gave, so it undoes the correction.
    assert indicsubs("import", "second.eng.srt", "--accept") == ExitStatus.DONE
    assert lines(workspace) == ["Shut the door."]
    assert lines(workspace, "ta") == []
    assert lines(workspace, targets=("ta",)) == []
    assert lines(workspace, memory=None) == []


def test_a_job_that_had_written_nothing_gives_no_lines(workspace, capsys) -> None:
    assert indicsubs("prepare", "film.mp4", *OPTIONS, "--memory", "Show") == ExitStatus.DONE
    Path("film.eng.srt").write_text(MINE)
    assert indicsubs("import", "film.eng.srt") == ExitStatus.DONE
    assert lines(workspace) == []


def test_what_other_films_say_is_read_once_in_a_run(workspace, monkeypatch) -> None:
    show = ("--memory", "Show")
    assert indicsubs("run", "film.mp4", *OPTIONS, *show) == ExitStatus.DONE
    Path("film.eng.srt").write_text(MINE)
    assert indicsubs("import", "film.eng.srt") == ExitStatus.DONE
    films = workspace.jobs / FILMS
    for number in range(20):
        FilmFolder(workspace.jobs, f"{number}").save(FilmEdits(shows=("Another",)))
    (films / "a-file").touch()
    (films / "without-edits").mkdir()
    for path in films.glob("*/edits.json"):
        os.utime(path, (0, 0))
    read: list[Path] = []
    read_film, read_file = FilmFolder.read, show_memory.read_subtitles

    def noted(folder: FilmFolder) -> FilmEdits:
        read.append(folder.path)
        return read_film(folder)

    def noted_file(data: bytes, kind: str, name: str) -> SubtitleFile:
        read.append(Path(name))
        return read_file(data, kind, name)

    monkeypatch.setattr(FilmFolder, "read", noted)
    monkeypatch.setattr(show_memory, "read_subtitles", noted_file)
    assert lines(workspace) == ["Shut the door."]
    assert len(read) == 21 + 1 + 2  # each film, that of the show once more, its two files
    read.clear()
    assert lines(workspace) == ["Shut the door."]
    assert len(read) == 1, "the film of the show"
    read.clear()
    FilmFolder(workspace.jobs, "7").save(FilmEdits(shows=("Show", "Another")))
    assert lines(workspace) == ["Shut the door."]
    assert len(read) == 1 + 2, "and the film that has changed"
    assert lines(workspace) == ["Shut the door."]
    assert len(read) == 2 * 3, "which may change again without another time"


def cue(second: int, *lines: str, seconds: int = 1, **fields) -> Cue:
    return Cue(start_ms=1000 * second, end_ms=1000 * (second + seconds), lines=lines, **fields)


def sentence(second: int, text: str, **fields) -> Segment:
    return Segment(start_ms=1000 * second, end_ms=1000 * (second + 1), text=text, **fields)


def test_only_cues_of_one_sentence_that_were_changed_count() -> None:
    sentences = [
        sentence(0, "unchanged"),
        sentence(2, "changed  twice"),
        sentence(4, "a song", kind="song"),
        sentence(6, "in another language", language="ur"),
        sentence(8, "one"),
        sentence(9, "two"),
        sentence(11, "dialogue"),
    ]
    written = [cue(0, "Same."), cue(2, "Before.")]
    cues = [
        cue(0, "Same."),
        Cue(start_ms=2000, end_ms=2500, lines=("After", "all,")),
        Cue(start_ms=2500, end_ms=3000, lines=("yes.",)),
        cue(4, "la la"),
        cue(6, "Urdu"),
        cue(8, "Both.", seconds=2),
        cue(11, "- Yes.", "- No."),
    ]
    assert list(corrected_lines(cues, written, sentences)) == [("changed twice", "After all, yes.")]
