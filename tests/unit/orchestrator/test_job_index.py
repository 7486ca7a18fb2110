"""The index of the jobs: a new film reads no other film's job, and no job is lost."""

import os
import shutil
import sqlite3
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import new_job
from msgspec.structs import replace

from indicsubs.jobs import job_folders as folders_module
from indicsubs.jobs import job_reading
from indicsubs.jobs.edit_notes import notes_of_earlier_content
from indicsubs.jobs.job import JOB_FILE, Job
from indicsubs.jobs.job_folders import (
    create_job,
    find_job,
    find_or_create_job,
    job_folders,
    job_index,
    jobs_of_film,
    jobs_of_path,
    recent_jobs,
    remove_job,
    same_job,
    unreadable_jobs,
)
from indicsubs.jobs.job_index import INDEX, UNFINISHED
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.older_fingerprints import adopt_older_jobs
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import IndicsubsError


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(root=tmp_path, jobs=tmp_path / "out")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The jobs that were read, by their ids."""
    names: list[str] = []

    def counted(folder: Path) -> Job:
        names.append(folder.name)
        return read_job(folder)

    monkeypatch.setattr(folders_module, "read_job", counted)
    monkeypatch.setattr(job_reading, "read_job", counted)
    return names


def spec_of(workspace: Workspace, number: int) -> JobSpec:
    """What is asked of film ``number`` of a season."""
    spec = fake_workspace.spec(workspace.root)
    source = replace(spec.source, path=f"/films/{number}.mkv", fingerprint=f"sha256-{number:064}")
    return replace(spec, source=source)


def test_a_new_film_reads_no_job_of_another_film(workspace: Workspace, read: list[str]) -> None:
    for number in range(30):
        create_job(workspace, spec_of(workspace, number))
    assert find_or_create_job(workspace, spec_of(workspace, 0))[1] is False
    assert len(read) == 30 + 1, "each once for the index, and the one that fits again"
    read.clear()
    new = spec_of(workspace, 30)
    adopt_older_jobs(workspace, new.source)
    job, is_new = find_or_create_job(workspace, new)
    assert is_new
    assert unreadable_jobs(workspace, new) == []
    assert notes_of_earlier_content(job, workspace) == []
    assert {*read} == {job.id}


def test_a_name_reads_only_the_jobs_that_have_it(workspace: Workspace, read: list[str]) -> None:
    jobs = [create_job(workspace, spec_of(workspace, number)) for number in range(5)]
    find_job(workspace, jobs[0].id)
    read.clear()
    assert find_job(workspace, jobs[3].id).id == jobs[3].id
    assert read == [jobs[3].id]
    read.clear()
    os.utime(jobs[2].folder / JOB_FILE, ns=(2**62, 2**62))
    assert find_job(workspace, "last").id == jobs[2].id
    assert read == [jobs[2].id]


def test_the_last_job_is_one_that_can_be_read(workspace: Workspace) -> None:
    good, damaged = (create_job(workspace, spec_of(workspace, number)) for number in range(2))
    (damaged.folder / JOB_FILE).write_text("{")
    os.utime(damaged.folder / JOB_FILE, ns=(2**62, 2**62))
    assert find_job(workspace, "last").id == good.id
    assert [job.id for job in recent_jobs(workspace)] == [good.id]
    (good.folder / JOB_FILE).unlink()
    with pytest.raises(IndicsubsError, match="No job is called 'last'"):
        find_job(workspace, "last")


def test_a_folder_that_a_person_renamed_is_found_by_the_name_of_its_job(
    workspace: Workspace,
) -> None:
    job = create_job(workspace, spec_of(workspace, 1))
    job.folder.rename(job.folder.with_name("mine"))
    assert find_job(workspace, job.id).folder.name == "mine"
    assert [
        other.folder.name for other in jobs_of_film(workspace, job.spec.source.fingerprint)
    ] == ["mine"]


def test_a_job_that_came_in_another_way_is_found(workspace: Workspace, tmp_path: Path) -> None:
    """As one that an earlier version made, or that a person copied from a backup."""
    spec = spec_of(workspace, 1)
    job = create_job(workspace, spec)
    backup = tmp_path / "backup" / "a" / "b" / "c"
    shutil.copytree(job.folder, backup)
    remove_job(read_job(job.folder))
    create_job(workspace, spec_of(workspace, 2))
    assert same_job(workspace, spec) is None
    shutil.copytree(backup, job.folder)
    found = same_job(workspace, spec)
    assert found is not None
    assert found.folder == job.folder


@pytest.mark.parametrize("fault", ["lost", "damaged", "a folder", "locked", "read-only"])
def test_without_an_index_all_is_found_in_more_time(
    workspace: Workspace, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    specs = [spec_of(workspace, number) for number in range(3)]
    jobs = [create_job(workspace, spec) for spec in specs]
    assert same_job(workspace, specs[0]) is not None
    (index,) = (workspace.jobs / INDEX).glob("*.sqlite3")
    base = sqlite3.connect(index)
    match fault:
        case "damaged":
            index.write_bytes(b"a photograph" * 1000)
        case "locked":
            monkeypatch.setattr("indicsubs.jobs.job_index._BUSY_S", 0.01)
            base.execute("BEGIN EXCLUSIVE")
        case "read-only":

            def refused(*_: object, **__: object) -> None:
                raise sqlite3.OperationalError("attempt to write a readonly database")

            monkeypatch.setattr(sqlite3, "connect", refused)
        case _:
            index.unlink()
            if fault == "a folder":
                index.mkdir()
    new = create_job(workspace, spec_of(workspace, 3))
    for spec, job in zip([*specs, new.spec], [*jobs, new], strict=True):
        found = same_job(workspace, spec)
        assert found is not None
        assert found.id == job.id
    assert [job.id for job in jobs_of_path(workspace, "/films/3.mkv")] == [new.id]
    assert unreadable_jobs(workspace, new.spec) == []
    base.close()
    if fault == "damaged":
        assert index.read_bytes().startswith(b"SQLite format 3"), "it was made again"


def test_a_job_that_was_damaged_later_is_named(workspace: Workspace) -> None:
    spec = spec_of(workspace, 1)
    job = create_job(workspace, spec)
    assert same_job(workspace, spec) is not None
    (job.folder / JOB_FILE).write_text("{")
    assert same_job(workspace, spec) is None
    assert [other.id for other in unreadable_jobs(workspace, spec)] == [job.id]


def test_a_kill_between_the_index_and_the_new_fingerprint_loses_no_job(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create_job(workspace, spec_of(workspace, 1))
    later = spec_of(workspace, 2)
    assert same_job(workspace, job.spec) is not None

    def killed(_: Job) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Job, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            job.save_spec(later)
    assert same_job(workspace, spec_of(workspace, 1)) is not None
    read_job(job.folder).save_spec(later)
    assert same_job(workspace, later) is not None
    assert same_job(workspace, spec_of(workspace, 1)) is None


def test_an_index_that_cannot_forget_a_job_is_removed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, later = create_job(workspace, spec_of(workspace, 1)), spec_of(workspace, 2)
    assert same_job(workspace, job.spec) is not None
    monkeypatch.setattr("indicsubs.jobs.job_index._BUSY_S", 0.01)
    (index,) = (workspace.jobs / INDEX).glob("*.sqlite3")
    other = sqlite3.connect(index)
    other.execute("BEGIN EXCLUSIVE")
    job.save_spec(later)
    assert same_job(workspace, later) is not None
    other.close()


def test_a_film_with_another_content_at_the_same_path_has_its_own_jobs(
    workspace: Workspace,
) -> None:
    first = create_job(workspace, spec_of(workspace, 1))
    source = replace(first.spec.source, fingerprint="sha256-other")
    second = create_job(workspace, replace(first.spec, source=source))
    assert {job.id for job in jobs_of_path(workspace, first.spec.source.path)} == {
        first.id,
        second.id,
    }
    assert [job.id for job in jobs_of_film(workspace, "sha256-other")] == [second.id]


def test_only_folders_of_jobs_are_listed(workspace: Workspace) -> None:
    index = job_index(workspace)
    assert job_folders(workspace.jobs) == index.all() == index.unfinished() == []
    assert not workspace.jobs.exists(), "a question makes no folder"
    job = create_job(workspace, spec_of(workspace, 1))
    day = job.folder.parent
    (day / f".half{UNFINISHED}").mkdir()
    (day / "note.txt").touch()
    for other in ("films/a/b/c", "2026/notes/x/y", ".index/demux/x/y"):
        (workspace.jobs / other).mkdir(parents=True)
    assert job_folders(workspace.jobs) == index.all() == [job.folder]
    assert index.unfinished() == [day / f".half{UNFINISHED}"]


def test_a_day_that_has_not_changed_is_not_listed_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create_job(workspace, spec_of(workspace, 1))
    old = workspace.jobs / "2025/01/02/a-job"
    old.parent.mkdir(parents=True)
    shutil.copytree(job.folder, old)
    os.utime(old.parent, (1, 1))
    index = job_index(workspace)
    assert index.all() == [job.folder, old]
    listed: list[str] = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: listed.append(str(path)) or scan(path))
    assert index.all() == [job.folder, old]
    assert str(old.parent) not in listed
    assert str(job.folder.parent) in listed, "it changed just now"
    shutil.rmtree(old)
    assert index.all() == [job.folder]
    old.parent.rmdir()
    assert index.all() == [job.folder]


def test_a_job_that_was_repaired_is_found(workspace: Workspace) -> None:
    job = create_job(workspace, spec_of(workspace, 1))
    path = job.folder / JOB_FILE
    path.rename(path.with_name("away"))
    assert same_job(workspace, job.spec) is None
    path.with_name("away").rename(path)
    assert same_job(workspace, job.spec) is not None


def test_a_day_that_cannot_be_read_hides_no_other(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = create_job(workspace, spec_of(workspace, 1))
    (workspace.jobs / "2025/01/01/x").mkdir(parents=True)
    scan = os.scandir

    def refused(path: Path):
        if "2025" in str(path):
            raise PermissionError
        return scan(path)

    monkeypatch.setattr(os, "scandir", refused)
    assert job_folders(workspace.jobs) == job_index(workspace).all() == [job.folder]


def test_a_folder_of_jobs_that_cannot_be_read_is_named(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace.jobs.mkdir()

    def refused(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "scandir", refused)
    with pytest.raises(IndicsubsError, match="out cannot be read: Permission denied"):
        job_folders(workspace.jobs)
    with pytest.raises(IndicsubsError, match="out cannot be read: Permission denied"):
        job_index(workspace).all()


def test_the_edits_of_an_older_job_are_the_films_before_its_other_job_is_named(
    workspace: Workspace, read: list[str]
) -> None:
    """Reading a job of an earlier version moves its edits to its film."""
    first, second = new_job(workspace), new_job(workspace, beam_size=2)
    find_job(workspace, second.id)
    assert {*read} == {first.id, second.id}
