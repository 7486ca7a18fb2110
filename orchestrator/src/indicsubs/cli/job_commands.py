"""Commands about jobs: ``list``, ``status``, ``logs``, ``bundle`` and ``clean``."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from rich.markup import escape

from indicsubs.cli import display
from indicsubs.cli.console import JOB_HELP, CommonOptions, app, err, out, printable, table
from indicsubs.cli.job_texts import (
    created_text,
    languages_text,
    options_text,
    state_lines,
    state_text,
)
from indicsubs.cli.option_values import NumberIn
from indicsubs.jobs.bundle import write_bundle
from indicsubs.jobs.input_files import is_folder
from indicsubs.jobs.job_folders import find_job
from indicsubs.jobs.job_list import newest_jobs
from indicsubs.jobs.log_files import followed
from indicsubs.jobs.removal import only_here, remove
from indicsubs.jobs.run_progress import is_running, job_state
from indicsubs.run.reports import peak_memory, wall_time
from indicsubs.run.stage_selection import stages_to_run
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName

_SHOWN = 50
"""The number of jobs that `list` shows."""


@app.command(name="list", sort_key=5)
def list_jobs(
    *,
    every: Annotated[
        bool,
        Parameter(
            ["--all", "-a"],
            negative="",
            help="Show all jobs, also older ones and attempts that did nothing.",
        ),
    ] = False,
    number: Annotated[
        int | None,
        Parameter(
            ["--number", "-n"],
            converter=NumberIn(1, 100_000, whole=True),
            help=f"The most jobs to show: {_SHOWN} by default, and all with --json.",
        ),
    ] = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """List the jobs, newest first, with what tells them apart and their state."""
    common = common or CommonOptions()
    if number is None and not (every or common.json):
        number = _SHOWN
    found = newest_jobs(common.workspace(), number, attempts=every)
    if common.json:
        readable = [
            {"id": j.id, "folder": str(j.folder), "state": state, "file": j.file}
            for j, state in found.jobs
        ]
        others = [
            {"id": j.id, "folder": str(j.folder), "problem": j.problem} for j in found.damaged
        ]
        display.emit([*readable, *others])
        return ExitStatus.DONE
    if not (found.jobs or found.damaged or found.attempts):
        out.print("There are no jobs yet. Make one: just run FILM")
        return ExitStatus.DONE
    rows = table("job", "made", "film", "languages", "options", "state")
    for job, state in found.jobs:
        stages = stages_to_run(job.spec, None, job.edits)
        rows.add_row(
            job.id,
            created_text(job),
            escape(printable(Path(job.spec.source.path).name)),
            languages_text(job.spec),
            escape(printable(options_text(job.spec))),
            state_text(state, len(stages)),
        )
    for other in found.damaged:
        rows.add_row(other.id, "", "", "", "", "damaged")
    out.print(rows)
    if found.older:
        what = "1 older job is" if found.older == 1 else f"{found.older} older jobs are"
        out.print(f"{what} not shown: just indicsubs list --all", highlight=False)
    if found.attempts:
        what = "1 attempt" if found.attempts == 1 else f"{found.attempts} attempts"
        out.print(f"{what} that did nothing: just indicsubs list --all", highlight=False)
    for other in found.damaged:
        err.print(f"{other.id}: {printable(other.problem)}", highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=6)
def status(
    job: Annotated[str, Parameter(help=JOB_HELP)] = "last", *, common: CommonOptions | None = None
) -> ExitStatus:
    """Show what a job does or how it ended, and the state of each stage.

    Another process may be running the job.
    """
    common = common or CommonOptions()
    shown = find_job(common.workspace(), job)
    state = job_state(shown)
    records = {stage: shown.record(stage) for stage in stages_to_run(shown.spec, None, shown.edits)}
    if common.json:
        display.emit(
            {"id": shown.id, "folder": str(shown.folder), "state": state, "stages": records}
        )
        return ExitStatus.DONE
    out.print(f"{shown.id}: {printable(shown.spec.source.path)}", highlight=False, markup=False)
    for line in state_lines(shown, state):
        out.print(printable(line), highlight=False, markup=False, soft_wrap=True)
    rows = table("stage", "state", "environment", "wall", "peak memory")
    running = state.run.stage if state.state == "running" and state.run is not None else None
    for stage, record in records.items():
        if stage == running:
            rows.add_row(stage, "running", state.run.environment if state.run else "")
        elif record is None:
            rows.add_row(stage, "not done")
        else:
            intact = shown.is_intact(record)
            text = "done" if intact else "[yellow]its files were changed or removed[/]"
            rows.add_row(stage, text, record.environment, wall_time(record), peak_memory(record))
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
    follow: Annotated[
        bool,
        Parameter(
            ["--follow", "-f"],
            negative="",
            help="Go on printing what is added, until the run ends or Ctrl-C.",
        ),
    ] = False,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Print the log of a job, or of one of its stages."""
    common = common or CommonOptions()
    shown = find_job(common.workspace(), job)
    path = shown.stage_log(stage) if stage else shown.log
    if not path.is_file() and not (follow and is_running(shown.folder)):
        what = f"stage {stage}" if stage else "the job"
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"There is no log {path}: {what} has not run yet. Run it: just run {shown.id}",
        )
    if follow:
        for text in followed(path, lambda: is_running(shown.folder)):
            if common.json:
                display.emit({"id": shown.id, "log": str(path), "lines": text.splitlines()})
            else:
                out.print(text, end="", highlight=False, markup=False, soft_wrap=True)
        return ExitStatus.DONE
    text = path.read_text(encoding="utf-8", errors="replace")
    if common.json:
        display.emit({"id": shown.id, "log": str(path), "lines": text.splitlines()})
    else:
        out.print(text, highlight=False, markup=False)
    return ExitStatus.DONE


@app.command(sort_key=9)
def bundle(
    job: Annotated[str, Parameter(help=JOB_HELP)] = "last",
    *,
    to: Annotated[
        Path | None,
        Parameter(help="The archive. Default: indicsubs-bundle.tar.gz in the current folder."),
    ] = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Pack logs, versions and settings of a job for a bug report.

    The archive holds no media and no subtitles. The names of the film, of your folders and of you
    are replaced by placeholders, and so is all text that is not in Latin letters.
    """
    common = common or CommonOptions()
    workspace = common.workspace()
    path = (to or Path("indicsubs-bundle.tar.gz")).absolute()
    if is_folder(path):
        raise IndicsubsError(
            FailureCode.USAGE, f"--to {to} is a folder. Give the path of the archive."
        )
    shown = find_job(workspace, job)
    names = write_bundle(path, shown, workspace.root, workspace.cache)
    if common.json:
        display.emit({"id": shown.id, "bundle": str(path), "files": names})
    else:
        text = f"{path} has {', '.join(names)}. Read it before you send it: tar -xzf {path} -O"
        out.print(printable(text), highlight=False, markup=False, soft_wrap=True)
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
    workspace = common.workspace()
    removed = find_job(workspace, job)
    workspace = replace(workspace, jobs=removed.jobs)
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
