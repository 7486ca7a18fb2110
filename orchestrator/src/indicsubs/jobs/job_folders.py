"""Makes, reads, finds and removes the folders of jobs."""

import fcntl
import secrets
import shutil
import unicodedata
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.input_files import is_file, is_folder, unreadable
from indicsubs.jobs.job import JOB_FILE, Job
from indicsubs.jobs.older_edits import take_over
from indicsubs.jobs.publishing import editable_files
from indicsubs.jobs.specification import JobFile, JobSpec, read_job_file
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.records import (
    ChangedRecordError,
    DamagedRecordError,
    flush_folder,
    make_folder,
)

_LOCK = ".lock"
"""File beside the jobs that is locked while a job is looked for and made."""
_UNFINISHED = ".unfinished"
"""The end of the name of a job's folder until it has its job.json, and while it is removed."""
_RESTORE = (
    "Restore the file from a backup, or run the film again: finished stages are used where they"
    " fit, and imported corrections lie in the job's folder `edits`."
)
"""The next step after the loss of a job.json."""
_EDITED_BY_HAND = (
    "If you edited it by hand, delete its line `checksum`, and it is read as you wrote it. If not:"
)


class UnreadableJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job whose job.json cannot be read."""

    folder: Path
    problem: str
    """What is wrong with it and what to do, in sentences."""

    @property
    def id(self) -> str:
        """The name of the job's folder, which is the job's id."""
        return self.folder.name


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
            for unfinished in workspace.jobs.glob(f"[0-9]*/[0-9]*/[0-9]*/.*{_UNFINISHED}"):
                shutil.rmtree(unfinished)  # of processes that were killed
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
    name = f"{now:%H%M%S}-{_film_name(spec)}-{secrets.token_hex(2)}"
    folder = workspace.jobs / f"{now:%Y/%m/%d}" / name
    file = JobFile(id=name, created=now.isoformat(timespec="seconds"), spec=spec)
    unfinished = folder.with_name(f".{name}{_UNFINISHED}")
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


def read_job(folder: Path) -> Job:
    """Opens a job.

    A job of an earlier version, which had edits of its own, gives them to its film.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where its job.json is missing or damaged, or a newer version
            wrote it; ``NO_INPUT`` where it cannot be read; ``IO_ERROR`` where its edits cannot be
            moved.
    """
    path = folder / JOB_FILE
    try:
        file = read_job_file(path)
    except FileNotFoundError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{path} is missing, so the job cannot be read. {_RESTORE}"
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    except DamagedRecordError as error:
        by_hand = isinstance(error, ChangedRecordError)
        hint = f"{_EDITED_BY_HAND} {_RESTORE}" if by_hand else _RESTORE
        raise IndicsubsError(FailureCode.BAD_INPUT, f"{error.message} {hint}") from error
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
    return _read_jobs(workspace)[0]


def unreadable_jobs(workspace: Workspace, spec: JobSpec | None = None) -> list[UnreadableJob]:
    """Returns the jobs whose job.json is missing, damaged or of a newer version, newest first.

    With ``spec``, only those are returned that were made for a film of that name.

    Raises:
        IndicsubsError: As :func:`all_jobs`.
    """
    name = "-" if spec is None else f"-{_film_name(spec)}-"
    return [job for job in _read_jobs(workspace)[1] if name in job.id]


def _read_jobs(workspace: Workspace) -> tuple[list[Job], list[UnreadableJob]]:
    jobs: list[Job] = []
    others: list[UnreadableJob] = []
    for folder in job_folders(workspace.jobs):
        try:
            jobs.append(read_job(folder))
        except IndicsubsError as error:
            others.append(UnreadableJob(folder=folder, problem=error.message))
    return sorted(jobs, key=lambda job: (_created(job), job.id), reverse=True), others


def _created(job: Job) -> datetime:
    """Returns when a job was made; jobs may have been made in different time zones."""
    try:
        return datetime.fromisoformat(job.file.created).astimezone(UTC)
    except (ValueError, OverflowError):  # edited by hand
        return datetime.min.replace(tzinfo=UTC)


def job_folders(jobs: Path) -> list[Path]:
    """Returns the folders of all jobs, the newest first; the folder of the jobs may be absent.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    try:
        next(jobs.iterdir(), None)  # glob would find no jobs in it, and say nothing
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(jobs, error) from error
    found = jobs.glob("[0-9]*/[0-9]*/[0-9]*/[!.]*/")
    return sorted((folder for folder in found if folder.is_dir()), reverse=True)


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
    jobs, others = _read_jobs(workspace)
    if name == "last" and jobs:
        return max(jobs, key=last_use)
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
        removed = job.folder.with_name(f".{job.id}{_UNFINISHED}")
        job.folder.rename(removed)  # in one step: a job that is half there would be a damaged job
        shutil.rmtree(removed)
    for folder in list(job.folder.parents)[:3]:
        if any(folder.iterdir()):
            break
        folder.rmdir()
