"""The job that a corrected file belongs to: its path decides, and nothing is guessed."""

import os
import time
from pathlib import Path

import fake_workspace
import pytest
from fake_film import DIALOGUE, film_bytes
from fake_workspace import indicsubs
from in_process import without_processes

from indicsubs.jobs.files import source_file
from indicsubs.jobs.import_targets import job_to_import_into
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import create_job, find_job
from indicsubs.jobs.publishing import PUBLISHED_FOLDER
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, IndicsubsError

MINE = "1\n00:00:01,000 --> 00:00:02,000\nShut the door.\n\n"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    without_processes(monkeypatch)
    return fake_workspace.for_commands(tmp_path, monkeypatch)


def made(workspace: Workspace, film: str = "film.mp4", **options: object) -> Job:
    """A job that has not run, of a film with this name."""
    path = workspace.root / film
    path.write_bytes(film_bytes(DIALOGUE if film == "film.mp4" else [*DIALOGUE, film]))
    fields = {"profile": "demo", "source_language": "hi", "targets": ("en",)} | options
    return create_job(workspace, JobSpec(source=source_file(path), **fields))


def used(job: Job, seconds: int) -> None:
    """Makes a job that was used so many seconds ago."""
    at = time.time() - seconds
    os.utime(job.folder / "job.json", (at, at))


def into(workspace: Workspace, *files: str | Path, job: str | None = None) -> str:
    return job_to_import_into(workspace, [Path(file) for file in files], job).id


def test_last_is_the_job_that_was_run_or_edited_last(workspace, capsys) -> None:
    run, made_later = made(workspace), made(workspace, beam_size=2)
    for job, seconds in ((run, 300), (made_later, 200)):
        used(job, seconds)
    assert find_job(workspace, "last").id == made_later.id
    assert indicsubs("run", run.id) == ExitStatus.DONE
    assert find_job(workspace, "last").id == run.id
    assert indicsubs("run", made_later.id) == ExitStatus.DONE
    assert find_job(workspace, "last").id == made_later.id
    place = run.folder / PUBLISHED_FOLDER / "film.eng.srt"
    place.write_text(MINE)
    assert find_job(workspace, "last").id == run.id
    capsys.readouterr()
    assert indicsubs("import") == ExitStatus.DONE
    assert f"Job {run.id}" in capsys.readouterr().out


def test_a_file_in_a_jobs_folder_belongs_to_that_job(workspace, capsys) -> None:
    """Otherwise a file of one film's job is imported into another film's."""
    job, other = made(workspace), made(workspace, "other.mp4")
    used(job, 300)
    for folder in (job.folder, other.folder):
        (folder / PUBLISHED_FOLDER).mkdir()
        (folder / PUBLISHED_FOLDER / "film.eng.srt").write_text(MINE)
    file = job.folder / PUBLISHED_FOLDER / "film.eng.srt"
    assert into(workspace, file) == job.id
    Path("link.eng.srt").symlink_to(file)
    assert into(workspace, "link.eng.srt", "film.hin.srt") == job.id
    assert into(workspace, file, job=job.id) == job.id
    with pytest.raises(IndicsubsError, match=r"belongs to film.mp4 .* is of other.mp4. Leave"):
        into(workspace, file, job=other.id)
    with pytest.raises(IndicsubsError, match=r"may belong to several jobs. Choose one: --job"):
        into(workspace, file, other.folder / PUBLISHED_FOLDER / "film.eng.srt")


def test_another_file_belongs_to_the_film_whose_name_it_has(workspace) -> None:
    first, later = made(workspace), made(workspace, beam_size=2)
    used(first, 300)
    assert into(workspace, "anything.srt") == later.id, "there is one film"
    other, part = made(workspace, "other.mp4"), made(workspace, "film.part2.mp4")
    assert into(workspace, "film.eng.srt") == later.id
    assert into(workspace, "other.eng.srt") == other.id
    assert into(workspace, "film.part2.eng.srt", "film.part2.hin.srt") == part.id
    assert into(workspace, "anything.srt", job=other.id) == other.id
    with pytest.raises(IndicsubsError) as refused:
        into(workspace, "anything.srt")
    assert "anything.srt may belong to several jobs" in refused.value.message
    assert all(f"--job {job.id}" in refused.value.message for job in (later, other, part))
    assert first.id not in refused.value.message


def test_without_files_the_job_with_edited_files_is_taken(workspace, capsys) -> None:
    job, other = made(workspace), made(workspace, beam_size=2)
    assert indicsubs("run", job.id) == ExitStatus.DONE
    assert indicsubs("run", other.id) == ExitStatus.DONE
    with pytest.raises(IndicsubsError, match="No subtitle file in the folder of a job was edited"):
        into(workspace)
    (job.folder / PUBLISHED_FOLDER / "film.eng.srt").write_text(MINE)
    assert into(workspace) == job.id
    (other.folder / PUBLISHED_FOLDER / "film.eng.srt").write_text(MINE)
    with pytest.raises(IndicsubsError, match="The edited files are in several jobs"):
        into(workspace)


def test_an_imported_copy_belongs_to_its_film(workspace) -> None:
    job, _ = made(workspace), made(workspace, "other.mp4")
    assert into(workspace, job.film.path / "edits" / "en-0" / "mine.srt") == job.id


def test_without_a_job_nothing_is_imported(workspace) -> None:
    with pytest.raises(IndicsubsError, match="No job is called 'last'"):
        into(workspace, "film.eng.srt")


def test_an_ambiguous_name_is_refused_with_the_choices(workspace) -> None:
    job, other = made(workspace), made(workspace, beam_size=2)
    with pytest.raises(IndicsubsError) as refused:
        find_job(workspace, job.id[:1])
    assert "2 jobs are called" in refused.value.message
    assert all(each.id in refused.value.message for each in (job, other))


def test_a_job_gets_more_languages_by_its_name(workspace, capsys) -> None:
    job = made(workspace)
    assert indicsubs("run", job.id, "-t", "ta,en") == ExitStatus.DONE
    assert find_job(workspace, "last").spec.targets == ("en", "ta")


def test_a_jobs_path_decides_the_folder_of_the_jobs(workspace, tmp_path) -> None:
    elsewhere = Workspace(root=workspace.root, jobs=tmp_path / "elsewhere")
    job = made(elsewhere)
    assert indicsubs("run", job.folder, "-t", "ta") == ExitStatus.DONE
    assert find_job(elsewhere, "last").spec.targets == ("en", "ta")
    assert not workspace.jobs.exists()
