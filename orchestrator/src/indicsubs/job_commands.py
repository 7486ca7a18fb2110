"""Commands about jobs: make them, run them, look at them."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indicsubs import display
from indicsubs.console import Common, app, choice_for, err, out, table
from indicsubs.environments import EnvironmentManager
from indicsubs.jobs import Job, all_jobs, create_job, find_job, remove_job, same_job
from indicsubs.options import AskOptions, make_ask
from indicsubs.pipeline import Pipeline, replay_line, stages_to_run
from indicsubs.planning import plan_stages
from indicsubs.publishing import FOLDER
from indicsubs.workspace import CommandError
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import StageName


@app.command(sort_key=1)
def run(
    film: Annotated[str, Parameter(help="A film, or a job: its id, the start of it, or `last`.")],
    *,
    start: Annotated[
        StageName | None,
        Parameter(
            "--from",
            name_transform=str.lower,
            help="Begin here, with the earlier results as they are.",
        ),
    ] = None,
    force: Annotated[
        bool, Parameter(negative="", help="Run even the stages that are up to date.")
    ] = False,
    stage_limit: Annotated[
        float, Parameter(help="Minutes that a stage may be silent before it is stopped.")
    ] = 30.0,
    options: AskOptions | None = None,
    common: Common | None = None,
) -> ExitStatus:
    """Make subtitles for a film.

    The same film with the same options goes on where it stopped; what is up to date is skipped.
    """
    common = common or Common()
    workspace = common.workspace()
    ask = make_ask(workspace, film, options or AskOptions())
    choice = choice_for(workspace, ask)
    # Refused before a job is made: the environments that it would need.
    manager = EnvironmentManager(workspace.root, choice.backend)
    job = same_job(workspace, ask)
    stages = stages_to_run(ask, start)
    manager.require({manager.get_environment_for_stage(stage) for stage in stages})
    job = job or create_job(workspace, ask)
    if common.json:
        listener = display.JsonLines()
        display.emit({"event": "job", "id": job.id, "folder": str(job.folder)})
    elif out.is_terminal:
        listener = display.Bars(out, stages)
    else:
        listener = display.Lines(out)
    if not common.json:
        out.print(f"Job {job.id}", highlight=False)
    pipeline = Pipeline(workspace, job, choice, listener, silence_limit_s=60 * stage_limit)
    with listener:
        reports = pipeline.run(start, force=force)
    folder = job.folder / FOLDER
    made = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if common.json:
        display.emit({"event": "done", "files": [str(path) for path in made]})
        return ExitStatus.DONE
    out.print(display.report_table(reports))
    if all(report.outcome == "skipped" for report in reports):
        out.print("Everything was up to date: all stages skipped.")
    place = f"Made in {_shown(folder)}:" if made else f"The transcript is in {_exported(job)}"
    out.print(place, highlight=False, soft_wrap=True)
    for path in made:
        out.print(f"  {path.name}", highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=2)
def plan(
    film: str,
    *,
    start: Annotated[StageName | None, Parameter("--from", name_transform=str.lower)] = None,
    options: AskOptions | None = None,
    common: Common | None = None,
) -> ExitStatus:
    """Show the stages, environments and digests of a run, without running."""
    common = common or Common()
    workspace = common.workspace()
    ask = make_ask(workspace, film, options or AskOptions())
    planned = plan_stages(workspace, ask, choice_for(workspace, ask), start)
    if common.json:
        display.emit(planned)
        return ExitStatus.DONE
    rows = table("stage", "environment", "installed", "digest", "state")
    for step in planned:
        digest = step.digest[:12] if step.digest else "-"
        rows.add_row(
            step.stage, step.environment, "yes" if step.installed else "no", digest, step.state
        )
    out.print(rows)
    return ExitStatus.DONE


@app.command(sort_key=3)
def prepare(
    film: str, *, options: AskOptions | None = None, common: Common | None = None
) -> ExitStatus:
    """Make a job without running it; prints its id for `run`."""
    common = common or Common()
    workspace = common.workspace()
    ask = make_ask(workspace, film, options or AskOptions())
    job = same_job(workspace, ask) or create_job(workspace, ask)
    if common.json:
        display.emit({"id": job.id, "folder": str(job.folder)})
    else:
        out.print(job.id, highlight=False)
    return ExitStatus.DONE


@app.command(name="list", sort_key=4)
def list_jobs(*, common: Common | None = None) -> ExitStatus:
    """List the jobs, newest first."""
    common = common or Common()
    jobs = all_jobs(common.workspace())
    if common.json:
        display.emit([{"id": j.id, "folder": str(j.folder), "file": j.file} for j in jobs])
        return ExitStatus.DONE
    if not jobs:
        out.print("There are no jobs yet. Make one: just run FILM")
        return ExitStatus.DONE
    rows = table("job", "film", "from", "to", "workflow", "stages done")
    for job in jobs:
        stages = stages_to_run(job.ask, None)
        done = sum(job.record(stage) is not None for stage in stages)
        rows.add_row(
            job.id,
            Path(job.ask.source.path).name,
            job.ask.source_language or "auto",
            ",".join(job.ask.targets) or "-",
            job.ask.workflow,
            f"{done} of {len(stages)}",
        )
    out.print(rows)
    return ExitStatus.DONE


@app.command(sort_key=5)
def status(job: str = "last", *, common: Common | None = None) -> ExitStatus:
    """Show what each stage of a job has done."""
    common = common or Common()
    found = find_job(common.workspace(), job)
    records = {stage: found.record(stage) for stage in stages_to_run(found.ask, None)}
    if common.json:
        display.emit({"id": found.id, "folder": str(found.folder), "stages": records})
        return ExitStatus.DONE
    out.print(f"{found.id}: {found.ask.source.path}", highlight=False)
    rows = table("stage", "state", "environment", "wall", "peak memory")
    for stage, record in records.items():
        if record is None:
            rows.add_row(stage, "not done")
            continue
        state = "done" if found.intact(record) else "[yellow]its files were changed or removed[/]"
        wall, peak = f"{record.wall_ms / 1000:.1f} s", f"{record.peak_memory_bytes / 2**20:.0f} MiB"
        rows.add_row(stage, state, record.environment, wall, peak)
    out.print(rows)
    return ExitStatus.DONE


@app.command(sort_key=6)
def logs(
    job: str = "last",
    stage: Annotated[StageName | None, Parameter(name_transform=str.lower)] = None,
    *,
    common: Common | None = None,
) -> ExitStatus:
    """Print the log of a job, or of one of its stages."""
    found = find_job((common or Common()).workspace(), job)
    path = found.stage_log(stage) if stage else found.log
    if not path.is_file():
        raise CommandError(f"{path} is not there: it has not run yet.", ExitStatus.NO_INPUT)
    out.print(path.read_text(encoding="utf-8", errors="replace"), highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=7)
def stage(
    name: Annotated[StageName, Parameter(name_transform=str.lower)],
    job: str = "last",
    *,
    common: Common | None = None,
) -> int:
    """Run one stage again alone, with the request that the job saved.

    It writes to the job's `replay` folder and prints its raw answers; the job stays as it is.
    """
    common = common or Common()
    workspace = common.workspace()
    found = find_job(workspace, job)
    request = found.stage_folder(name) / "request.json"
    if not request.is_file():
        raise CommandError(
            f"Stage {name} of job {found.id} has no saved request: run the job first.",
            ExitStatus.NO_INPUT,
        )
    manager = EnvironmentManager(workspace.root, choice_for(workspace, found.ask).backend)
    environment = manager.get_environment_for_stage(name)
    manager.require({environment})
    command = manager.stage_command(environment)
    err.print(
        replay_line(command, workspace, request, environment),
        highlight=False,
        markup=False,
        soft_wrap=True,
    )
    with request.open("rb") as stdin:
        done = subprocess.run(
            command,
            cwd=workspace.root,
            env=manager.process_environment(environment),
            stdin=stdin,
            check=False,
        )
    return done.returncode


@app.command(sort_key=9)
def clean(job: str, *, common: Common | None = None) -> ExitStatus:
    """Delete a job with everything it made."""
    found = find_job((common or Common()).workspace(), job)
    remove_job(found)
    out.print(f"Deleted job {found.id}.", highlight=False)
    return ExitStatus.DONE


def _exported(job: Job) -> str:
    return _shown(job.stage_folder(StageName.EXPORT_TRANSCRIPT))


def _shown(path: Path) -> str:
    """The path as it is shortest to type from here."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)
