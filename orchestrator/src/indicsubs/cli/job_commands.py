"""Commands about jobs: make them, run them, look at them."""

import os
import subprocess
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indicsubs.cli import display
from indicsubs.cli.console import Common, app, err, out, placement_for, table
from indicsubs.cli.options import JobOptions, is_film, make_spec
from indicsubs.jobs import edits
from indicsubs.jobs.job import (
    NO_EDITS,
    Edits,
    Job,
    JobSpec,
    all_jobs,
    create_job,
    find_job,
    remove_job,
    same_job,
)
from indicsubs.jobs.publishing import FOLDER
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.pipeline import Pipeline, replay_line, stages_to_run
from indicsubs.run.planning import plan_stages
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language


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
    options: JobOptions | None = None,
    common: Common | None = None,
) -> ExitStatus:
    """Make subtitles for a film.

    The same film with the same options goes on where it stopped; what is up to date is skipped.
    """
    common = common or Common()
    workspace = common.workspace()
    spec = make_spec(workspace, film, options or JobOptions())
    job = same_job(workspace, spec)
    origin = job or (None if is_film(film) else find_job(workspace, film))
    kept = NO_EDITS if origin is None else edits.carried(origin, spec)
    placement = placement_for(workspace, spec)
    _require_environments(workspace, spec, placement, kept, start)
    if job is None:
        job = create_job(workspace, spec)
        if origin is not None:
            edits.copy(kept, origin, job)
    _run(workspace, job, placement, common, start=start, force=force, stage_limit=stage_limit)
    return ExitStatus.DONE


@app.command(name="import", sort_key=2)
def import_edits(
    *files: Annotated[
        Path,
        Parameter(
            help="Subtitles (SRT, VTT, ASS) or a transcript (JSON, SRT, VTT, ASS, TTML) that you"
            " corrected. Default: what you edited in the job's folder `subtitles`."
        ),
    ],
    job: Annotated[
        str, Parameter(["--job", "-j"], help="Its id, the start of it, or `last`.")
    ] = "last",
    language: Annotated[
        str | None,
        Parameter(
            ["--language", "-l"], help="Of the files. Default: as their names say, film.ta.srt."
        ),
    ] = None,
    transcript: Annotated[
        bool,
        Parameter(
            negative="",
            help="The files are what is said in the film, to be translated and laid out; JSON and"
            " files named transcript.srt always are.",
        ),
    ] = False,
    drop: Annotated[
        bool,
        Parameter(negative="", help="Take imported files back: those of -l, or all."),
    ] = False,
    stage_limit: Annotated[
        float, Parameter(help="Minutes that a stage may be silent before it is stopped.")
    ] = 30.0,
    common: Common | None = None,
) -> ExitStatus:
    """Take a corrected file into a job, and go on from there.

    Its cues become the job's as they are: checked, never rewritten. Later runs keep them.
    """
    common = common or Common()
    workspace = common.workspace()
    found = find_job(workspace, job)
    tag = find_language(language).tag if language else None
    if drop and files:
        raise IndicsubsError(
            FailureCode.USAGE, f"--drop takes no file ({files[0]}); -l says which."
        )
    if found.spec.workflow == "transcribe":
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Job {found.id} makes no subtitles. Make some first: indicsubs run {found.id} -w"
            " subtitle -t en",
        )
    if drop:
        after = edits.drop(found, tag)
    else:
        corrected = files or edits.found_edited(found)
        after = edits.take(found, corrected, tag, "transcript" if transcript else None)
    start = edits.first_stage(found, after)
    placement = placement_for(workspace, found.spec)
    _require_environments(workspace, found.spec, placement, after, start)
    _run(workspace, found, placement, common, start=start, stage_limit=stage_limit, after=after)
    return ExitStatus.DONE


def _require_environments(
    workspace: Workspace, spec: JobSpec, placement: Placement, kept: Edits, start: StageName | None
) -> None:
    """Refuse before anything is changed, where an environment that a run needs is not there."""
    stages = stages_to_run(spec, start, kept)
    EnvironmentManager(workspace.root).require(placement.environments(stages))


