"""Makes, reads, finds and removes the folders of jobs."""

import fcntl
import secrets
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from indicsubs.jobs.input_files import is_file, is_folder
from indicsubs.jobs.job import JOB_FILE, LOG, Job
from indicsubs.jobs.job_index import UNFINISHED, JobIndex, job_names
from indicsubs.jobs.job_reading import UnreadableJob, read_job, read_jobs
from indicsubs.jobs.publishing import editable_files
from indicsubs.jobs.specification import JobFile, JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.records import (
    flush_folder,
    make_folder,
)

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
            for unfinished in job_index(workspace).unfinished():  # of processes that were killed
                shutil.rmtree(unfinished, ignore_errors=True)
            job = same_job(workspace, spec)
            return (create_job(workspace, spec), True) if job is None else (job, False)
    except OSError as error:
        raise _no_job_can_be_made(workspace, error) from error


def create_job(workspace: Workspace, spec: JobSpec) -> Job:
    """Makes the folder of a new job, which is named after the date and the film.

    Raises:
        IndicsubsError: ``IO_ERROR`` where the folder cannot be made.
    """
    now = datetime.now().astimezone()
    day = workspace.jobs / f"{now:%Y/%m/%d}"
    name = _new_name(now, spec)
    while (day / name).exists():  # of an episode with this number, begun in the same second
        name = _new_name(now, spec)
    folder = day / name
    file = JobFile(id=name, created=now.isoformat(timespec="seconds"), spec=spec)
    unfinished = folder.with_name(f".{name}{UNFINISHED}")
    try:
        make_folder(folder.parent)
        Job(unfinished, file).save()
        unfinished.rename(folder)
        flush_folder(folder.parent)
    except OSError as error:
        raise _no_job_can_be_made(workspace, error) from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return Job(folder, file)


def _new_name(now: datetime, spec: JobSpec) -> str:
    return f"{now:%H%M%S}-{_film_name(spec)}-{secrets.token_hex(2)}"


def _film_name(spec: JobSpec) -> str:
    """Returns the part of a job's id that is made of the film's name."""
    letters = unicodedata.normalize("NFC", Path(spec.source.path).stem)
    stem = "".join(c if c.isalnum() or _is_vowel_sign(c) else "-" for c in letters)
    return stem[:40].strip("-") or "film"


def _is_vowel_sign(character: str) -> bool:
    """Returns whether a character belongs to the letter before it, as Indian vowel signs do."""
    return unicodedata.category(character) in {"Mn", "Mc"}


def _no_job_can_be_made(workspace: Workspace, error: OSError) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.IO_ERROR,
        f"No job can be made in {workspace.jobs}: {error.strerror}. Choose another --output.",
    )


def all_jobs(workspace: Workspace) -> list[Job]:
    """Returns every readable job, the newest first.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    return read_jobs(job_folders(workspace.jobs))[0]


def recent_jobs(workspace: Workspace) -> Iterator[Job]:
    """Yields the readable jobs, the newest first by the dates in their names.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    for folder in job_folders(workspace.jobs):
        with suppress(IndicsubsError):
            yield read_job(folder)


def jobs_of_film(workspace: Workspace, fingerprint: str) -> list[Job]:
    """Returns the readable jobs of the film with a fingerprint, the newest first.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    jobs, _ = read_jobs(job_index(workspace).of_film(fingerprint))
    return [job for job in jobs if job.spec.source.fingerprint == fingerprint]


def jobs_of_path(workspace: Workspace, path: str) -> list[Job]:
    """Returns the readable jobs whose film had a path, the newest first.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    jobs, _ = read_jobs(job_index(workspace).of_path(path))
    return [job for job in jobs if job.spec.source.path == path]


def folders_of_path(jobs: Path, path: str) -> list[Path]:
    """Returns the folders of the jobs whose film had a path; only new jobs are read for it.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    return _index_of(jobs).of_path(path)


def job_index(workspace: Workspace) -> JobIndex:
    """Returns the index of the jobs."""
    return _index_of(workspace.jobs)


def _index_of(jobs: Path) -> JobIndex:

    def film(folder: Path) -> SourceFile | None:
        try:
            return read_job(folder).spec.source
        except IndicsubsError:
            return None

    return JobIndex(jobs, film)


def unreadable_jobs(workspace: Workspace, spec: JobSpec) -> list[UnreadableJob]:
    """Returns the jobs of films of a name whose job.json is damaged or of a newer version.

    Those without a job.json are among them.

    Args:
        workspace: The checkout.
        spec: The specification of a job of a film with that name.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    folders = job_index(workspace).unreadable_or_of_film(spec.source.fingerprint)
    name = f"-{_film_name(spec)}-"
    return read_jobs(folder for folder in folders if name in folder.name)[1]


def job_folders(jobs: Path) -> list[Path]:
    """Returns the folders of all jobs, the newest first; the folder of the jobs may be absent.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    return [jobs / name for name in job_names(jobs) if "/." not in name]


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
    if is_file(Path(name) / JOB_FILE):
        return read_job(Path(name).resolve())
    if is_folder(Path(name)):
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{name} is a folder, and not a job's. Give a film in it, or a job as `just indicsubs"
            " list` shows it.",
        )
    folders = job_index(workspace).all()
    if name == "last" and (last := _last_used(folders)) is not None:
        return last
    # A folder has the name of its job, unless a person renamed it.
    named = [folder for folder in folders if folder.name.startswith(name)]
    jobs, others = read_jobs(named or folders)
    matches = [job for job in jobs if job.id.startswith(name)]
    for other in others:
        if not matches and other.id.startswith(name):
            raise IndicsubsError(FailureCode.BAD_INPUT, other.problem)
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


def _last_used(folders: Iterable[Path]) -> Job | None:
    """Returns the readable job that was made, run or edited in last."""
    for folder in sorted(folders, key=_last_use, reverse=True):
        with suppress(IndicsubsError):
            return read_job(folder)
    return None


def last_use(job: Job) -> int:
    """Returns when a job was made, run or edited in last, in nanoseconds since 1970."""
    return _last_use(job.folder)


def _last_use(folder: Path) -> int:
    used = [folder / JOB_FILE, folder / LOG, *editable_files(folder)]
    return max((path.stat().st_mtime_ns for path in used if is_file(path)), default=0)


def same_job(workspace: Workspace, spec: JobSpec) -> Job | None:
    """Returns the newest job with an equal specification, or None."""
    jobs = jobs_of_film(workspace, spec.source.fingerprint)
    return next((job for job in jobs if job.spec == spec), None)


def remove_job(job: Job) -> None:
    """Deletes a job's folder, and also the folders of its date when they become empty.

    Raises:
        IndicsubsError: ``BUSY`` where the job is running.
    """
    with job.lock():
        removed = job.folder.with_name(f".{job.id}{UNFINISHED}")
        job.folder.rename(removed)  # in one step: a job that is half there would be a damaged job
        shutil.rmtree(removed)
    for folder in list(job.folder.parents)[:3]:
        if any(folder.iterdir()):
            break
        folder.rmdir()
