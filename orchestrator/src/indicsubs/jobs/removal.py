"""Removes a job, and says before what only this job has."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import jobs_of_film, remove_job
from indicsubs.jobs.publishing import PUBLISHED_FOLDER, edited_files
from indicsubs.jobs.results import ResultStore
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import WORKFLOWS, StageName


def only_here(workspace: Workspace, job: Job) -> list[str]:
    """Returns what would be lost with a job: edits that were not imported, and shared results.

    Each entry is a clause for a message, as in ``film.eng.srt was edited and not imported``.
    """
    imported = job.film.read().digests
    found = [
        f"{PUBLISHED_FOLDER}/{path.name} was edited and not imported"
        for path in edited_files(job.folder)
        if sha256(path) not in imported
    ]
    found += [
        f"{path.relative_to(job.folder)} was edited by hand"
        for path in sorted(_kept_beside(job))
        if not any(sha256(file) in imported for file in _files(path))
    ]
    store = ResultStore(workspace.jobs, job)
    found += [
        f"the files of stage {stage} were edited by hand"
        for stage in StageName
        if store.is_edited(stage)
    ]
    needed = _needed_by_others(workspace, job)
    if needed:
        found.append(
            "other jobs of the film would have to compute again what they now take from it"
            f" ({', '.join(needed)})"
        )
    return found


def remove(workspace: Workspace, job: Job) -> Path | None:
    """Deletes a job. What other jobs have too stays known to later runs.

    Returns:
        The folder with the film's corrections, which stay; None where there are none.

    Raises:
        IndicsubsError: ``BUSY`` where the job is running.
    """
    records = {stage: record for stage in StageName if (record := job.record(stage))}
    remove_job(job)
    ResultStore(workspace.jobs, job).hand_over(records)
    film = job.film
    if film.read().digests:
        return film.path
    if not jobs_of_film(workspace, job.spec.source.fingerprint):
        shutil.rmtree(film.path, ignore_errors=True)  # it has only what can be computed again
    return None


def _kept_beside(job: Job) -> Iterator[Path]:
    """Yields the files and folders that were renamed because a person had changed them."""
    for folder in ("stages", PUBLISHED_FOLDER):
        yield from (job.folder / folder).glob("*.edited-*")


def _files(path: Path) -> list[Path]:
    return [path] if path.is_file() else [file for file in path.iterdir() if file.is_file()]


def _needed_by_others(workspace: Workspace, job: Job) -> list[str]:
    """Returns the stages whose result only this job has, and another job of the film lacks."""
    others = [
        other
        for other in jobs_of_film(workspace, job.spec.source.fingerprint)
        if other.id != job.id
    ]
    needed: list[str] = []
    for stage in StageName:
        record = job.record(stage)
        having = {other.id: other.record(stage) for other in others}
        lacking = [
            other
            for other in others
            if having[other.id] is None and stage in WORKFLOWS[other.spec.workflow]
        ]
        digests = {known.digest for known in having.values() if known is not None}
        if record is not None and lacking and record.digest not in digests:
            needed.append(stage)
    return needed
