"""Makes, reads, finds and removes the folders of jobs."""

import fcntl
import secrets
import shutil
from datetime import UTC, datetime
from pathlib import Path

from indicsubs.jobs.input_files import is_file, is_folder, unreadable
from indicsubs.jobs.job import Job
from indicsubs.jobs.older_edits import take_over
from indicsubs.jobs.publishing import editable_files
from indicsubs.jobs.specification import JobFile, JobSpec, read_job_file
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode, IndicsubsError

_LOCK = ".lock"
"""File beside the jobs that is locked while a job is looked for and made."""


def find_or_create_job(workspace: Workspace, spec: JobSpec) -> tuple[Job, bool]:
    """Returns the newest job with an equal specification, or a new one, and whether it is new.

    Of several processes that start one film at the same time, one makes the job; the others find
    it.

    Raises:
        IndicsubsError: As :func:`create_job`.
    """
    try:
        workspace.jobs.mkdir(parents=True, exist_ok=True)
        with (workspace.jobs / _LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # held for milliseconds, so waiting is right
            job = same_job(workspace, spec)
            return (create_job(workspace, spec), True) if job is None else (job, False)
    except OSError as error:
        raise _no_job_can_be_made(workspace, error) from error


def create_job(workspace: Workspace, spec: JobSpec) -> Job:
    """Makes the folder of a new job, which is named after the date and the film.

    Raises:
        IndicsubsError: ``IO_ERROR`` where the folder cannot be made.
    """
    now = datetime.now(UTC)
    stem = "".join(c if c.isalnum() else "-" for c in Path(spec.source.path).stem)[:40].strip("-")
    name = f"{now:%H%M%S}-{stem or 'film'}-{secrets.token_hex(2)}"
    folder = workspace.jobs / f"{now:%Y/%m/%d}" / name
    job = Job(folder, JobFile(id=name, created=now.isoformat(timespec="seconds"), spec=spec))
    try:
        folder.mkdir(parents=True)
        job.save()
    except OSError as error:
        raise _no_job_can_be_made(workspace, error) from error
    return job


def _no_job_can_be_made(workspace: Workspace, error: OSError) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.IO_ERROR,
        f"No job can be made in {workspace.jobs}: {error.strerror}. Choose another --output.",
    )


def read_job(folder: Path) -> Job:
    """Opens a job.

    A job of an earlier version, which had edits of its own, gives them to its film.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where its job.json is missing or broken, or a newer version
            wrote it; ``IO_ERROR`` where its edits cannot be moved.
    """
    path = folder / "job.json"
    try:
        file = read_job_file(path)
    except (OSError, *NOT_JSON) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is not a job that this version of indicsubs can read: {error}. Run the film"
            " again, or use the version that wrote it.",
        ) from error
    try:
        return Job(folder, take_over(folder, file))
    except OSError as error:
        raise IndicsubsError(
            FailureCode.IO_ERROR,
            f"The corrections in {folder} cannot be moved to {folder.parents[3]}, where all jobs of"
            f" the film find them: {error.strerror}. Make space there, or make it writable.",
        ) from error


def all_jobs(workspace: Workspace) -> list[Job]:
    """Returns every readable job, the newest first.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    jobs: list[Job] = []
    try:
        next(workspace.jobs.iterdir(), None)  # glob would find no jobs in it, and say nothing
    except FileNotFoundError:
        return jobs
    except OSError as error:
        raise unreadable(workspace.jobs, error) from error
    for path in workspace.jobs.glob("[0-9]*/[0-9]*/[0-9]*/*/job.json"):
        try:
            jobs.append(read_job(path.parent))
        except IndicsubsError:
            continue  # of another version; `status` with its folder says so
    return sorted(jobs, key=lambda job: (job.file.created, job.id), reverse=True)


def find_job(workspace: Workspace, name: str) -> Job:
    """Finds a job by its id, the start of its id, its folder, or ``last``.

    ``last`` is the job that was run, or in which a subtitle file was edited, last.

    Raises:
        IndicsubsError: ``NO_INPUT`` where no job or more than one job has the name; ``BAD_INPUT``
            where the job in the folder cannot be read; ``USAGE`` for an empty name and for a folder
            that is no job's.
    """
    if not name:
        raise IndicsubsError(
            FailureCode.USAGE,
            "The name of the film or job is empty. Give a film, or a job as `just indicsubs list`"
            " shows it.",
        )
    if is_file(Path(name) / "job.json"):
        return read_job(Path(name).resolve())
    if is_folder(Path(name)):
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{name} is a folder, and not a job's. Give a film in it, or a job as `just indicsubs"
            " list` shows it.",
        )
    jobs = all_jobs(workspace)
    if name == "last" and jobs:
        return max(jobs, key=last_use)
    matches = [job for job in jobs if job.id.startswith(name)]
    if len(matches) != 1:
        what = "No job is" if not matches else f"{len(matches)} jobs are"
        which = f": {', '.join(job.id for job in matches)}" if matches else ""
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"{what} called {name!r} in {workspace.jobs}{which}. `just indicsubs list` shows the"
            " jobs.",
        )
    return matches[0]


def job_of_path(path: Path) -> Job | None:
    """Returns the job whose folder is the path or contains it; None for other paths.

    Raises:
        IndicsubsError: As :func:`read_job`.
    """
    absolute = path.resolve()
    for folder in (absolute, *absolute.parents):
        if is_file(folder / "job.json"):
            return read_job(folder)
    return None


def last_use(job: Job) -> int:
    """Returns when a job was made, run or edited in last, in nanoseconds since 1970."""
    used = [job.folder / "job.json", job.log, *editable_files(job.folder)]
    return max(path.stat().st_mtime_ns for path in used if is_file(path))


def same_job(workspace: Workspace, spec: JobSpec) -> Job | None:
    """Returns the newest job with an equal specification, or None."""
    return next((job for job in all_jobs(workspace) if job.spec == spec), None)


def remove_job(job: Job) -> None:
    """Deletes a job's folder, and also the folders of its date when they become empty.

    Raises:
        IndicsubsError: ``BUSY`` where the job is running.
    """
    with job.lock():
        shutil.rmtree(job.folder)
    for folder in list(job.folder.parents)[:3]:
        if any(folder.iterdir()):
            break
        folder.rmdir()
