"""Audio that was removed to save space: nothing is done again for it until a stage needs it."""

from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, wav
from fake_workspace import indicsubs, new_job, pipeline

from indicsubs.jobs.job import Job
from indicsubs.jobs.publishing import published_files
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.stages import StageName

OPTIONS = ("--profile", "demo", "-s", "hi", "-t", "en")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.for_commands(tmp_path, monkeypatch)


@pytest.fixture
def job(workspace: Workspace) -> Job:
    made = new_job(workspace)
    pipeline(workspace, made).run()
    return made


def audio(job: Job) -> Path:
    return job.stage_folder(StageName.DEMUX) / "audio.wav"


def published(job: Job) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in published_files(job.folder)}


def test_no_stage_runs_again_for_it(workspace: Workspace, job: Job) -> None:
    before = published(job)
    with job.lock():
        job.remove_audio()
    assert not audio(job).exists()
    assert {report.outcome for report in pipeline(workspace, job).run()} == {"skipped"}
    assert not audio(job).exists()
    assert published(job) == before


def test_a_stage_that_needs_it_gets_it(workspace: Workspace, job: Job) -> None:
    with job.lock():
        job.remove_audio()
    reports = pipeline(workspace, job).run(StageName.ALIGNMENT, force=True)
    assert [report.outcome for report in reports if report.stage is StageName.ALIGNMENT] == ["done"]
    assert audio(job).read_bytes() == wav(DIALOGUE)


def test_another_job_of_the_film_takes_the_other_results(workspace: Workspace, job: Job) -> None:
    with job.lock():
        job.remove_audio()
    other = new_job(workspace, targets=("ta",))
    outcomes = {report.stage: report.outcome for report in pipeline(workspace, other).run()}
    assert outcomes[StageName.DEMUX] == outcomes[StageName.ASR] == "reused"
    assert outcomes[StageName.SUBTITLE_GENERATION] == "done"
    assert audio(other).read_bytes() == wav(DIALOGUE), "the report shows its waveform"


def test_audio_that_was_changed_is_made_again(workspace: Workspace, job: Job) -> None:
    audio(job).write_bytes(b"noise")
    outcomes = {report.stage: report.outcome for report in pipeline(workspace, job).run()}
    assert outcomes[StageName.DEMUX] == "done"
    assert audio(job).read_bytes() == wav(DIALOGUE)


def test_a_job_without_a_result_has_none_to_remove(workspace: Workspace) -> None:
    made = new_job(workspace)
    with made.lock():
        made.remove_audio()
    assert not audio(made).exists()


@pytest.mark.parametrize(("copies", "has_audio"), [(("--beside",), False), ((), True)])
def test_the_audio_of_a_library_is_removed_where_subtitles_are_copied(
    workspace: Workspace, copies: tuple[str, ...], *, has_audio: bool
) -> None:
    Path("show").mkdir()
    Path("film.mp4").rename("show/film.mp4")
    assert indicsubs("run", "show", *OPTIONS, *copies) == 0
    assert bool(list(workspace.jobs.rglob("audio.wav"))) == has_audio
    assert indicsubs("run", "show", *OPTIONS, *copies) == 0


def test_a_correction_in_a_library_brings_it_back(workspace: Workspace) -> None:
    Path("show").mkdir()
    Path("film.mp4").rename("show/film.mp4")
    indicsubs("run", "show", *OPTIONS, "--beside")
    Path("film.eng.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nCorrected.\n\n")
    assert indicsubs("import", "film.eng.srt") == 0
    assert indicsubs("run", "show", *OPTIONS, "--beside") == 0
    assert "Corrected." in Path("show/film.eng.srt").read_text()
