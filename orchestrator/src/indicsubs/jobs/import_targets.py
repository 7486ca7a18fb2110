"""Finds the job that corrected files belong to. What is ambiguous is refused with the choices."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from indicsubs.jobs.film_edits import FILMS
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import all_jobs, find_job, job_of_path, jobs_of_film, last_use
from indicsubs.jobs.publishing import edited_files
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.file_names import name_stem


def job_to_import_into(workspace: Workspace, files: Sequence[Path], name: str | None) -> Job:
    """Returns the job that files are imported into.

    A file in a job's folder belongs to that job. Another file belongs to the film whose name its
    own name begins with, or to the only film; of a film's jobs the last one is taken. Without
    files, it is the job in whose folder subtitle files were edited.

    Args:
        workspace: The checkout.
        files: The corrected files; none takes those that were edited in a job's folder.
        name: The name of the job, where the user gave it.

    Raises:
        IndicsubsError: ``USAGE`` where the files belong to several jobs, to another film than the
            named job, or to no film in particular; ``NO_INPUT`` where there is no such job, or no
            file was edited; the errors of :func:`~indicsubs.jobs.job_folders.read_job`.
    """
    owners = {path: job for path in files if (job := _owner(workspace, path)) is not None}
    if name is not None:
        job = find_job(workspace, name)
        for path, owner in owners.items():
            _refuse_other_film(path, owner, job)
        return job
    jobs = {job.id: job for job in owners.values()}
    if not jobs:
        every = all_jobs(workspace)
        if not every:
            return find_job(workspace, "last")  # which says that there is none
        jobs = _edited(every) if not files else _of_named_films(files, _beside(files, every))
    if len(jobs) != 1:
        what = "The edited files are in" if not files else f"{_listed(files)} may belong to"
        raise _several(f"{what} several jobs", jobs.values())
    return next(iter(jobs.values()))


def _owner(workspace: Workspace, path: Path) -> Job | None:
    """Returns the job that a file lies in, or the last job of the film whose edits it lies in."""
    absolute = path.resolve()
    films = workspace.jobs / FILMS
    if films in absolute.parents:
        fingerprint = absolute.relative_to(films).parts[0]
        return max(jobs_of_film(workspace, fingerprint), key=last_use, default=None)
    return job_of_path(path)


def _refuse_other_film(path: Path, owner: Job, job: Job) -> None:
    if owner.spec.source.fingerprint != job.spec.source.fingerprint:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{path} belongs to {_film(owner)} (job {owner.id}), and job {job.id} is of"
            f" {_film(job)}. Leave --job out, or import a copy of the file from another folder.",
        )


def _edited(jobs: Iterable[Job]) -> dict[str, Job]:
    """Returns the jobs in whose folders subtitle files were edited.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there is none.
    """
    edited = {job.id: job for job in jobs if edited_files(job.folder)}
    if not edited:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            "No subtitle file in the folder of a job was edited since the last import. Name the"
            " file to import: just indicsubs import FILE. If an import was interrupted, its"
            " corrections are kept; go on with them: just run last",
        )
    return edited


def _beside(files: Iterable[Path], jobs: Sequence[Job]) -> Sequence[Job]:
    """Returns the jobs of films that the files lie beside; all jobs where there is none."""
    folders = {file.absolute().parent for file in files}
    beside = [job for job in jobs if folders == {Path(job.spec.source.path).parent}]
    return beside or jobs


def _of_named_films(files: Iterable[Path], jobs: Sequence[Job]) -> dict[str, Job]:
    """Returns the last job of each film that the files may belong to, judged by their names."""
    last: dict[str, Job] = {}
    for job in sorted(jobs, key=last_use):
        last[job.spec.source.fingerprint] = job
    if len(last) > 1:
        stems = {film: _longest_name(files, film, jobs) for film in last}
        longest = max(stems.values())
        if longest:
            last = {film: job for film, job in last.items() if stems[film] == longest}
    return {job.id: job for job in last.values()}


def _longest_name(files: Iterable[Path], fingerprint: str, jobs: Iterable[Job]) -> int:
    """Returns the length of the longest name of a film that every file's name begins with, or 0."""
    names = {
        name_stem(Path(job.spec.source.path).stem)
        for job in jobs
        if job.spec.source.fingerprint == fingerprint
    }
    files = list(files)
    fitting = [name for name in names if all(file.name.startswith(f"{name}.") for file in files)]
    return max(map(len, fitting), default=0)


def _several(what: str, jobs: Iterable[Job]) -> IndicsubsError:
    choices = "; ".join(f"--job {job.id} ({_film(job)})" for job in jobs)
    return IndicsubsError(FailureCode.USAGE, f"{what}. Choose one: {choices}")


def _film(job: Job) -> str:
    return Path(job.spec.source.path).name


def _listed(files: Iterable[Path]) -> str:
    return ", ".join(map(str, files))
