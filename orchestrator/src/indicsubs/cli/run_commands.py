"""Commands that make and run jobs: ``run``, ``plan``, ``prepare`` and ``stage``."""

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indicsubs.cli import display
from indicsubs.cli.console import (
    FILM_HELP,
    JOB_HELP,
    CommonOptions,
    app,
    err,
    out,
    placement_for,
    printable,
    table,
)
from indicsubs.cli.option_values import STAGE_LIMIT
from indicsubs.cli.options import JobOptions, make_spec, workspace_of
from indicsubs.cli.plan_texts import plan_lines, wall_text
from indicsubs.jobs.edit_notes import edit_notes
from indicsubs.jobs.film_edits import edits_for
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import find_job, find_or_create_job, same_job, unreadable_jobs
from indicsubs.jobs.publishing import PUBLISHED_FOLDER, published_files
from indicsubs.jobs.specification import Edits, JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models
from indicsubs.run.pipeline import Pipeline, replay_command
from indicsubs.run.planning import plan_run
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_process import run_attached
from indicsubs.run.stage_selection import results_before, stages_to_run
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName


@app.command(sort_key=1)
def run(
    film: Annotated[str, Parameter(help=FILM_HELP)],
    *,
    start: Annotated[
        StageName | None,
        Parameter(
            "--from",
            name_transform=str.lower,
            help="Start at this stage; the earlier stages' results are used as they are.",
        ),
    ] = None,
    force: Annotated[
        bool, Parameter(negative="", help="Also run stages that are up to date.")
    ] = False,
    stage_limit: Annotated[
        float,
        Parameter(converter=STAGE_LIMIT),
        Parameter(help="Minutes without a message from a stage after which it is stopped."),
    ] = 30.0,
    options: JobOptions | None = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Make subtitles for a film.

    The same film with the same options continues where it stopped; stages that are up to date are
    skipped. The film's corrections are used, whichever job they were made in.
    """
    common = common or CommonOptions()
    workspace = workspace_of(common.workspace(), film)
    spec = make_spec(workspace, film, options or JobOptions())
    job = same_job(workspace, spec)
    placement = placement_for(workspace, spec)
    require_all(workspace, spec, placement, edits_for(workspace.jobs, spec), start, job)
    if job is None:
        job, is_new = find_or_create_job(workspace, spec)
        for other in unreadable_jobs(workspace, spec) if is_new else ():
            warning = f"An earlier job of a film of this name is not used: {other.problem}"
            if common.json:
                display.emit({"event": "warning", "stage": None, "warning": warning})
            else:
                err.print(printable(warning), highlight=False, markup=False, soft_wrap=True)
    run_job(workspace, job, placement, common, start=start, force=force, stage_limit=stage_limit)
    return ExitStatus.DONE


@app.command(sort_key=3)
def plan(
    film: Annotated[str, Parameter(help=FILM_HELP)],
    *,
    start: Annotated[
        StageName | None,
        Parameter(
            "--from",
            name_transform=str.lower,
            help="Plan a run that starts at this stage.",
        ),
    ] = None,
    options: JobOptions | None = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Show what a run would do, how long it takes and what it lacks, without running.

    Times and sizes are those of earlier jobs with the same profile on this machine.
    """
    common = common or CommonOptions()
    workspace = workspace_of(common.workspace(), film)
    spec = make_spec(workspace, film, options or JobOptions())
    planned = plan_run(workspace, spec, placement_for(workspace, spec), start)
    if common.json:
        display.emit(planned)
        return ExitStatus.DONE
    rows = table("stage", "environment", "installed", "digest", "time", "state")
    for stage in planned.stages:
        digest = stage.digest[:12] if stage.digest else "-"
        installed = "yes" if stage.installed else "no"
        time = "" if stage.state.startswith(("up to date", "reused")) else wall_text(stage.wall_ms)
        rows.add_row(stage.stage, stage.environment, installed, digest, time, stage.state)
    out.print(rows)
    for line in plan_lines(planned):
        out.print(printable(line), highlight=False, markup=False, soft_wrap=True)
    return ExitStatus.DONE


@app.command(sort_key=4)
def prepare(
    film: Annotated[str, Parameter(help=FILM_HELP)],
    *,
    options: JobOptions | None = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Make a job without running it; prints its id for `run`."""
    common = common or CommonOptions()
    workspace = workspace_of(common.workspace(), film)
    spec = make_spec(workspace, film, options or JobOptions())
    job, _ = find_or_create_job(workspace, spec)
    if common.json:
        display.emit({"id": job.id, "folder": str(job.folder)})
    else:
        out.print(job.id, highlight=False)
    return ExitStatus.DONE


@app.command(sort_key=8)
def stage(
    name: Annotated[StageName, Parameter(name_transform=str.lower, help="The stage to run.")],
    job: Annotated[str, Parameter(help=JOB_HELP)] = "last",
    *,
    common: CommonOptions | None = None,
) -> int:
    """Run one stage again by itself, with the request that the job saved.

    It writes to the job's folder `replay` and prints its answers, which are lines of JSON; the job
    stays as it is.
    """
    common = common or CommonOptions()
    workspace = common.workspace()
    target = find_job(workspace, job)
    request = target.stage_folder(name) / "request.json"
    if not request.is_file():
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"Stage {name} of job {target.id} has no saved request. Run the job first.",
        )
    manager = EnvironmentManager(workspace.root)
    record = target.record(name)
    environment = (
        record.environment
        if record is not None
        else RunState(
            workspace=workspace,
            spec=target.spec,
            placement=placement_for(workspace, target.spec),
            results=results_before(target, name),
            edits=target.edits,
        ).environment(name)
    )
    manager.require_installed([environment])
    command = manager.stage_command(environment)
    replay = replay_command(command, workspace, request, environment)
    if common.json:
        display.emit(
            {
                "event": "replay",
                "job": target.id,
                "stage": name,
                "environment": environment,
                "command": replay,
            }
        )
    else:
        err.print(replay, highlight=False, markup=False, soft_wrap=True)
    variables = manager.process_variables(environment)
    return run_attached(command, variables, workspace.root, request.read_bytes())


def require_all(
    workspace: Workspace,
    spec: JobSpec,
    placement: Placement,
    edits: Edits,
    start: StageName | None,
    job: Job | None,
) -> None:
    """Checks that all environments and models of a run are there, before the run changes anything.

    ``job`` is the job that has results of earlier stages; None where it does not exist yet.
    """
    stages = stages_to_run(spec, start, edits)
    state = RunState(
        workspace=workspace,
        spec=spec,
        placement=placement,
        results={} if job is None else results_before(job, stages[0]),
        edits=edits,
    )
    EnvironmentManager(workspace.root).require_installed(state.environments(stages))
    check_models(stages, state)


def run_job(
    workspace: Workspace,
    job: Job,
    placement: Placement,
    common: CommonOptions,
    *,
    start: StageName | None,
    stage_limit: float,
    force: bool = False,
) -> None:
    """Runs a job, and shows the corrections that it uses, and the names and folder of its files."""
    used = job.edits
    notes = edit_notes(job.film.read(), used, job.spec)
    if common.json:
        run_display = display.JsonEvents()
        display.emit({"event": "job", "id": job.id, "folder": str(job.folder), "edits": notes})
    else:
        if out.is_terminal:
            stages = stages_to_run(job.spec, start, used)
            run_display = display.ProgressBars(out, stages)
        else:
            run_display = display.PlainLines(out)
        out.print(f"Job {job.id}", highlight=False)
        for note in notes:
            out.print(printable(note), highlight=False, markup=False)
    pipeline = Pipeline(workspace, job, placement, run_display, silence_limit_s=60 * stage_limit)
    with run_display:
        reports = pipeline.run(start, force=force)
    folder = job.folder / PUBLISHED_FOLDER
    files = published_files(job.folder)
    if common.json:
        display.emit({"event": "done", "files": [str(path) for path in files]})
        return
    out.print(display.report_table(reports))
    if all(report.outcome == "skipped" for report in reports):
        out.print("Everything was up to date, so all stages were skipped.")
    transcript = _shortest(job.stage_folder(StageName.EXPORT_TRANSCRIPT))
    where = (
        f"The files are in {_shortest(folder)}:" if files else f"The transcript is in {transcript}"
    )
    out.print(printable(where), highlight=False, markup=False, soft_wrap=True)
    for path in files:
        out.print(f"  {printable(path.name)}", highlight=False, markup=False, soft_wrap=True)


def _shortest(path: Path) -> str:
    """Returns the path itself or the path relative to the working folder, whichever is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