def _run(
    workspace: Workspace,
    job: Job,
    placement: Placement,
    common: Common,
    *,
    start: StageName | None,
    stage_limit: float,
    force: bool = False,
    after: Edits | None = None,
) -> None:
    """Run a job, ``after`` new edits where there are some, and say what was made, and where."""
    if common.json:
        listener = display.JsonLines()
        display.emit({"event": "job", "id": job.id, "folder": str(job.folder)})
    elif out.is_terminal:
        listener = display.Bars(out, stages_to_run(job.spec, start, after or job.edits))
    else:
        listener = display.Lines(out)
    if not common.json:
        out.print(f"Job {job.id}", highlight=False)
    pipeline = Pipeline(workspace, job, placement, listener, silence_limit_s=60 * stage_limit)
    with listener:
        reports = pipeline.run(start, force=force, edits=after)
    folder = job.folder / FOLDER
    made = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    if common.json:
        display.emit({"event": "done", "files": [str(path) for path in made]})
        return
    out.print(display.report_table(reports))
    if all(report.outcome == "skipped" for report in reports):
        out.print("Everything was up to date: all stages skipped.")
    place = f"Made in {_shown(folder)}:" if made else f"The transcript is in {_exported(job)}"
    out.print(place, highlight=False, soft_wrap=True)
    for path in made:
        out.print(f"  {path.name}", highlight=False, markup=False)


@app.command(sort_key=3)
def plan(
    film: str,
    *,
    start: Annotated[StageName | None, Parameter("--from", name_transform=str.lower)] = None,
    options: JobOptions | None = None,
    common: Common | None = None,
) -> ExitStatus:
    """Show the stages, environments and digests of a run, without running."""
    common = common or Common()
    workspace = common.workspace()
    spec = make_spec(workspace, film, options or JobOptions())
    planned = plan_stages(workspace, spec, placement_for(workspace, spec), start)
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


@app.command(sort_key=4)
def prepare(
    film: str, *, options: JobOptions | None = None, common: Common | None = None
) -> ExitStatus:
    """Make a job without running it; prints its id for `run`."""
    common = common or Common()
    workspace = common.workspace()
    spec = make_spec(workspace, film, options or JobOptions())
    job = same_job(workspace, spec) or create_job(workspace, spec)
    if common.json:
        display.emit({"id": job.id, "folder": str(job.folder)})
    else:
        out.print(job.id, highlight=False)
    return ExitStatus.DONE


@app.command(name="list", sort_key=5)
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
        stages = stages_to_run(job.spec, None, job.edits)
        done = sum(job.record(stage) is not None for stage in stages)
        rows.add_row(
            job.id,
            Path(job.spec.source.path).name,
            job.spec.source_language or "auto",
            ",".join(job.spec.targets) or "-",
            job.spec.workflow,
            f"{done} of {len(stages)}",
        )
    out.print(rows)
    return ExitStatus.DONE


@app.command(sort_key=6)
def status(job: str = "last", *, common: Common | None = None) -> ExitStatus:
    """Show what each stage of a job has done."""
    common = common or Common()
    found = find_job(common.workspace(), job)
    records = {stage: found.record(stage) for stage in stages_to_run(found.spec, None, found.edits)}
    if common.json:
        display.emit({"id": found.id, "folder": str(found.folder), "stages": records})
        return ExitStatus.DONE
    out.print(f"{found.id}: {found.spec.source.path}", highlight=False)
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


@app.command(sort_key=7)
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
        raise IndicsubsError(FailureCode.NO_INPUT, f"{path} is not there: it has not run yet.")
    out.print(path.read_text(encoding="utf-8", errors="replace"), highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=8)
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
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"Stage {name} of job {found.id} has no saved request: run the job first.",
        )
    manager = EnvironmentManager(workspace.root)
    environment = placement_for(workspace, found.spec).environment(name)
    manager.require([environment])
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


@app.command(sort_key=10)
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
