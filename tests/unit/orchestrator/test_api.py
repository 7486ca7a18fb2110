"""The same as the command line, from Python."""

from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import RecordingDisplay, film, for_commands

import indicsubs
from indicsubs import FailureCode, IndicsubsError, make_job, open_job
from indicsubs.machine.workspace import Workspace

OPTIONS = {"profile": "demo", "source_language": "hi", "targets": ["en"]}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = for_commands(tmp_path, monkeypatch)
    monkeypatch.setattr(indicsubs.api, "find_workspace", lambda output: workspace)
    return workspace


def test_a_job_is_made_run_and_read(workspace: Workspace) -> None:
    job = make_job(film(workspace.root), **OPTIONS)
    assert job.files() == {}
    reports = job.run()
    assert {report.outcome for report in reports} == {"done"}
    hindi, english = job.cues("hi"), job.cues("en")
    assert len(english) == len(hindi) > 1
    assert english == sorted(english, key=lambda cue: cue.start_ms)
    assert english[0].lines != hindi[0].lines
    published = job.files()["film.eng.srt"].read_text(encoding="utf-8")
    assert all(" ".join(cue.lines) in published for cue in english)
    assert [c.lines for c in job.cues("hin")] == [c.lines for c in job.cues("Hindi")]
    assert {"film.eng.srt", "film.hin.vtt"} <= set(job.files())
    assert job.files()["film.eng.srt"].parent == job.folder / "subtitles"


def test_a_job_is_that_of_the_command_line(workspace: Workspace) -> None:
    options = ("--profile", "demo", "-s", "hi", "-t", "en")
    assert fake_workspace.indicsubs("run", "film.mp4", *options) == 0
    job = make_job("film.mp4", **OPTIONS)
    assert {report.outcome for report in job.run()} == {"skipped"}
    assert open_job("last").id == job.id
    assert open_job(job.id).folder == job.folder


def test_a_display_is_told_what_happens(workspace: Workspace) -> None:
    display = RecordingDisplay()
    make_job("film.mp4", **OPTIONS).run(display)
    assert display.messages
    assert any("asr: " in warning for warning in display.warnings)


def test_what_players_should_not_see_is_no_file_of_the_job(workspace: Workspace) -> None:
    job = make_job("film.mp4", **OPTIONS)
    assert job.files() == {}
    job.run()
    assert not [name for name in job.files() if name.startswith(".")]


def test_force_runs_everything_again(workspace: Workspace) -> None:
    job = make_job("film.mp4", **OPTIONS)
    job.run()
    assert {report.outcome for report in job.run(force=True)} == {"done"}


def test_errors_carry_a_code_and_the_next_step(workspace: Workspace) -> None:
    with pytest.raises(IndicsubsError, match=r"nowhere\.mp4 is not there") as absent:
        make_job("nowhere.mp4")
    assert absent.value.code is FailureCode.NO_INPUT
    job = make_job("film.mp4", **OPTIONS)
    with pytest.raises(IndicsubsError, match=r"has no subtitles in English\. Run it with") as early:
        job.cues("en")
    assert early.value.code is FailureCode.NO_INPUT
    job.run()
    with pytest.raises(IndicsubsError, match="has no subtitles in Tamil"):
        job.cues("ta")
    with pytest.raises(IndicsubsError, match="not a language"):
        job.cues("klingon")
    with pytest.raises(TypeError, match="colour"):
        make_job("film.mp4", colour="red")


def test_options_may_be_written_as_on_the_command_line(workspace: Workspace) -> None:
    options = OPTIONS | {"targets": "en,ta", "formats": "srt"}
    job = make_job("film.mp4", output="out", **options)
    assert (
        make_job("film.mp4", **(OPTIONS | {"targets": ["en", "ta"], "formats": ["srt"]})).id
        == job.id
    )
    transcript = workspace.root / "film.hi.srt"
    transcript.write_text("1\n00:00:01,000 --> 00:00:02,000\nएक\n", encoding="utf-8")
    assert make_job("film.mp4", **OPTIONS, transcript=str(transcript)).id != job.id


def test_cues_of_files_that_are_gone_are_not_made_up(workspace: Workspace) -> None:
    job = make_job("film.mp4", **OPTIONS)
    job.run()
    for kind in ("srt", "vtt"):
        (job.folder / "stages" / "subtitle_generation" / f"en.{kind}").unlink()
    with pytest.raises(IndicsubsError, match="has no subtitles in English"):
        job.cues("en")


def test_only_what_is_there_can_be_imported() -> None:
    assert all(getattr(indicsubs, name) for name in indicsubs.__all__)
    with pytest.raises(AttributeError, match="has no attribute 'subtitles'"):
        _ = indicsubs.subtitles
