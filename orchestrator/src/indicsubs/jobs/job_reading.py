"""Reads jobs, and says of those that cannot be read what is wrong with them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.input_files import unreadable
from indicsubs.jobs.job import JOB_FILE, Job
from indicsubs.jobs.older_edits import take_over
from indicsubs.jobs.specification import read_job_file
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.records import ChangedRecordError, DamagedRecordError

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


def read_jobs(folders: Iterable[Path]) -> tuple[list[Job], list[UnreadableJob]]:
    """Returns the readable jobs in folders, the newest first, and the others."""
    jobs: list[Job] = []
    others: list[UnreadableJob] = []
    for folder in folders:
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
