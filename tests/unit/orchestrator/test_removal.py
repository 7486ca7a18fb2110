"""``indicsubs clean``: what only the deleted job has is asked for, and others keep theirs."""

from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import indicsubs, new_job, pipeline
from in_process import without_processes

from indicsubs.jobs.job_folders import all_jobs, find_job
from indicsubs.jobs.job_reading import read_job
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import StageName

RUN = ("run", "film.mp4", "--profile", "demo", "-s", "hi", "-t", "en")
MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def test_corrections_that_were_not_imported_are_not_deleted(workspace, capsys) -> None:
    indicsubs(*RUN)
    job = find_job(workspace, "last")
    place = job.folder / "subtitles" / "film.eng.srt"
    place.write_text(MINE)
    (job.stage_folder(StageName.EXPORT_TRANSCRIPT) / "transcript.txt").write_text("mine")
    film = job.folder / "subtitles" / "film.mkv.edited-20261127-100000"
    film.write_text("mine")
    capsys.readouterr()
    assert indicsubs("clean", job.id) == ExitStatus.USAGE
    text = capsys.readouterr().err
    assert "subtitles/film.eng.srt was edited and not imported" in text
    assert f"subtitles/{film.name} was edited by hand" in text
    assert "the files of stage export_transcript were edited by hand" in text
    assert f"just indicsubs clean {job.id} --yes" in text
    assert place.read_text() == MINE
    assert indicsubs("import", "--job", job.id) == ExitStatus.DONE
    film.unlink()
    capsys.readouterr()
    assert indicsubs("clean", job.id) == ExitStatus.USAGE
    aside = next((job.folder / "stages").glob("export_transcript.edited-*"))
    text = capsys.readouterr().err
    assert f"because stages/{aside.name} was edited by hand. To import" in text
    assert indicsubs("clean", job.id, "--yes") == ExitStatus.DONE
    assert "The film's corrections stay in" in capsys.readouterr().out
    assert not job.folder.exists()
    copies = [path.read_text() for path in job.film.path.glob("edits/en-*/*")]
    assert MINE in copies


def test_what_another_job_has_too_stays_known_to_later_runs(workspace) -> None:
    first, second = new_job(workspace), new_job(workspace, targets=("en", "ta"))
    for job in (first, second):
        pipeline(workspace, job).run()
    assert indicsubs("clean", second.id) == ExitStatus.DONE
    third = new_job(workspace, targets=("ta",))
    reports = {report.stage: report.record for report in pipeline(workspace, third).run()}
    assert reports[StageName.ASR].reused_from == first.id
    index = [path for path in (workspace.jobs / ".index").glob("*/*") if path.is_file()]
    jobs = {str(job.folder.relative_to(workspace.jobs)) for job in all_jobs(workspace)}
    assert {path.read_text() for path in index} <= jobs, "no pointer names the deleted job"


def test_what_the_index_says_of_other_jobs_stays(workspace) -> None:
    first, second = new_job(workspace), new_job(workspace, targets=("en", "ta"))
    for job in (first, second):
        pipeline(workspace, job).run()  # the index names the job that stored a result last
    pointers = {path: path.read_text() for path in (workspace.jobs / ".index/asr").iterdir()}
    assert indicsubs("clean", first.id) == ExitStatus.DONE
    assert {path: path.read_text() for path in pointers} == pointers


def test_what_other_jobs_would_take_is_asked_for(workspace, capsys) -> None:
    first, waiting = new_job(workspace), new_job(workspace, targets=("en", "ta"))
    pipeline(workspace, first).run()
    capsys.readouterr()
    assert indicsubs("clean", first.id) == ExitStatus.USAGE
    text = capsys.readouterr().err
    assert "other jobs of the film would have to compute again what they now take" in text
    assert "demux, asr, alignment" in text
    assert indicsubs("clean", first.id, "--yes", "--json") == ExitStatus.DONE
    assert read_job(waiting.folder).id == waiting.id


def test_the_last_job_of_a_film_without_corrections_leaves_nothing(workspace) -> None:
    indicsubs(*RUN)
    job = find_job(workspace, "last")
    job.film.path.mkdir(parents=True, exist_ok=True)
    assert indicsubs("clean", job.id) == ExitStatus.DONE
    assert not job.film.path.exists()
