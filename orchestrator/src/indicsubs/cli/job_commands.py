"""Commands that show jobs and delete them: ``list``, ``status``, ``logs`` and ``clean``."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from indicsubs.cli import display
from indicsubs.cli.console import JOB_HELP, CommonOptions, app, err, out, printable, table
from indicsubs.cli.options import workspace_of
from indicsubs.jobs.job_folders import all_jobs, find_job, unreadable_jobs
from indicsubs.jobs.removal import only_here, remove
from indicsubs.run.reports import peak_memory, wall_time
from indicsubs.run.stage_selection import stages_to_run
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName


@app.command(name="list", sort_key=5)
def list_jobs(*, common: CommonOptions | None = None) -> ExitStatus:
    """List the jobs, newest first."""
    common = common or CommonOptions()
    workspace = common.workspace()
    jobs, damaged = all_jobs(workspace), unreadable_jobs(workspace)
    if common.json:
        readable = [{"id": j.id, "folder": str(j.folder), "file": j.file} for j in jobs]
        others = [{"id": j.id, "folder": str(j.folder), "problem": j.problem} for j in damaged]
        display.emit([*readable, *others])
        return ExitStatus.DONE
    if not jobs and not damaged:
        out.print("There are no jobs yet. Make one: just run FILM")
        return ExitStatus.DONE
    rows = table("job", "film", "from", "to", "workflow", "stages done")
    for job in jobs:
        stages = stages_to_run(job.spec, None, job.edits)
        done = sum(job.record(stage) is not None for stage in stages)
        rows.add_row(
            job.id,
            escape(printable(Path(job.spec.source.path).name)),
            job.spec.source_language or "auto",
            ",".join(job.spec.targets) or "-",
            job.spec.workflow,
            f"{done} of {len(stages)}",
        )
    for other in damaged:
        rows.add_row(other.id, "", "", "", "", "damaged")
    out.print(rows)
    for other in damaged:
        err.print(f"{other.id}: {printable(other.problem)}", highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=6)
def status(
    job: Annotated[str, Parameter(help=JOB_HELP)] = "last", *, common: CommonOptions | None = None
) -> ExitStatus:
    """Show the state of each stage of a job."""
    common = common or CommonOptions()
    shown = find_job(common.workspace(), job)
    records = {stage: shown.record(stage) for stage in stages_to_run(shown.spec, None, shown.edits)}
    if common.json:
        display.emit({"id": shown.id, "folder": str(shown.folder), "stages": records})
        return ExitStatus.DONE
    out.print(f"{shown.id}: {printable(shown.spec.source.path)}", highlight=False, markup=False)
    rows = table("stage", "state", "environment", "wall", "peak memory")
    for stage, record in records.items():
        if record is None:
            rows.add_row(stage, "not done")
            continue
        intact = shown.is_intact(record)
        state = "done" if intact else "[yellow]its files were changed or removed[/]"
        rows.add_row(stage, state, record.environment, wall_time(record), peak_memory(record))
    out.print(rows)
    return ExitStatus.DONE


@app.command(sort_key=7)
def logs(
    job: Annotated[str, Parameter(help=JOB_HELP)] = "last",
    stage: Annotated[
        StageName | None,
        Parameter(
            name_transform=str.lower, help="Print this stage's log. Default: the job's own log."
        ),
    ] = None,
    *,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Print the log of a job, or of one of its stages."""
    common = common or CommonOptions()
    shown = find_job(common.workspace(), job)
    path = shown.stage_log(stage) if stage else shown.log
    if not path.is_file():
        what = f"stage {stage}" if stage else "the job"
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"There is no log {path}: {what} has not run yet. Run it: just run {shown.id}",
        )
    text = path.read_text(encoding="utf-8", errors="replace")
    if common.json:
        display.emit({"id": shown.id, "log": str(path), "lines": text.splitlines()})
    else:
        out.print(text, highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=10)
def clean(
    job: Annotated[str, Parameter(help=JOB_HELP)],
    *,
    yes: Annotated[
        bool,
        Parameter(
            negative="",
            help="Delete also corrections that were not imported, and what other jobs would use.",
        ),
    ] = False,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Delete a job with all its files. Corrections that were imported stay with the film."""
    common = common or CommonOptions()
    workspace = workspace_of(common.workspace(), job)
    removed = find_job(workspace, job)
    lost = only_here(workspace, removed)
    if lost and not yes:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Job {removed.id} is not deleted, because {'; '.join(lost)}. To import corrections:"
            f" just indicsubs import FILE --job {removed.id}. To delete the job all the same: just"
            f" indicsubs clean {removed.id} --yes",
        )
    kept = remove(workspace, removed)
    if common.json:
        display.emit({"deleted": removed.id, "folder": str(removed.folder)})
        return ExitStatus.DONE
    out.print(f"Deleted job {removed.id}.", highlight=False)
    if kept is not None:
        where = f"The film's corrections stay in {kept}."
        out.print(where, highlight=False, markup=False, soft_wrap=True)
    return ExitStatus.DONE
