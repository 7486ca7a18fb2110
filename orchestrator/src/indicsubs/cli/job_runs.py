"""Runs a job for a command: checks first, shows the run, and names what was made."""

import os
from collections.abc import Callable
from pathlib import Path

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, err, out, printable
from indicsubs.jobs.edit_notes import edit_notes, notes_of_earlier_content
from indicsubs.jobs.edits import join_show
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import find_or_create_job, unreadable_jobs
from indicsubs.jobs.publishing import PUBLISHED_FOLDER, published_files
from indicsubs.jobs.specification import Edits, JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models
from indicsubs.run.pipeline import Pipeline
from indicsubs.run.reports import StageReport
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_selection import results_before, stages_to_run
from indicsubs_contract.stages import StageName


def require_all(
    workspace: Workspace,
    spec: JobSpec,
    placement: Placement,
    edits: Edits,
    start: StageName | None,
    job: Job | None,
) -> tuple[str, ...]:
    """Checks that all environments and models of a run are there, before the run changes anything.

    ``job`` is the job that has results of earlier stages; None where it does not exist yet.

    Returns:
        The names of the environments.
    """
    stages = stages_to_run(spec, start, edits)
    state = RunState(
        workspace=workspace,
        spec=spec,
        placement=placement,
        results={} if job is None else results_before(job, stages[0]),
        edits=edits,
    )
    environments = state.environments(stages)
    EnvironmentManager(workspace.root).require_installed(environments)
    check_models(stages, state)
    return environments


def make_job(workspace: Workspace, spec: JobSpec, warn: Callable[[str], None]) -> Job:
    """Makes a job, and warns of earlier jobs of the film that cannot be read.

    Raises:
        IndicsubsError: As :func:`~indicsubs.jobs.job_folders.find_or_create_job`.
    """
    job, is_new = find_or_create_job(workspace, spec)
    for other in unreadable_jobs(workspace, spec) if is_new else ():
        warn(f"An earlier job of a film of this name is not used: {other.problem}")
    return job


def warn_of_jobs(warning: str, common: CommonOptions) -> None:
    """Shows a warning that belongs to no stage."""
    if common.json:
        display.emit({"event": "warning", "stage": None, "warning": warning})
    else:
        err.print(printable(warning), highlight=False, markup=False, soft_wrap=True)


def join_film(workspace: Workspace, job: Job) -> list[str]:
    """Joins a job with the corrections of its film and of its show, and returns notes about them.

    Raises:
        IndicsubsError: The corrections cannot be read or written.
    """
    join_show(job)
    notes = edit_notes(job.film.read(), job.edits, job.spec)
    return notes + notes_of_earlier_content(job, workspace)


def run_job(
    workspace: Workspace,
    job: Job,
    placement: Placement,
    common: CommonOptions,
    *,
    start: StageName | None = None,
    stage_limit: float,
    force: bool = False,
) -> list[StageReport]:
    """Runs a job, and shows the corrections that it uses and how far the run is.

    Raises:
        IndicsubsError: As :meth:`~indicsubs.run.pipeline.Pipeline.run`.
    """
    notes = join_film(workspace, job)
    if common.json:
        run_display = display.JsonEvents()
        display.emit({"event": "job", "id": job.id, "folder": str(job.folder), "edits": notes})
    else:
        if out.is_terminal:
            stages = stages_to_run(job.spec, start, job.edits)
            run_display = display.ProgressBars(out, stages)
        else:
            run_display = display.PlainLines(out)
        out.print(f"Job {job.id}", highlight=False)
        for note in notes:
            out.print(printable(note), highlight=False, markup=False, soft_wrap=True)
    pipeline = Pipeline(workspace, job, placement, run_display, silence_limit_s=60 * stage_limit)
    with run_display:
        return pipeline.run(start, force=force)


def show_files(job: Job, reports: list[StageReport], common: CommonOptions) -> None:
    """Shows what a run did, and the names and the folder of the job's files."""
    folder = job.folder / PUBLISHED_FOLDER
    files = published_files(job.folder)
    if common.json:
        display.emit({"event": "done", "files": [str(path) for path in files]})
        return
    out.print(display.report_table(reports))
    if all(report.outcome == "skipped" for report in reports):
        out.print("Everything was up to date, so all stages were skipped.")
    transcript = shortest(job.stage_folder(StageName.EXPORT_TRANSCRIPT))
    where = (
        f"The files are in {shortest(folder)}:" if files else f"The transcript is in {transcript}"
    )
    out.print(printable(where), highlight=False, markup=False, soft_wrap=True)
    for path in files:
        out.print(f"  {printable(path.name)}", highlight=False, markup=False, soft_wrap=True)


def shortest(path: Path) -> str:
    """Returns the path itself or the path relative to the working folder, whichever is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
