"""What is known of the last run of a job, by every process: its stage, its progress, its end."""

import fcntl
import os
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from indicsubs.jobs.job import Job
from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

PROGRESS_FILE = ".progress.json"
"""The name of the file in a job's folder."""

End: TypeAlias = Literal["done", "failed", "interrupted"]
State: TypeAlias = Literal["running", "done", "failed", "interrupted", "not run yet"]


class RunProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the progress file, which the process that runs a job replaces every second.

    It is a picture for people and decides nothing: what must run follows from digests alone. Times
    are in ISO 8601 with their zone.
    """

    process: int
    """The number of the process that runs the job, on its machine."""
    started: str
    stages: tuple[StageName, ...] = ()
    """The stages of the run, in order."""
    stage: StageName | None = None
    """The stage that works, or the last one that did."""
    environment: str = ""
    stage_started: str | None = None
    message: Progress | None = None
    """The stage's last progress message."""
    message_time: str | None = None
    seconds_left: float | None = None
    """The time until the stage ends, at the last message; None where it is not known."""
    end: End | None = None
    """How the run ended; None while it goes on, and for ever after the process was killed."""
    ended: str | None = None
    code: FailureCode | None = None
    reason: str = ""
    """Why the run failed, with the next step."""


class JobState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a job, and what is known of its last run."""

    state: State
    stages_done: int
    """The number of stages that have a result."""
    did_nothing: bool
    """Whether the job was run, and ended without any result."""
    run: RunProgress | None


def write_progress(job: Path, progress: RunProgress) -> None:
    """Replaces the progress file of a job.

    A disk that is full, or a folder that cannot be written to, does not stop the run.
    """
    path = job / PROGRESS_FILE
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(msgspec.json.encode(progress))
        temporary.replace(path)
    except OSError:
        try:
            temporary.unlink(missing_ok=True)
        except OSError:
            pass  # the next run removes it


def read_progress(job: Path) -> RunProgress | None:
    """Returns what is known of the last run; None where that is nothing, or was damaged."""
    try:
        return msgspec.json.decode((job / PROGRESS_FILE).read_bytes(), type=RunProgress)
    except (OSError, *NOT_JSON):
        return None


def job_state(job: Job) -> JobState:
    """Returns whether a job is running or how its last run ended, also for another process."""
    run = read_progress(job.folder)
    done = sum(job.record(stage) is not None for stage in StageName)
    state = _state(job, run, done)
    ran = run is not None or job.log.is_file()
    return JobState(
        state=state,
        stages_done=done,
        did_nothing=ran and done == 0 and state != "running",
        run=run,
    )


def _state(job: Job, run: RunProgress | None, done: int) -> State:
    if is_running(job.folder):
        return "running"
    if run is not None:
        return run.end or "interrupted"
    if (job.stage_folder(StageName.MUX) / "result.json").is_file():
        return "done"  # by a version that wrote no progress
    return "interrupted" if done or job.log.is_file() else "not run yet"


def is_running(job: Path) -> bool:
    """Returns whether a process holds the lock of a job."""
    try:
        with (job / ".lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False  # it was never run, or cannot be read
    return False


def now() -> str:
    """Returns the time in ISO 8601, in the zone of this machine."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def seconds_since(time: str | None) -> float | None:
    """Returns the seconds since a time in ISO 8601; 0 where the clock was put back.

    Returns None where there is no time, or it is damaged.
    """
    try:
        return max(
            0.0, (datetime.now().astimezone() - datetime.fromisoformat(time or "")).total_seconds()
        )
    except (TypeError, ValueError):  # TypeError: a time without a zone
        return None
