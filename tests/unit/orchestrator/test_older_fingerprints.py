"""Jobs of earlier versions, whose films are known by samples of their content."""

from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import new_job
from msgspec.structs import replace

from indicsubs.jobs.files import source_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import same_job
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.older_fingerprints import adopt_older_jobs
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.source_files import sampled_fingerprint


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


def older_job(workspace: Workspace, sampled: str | None = None) -> Job:
    job = new_job(workspace)
    film = job.spec.source
    known = replace(film, fingerprint=sampled or sampled_fingerprint(Path(film.path)))
    job.save_spec(replace(job.spec, source=known))
    return job


def test_a_job_of_an_earlier_version_is_found_by_its_film(workspace: Workspace) -> None:
    job = older_job(workspace)
    spec = fake_workspace.spec(workspace.root)
    assert same_job(workspace, spec) is None
    adopt_older_jobs(workspace, spec.source)
    found = same_job(workspace, spec)
    assert found is not None
    assert found.id == job.id


def test_jobs_of_other_films_and_of_this_version_stay_as_they_are(workspace: Workspace) -> None:
    other, current = older_job(workspace, "f" * 64), new_job(workspace)
    adopt_older_jobs(workspace, source_file(fake_workspace.film(workspace.root)))
    for job in (other, current):
        assert read_job(job.folder).spec == job.spec
    other.save_spec(current.spec)
    adopt_older_jobs(workspace, replace(current.spec.source, path="/not/there.mp4"))
