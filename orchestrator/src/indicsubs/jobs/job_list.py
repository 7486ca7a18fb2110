"""The jobs that a person sees in a list: the newest, without attempts that did nothing."""

from dataclasses import dataclass, field

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import job_folders
from indicsubs.jobs.job_reading import UnreadableJob, read_jobs
from indicsubs.jobs.run_progress import JobState, job_state
from indicsubs.machine.workspace import Workspace


@dataclass(kw_only=True)
class JobList:
    """The newest jobs, and what was left out."""

    jobs: list[tuple[Job, JobState]] = field(default_factory=list[tuple[Job, JobState]])
    """The jobs with their states, the newest first."""
    damaged: list[UnreadableJob] = field(default_factory=list[UnreadableJob])
    """The jobs among the newest whose job.json cannot be read."""
    attempts: int = 0
    """The number of jobs that were left out because they did nothing."""
    older: int = 0
    """The number of older jobs, which were not read."""


def newest_jobs(workspace: Workspace, most: int | None, *, attempts: bool) -> JobList:
    """Returns the newest jobs; no more are read than are returned or left out.

    Args:
        workspace: The checkout.
        most: The most jobs, damaged ones included; None returns all.
        attempts: Whether jobs that were run and did nothing are among them.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the folder of the jobs exists and cannot be read.
    """
    folders = job_folders(workspace.jobs)
    most = len(folders) if most is None else most
    found = JobList()
    read = 0
    while read < len(folders) and (lacking := most - len(found.jobs) - len(found.damaged)) > 0:
        jobs, others = read_jobs(folders[read : read + lacking])
        read += lacking
        found.damaged += others
        for job in jobs:
            state = job_state(job)
            if state.did_nothing and not attempts:
                found.attempts += 1
            else:
                found.jobs.append((job, state))
    found.older = max(0, len(folders) - read)
    return found
