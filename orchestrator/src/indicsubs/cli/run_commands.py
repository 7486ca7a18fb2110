"""Commands that make and run jobs: ``run``, ``plan``, ``prepare`` and ``stage``."""

from collections.abc import Sequence
from contextlib import closing
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
from indicsubs.cli.film_runner import film_runner
from indicsubs.cli.job_runs import make_job, require_all, run_job, show_files, warn_of_jobs
from indicsubs.cli.job_specs import is_film, make_spec, workspace_of
from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.library_runs import (
    check_machine,
    open_ledger,
    show_copies,
    wanted_films,
    work_through,
)
from indicsubs.cli.option_values import StageLimit
from indicsubs.cli.options import JobOptions
from indicsubs.cli.plan_texts import plan_lines, wall_text
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.jobs.film_edits import edits_for
from indicsubs.jobs.job_folders import find_job, find_or_create_job, same_job
from indicsubs.library.beside import require_writable
from indicsubs.library.films import is_many
from indicsubs.library.wishes import add_films
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.run.pipeline import replay_command
from indicsubs.run.planning import plan_run
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_selection import results_before
from indicsubs_contract.errors import EXIT_STATUS, ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_processes.stage_process import run_attached


@app.command(sort_key=1)
def run(
    *films: Annotated[
        str,
        Parameter(
            help="Films, folders of films and patterns (season/*.mkv); or one job: its id, the"
            " start of its id, its folder, or `last`."
        ),
    ],
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
    stage_limit: StageLimit = 30.0,
    options: JobOptions | None = None,
    library: LibraryOptions | None = None,
    runner: RunnerOptions | None = None,
    common: CommonOptions | None = None,
) -> int:
    """Make subtitles for films.

    The same film with the same options continues where it stopped; stages that are up to date are
    skipped. The film's corrections are used, whichever job they were made in. Of several films,
    one that fails does not stop the others, and the exit status is the number of those that failed.
    """
    common = common or CommonOptions()
    options = options or JobOptions()
    library = library or LibraryOptions()
    runner = runner or RunnerOptions()
    runner.check()
    is_one = options.transcript is None and start is None and not force
    if (
        len(films) != 1
        or not films[0]
        or is_many(films[0])
        or library.list is not None
        or runner.on is not None
        # A film that has the subtitles already is skipped, as in a folder.
        or (is_one and library.copies and is_film(films[0]))
    ):
        if start is not None or force:
            raise IndicsubsError(
                FailureCode.USAGE,
                "--from and --force belong to one film on this machine. To do films again that have"
                " subtitles: --redo.",
            )
        options = library.given_to(options)
        return _run_many(films, options, library, runner, stage_limit, common)
    (film,) = films
    workspace = workspace_of(common.workspace(), film)
    spec = make_spec(workspace, film, library.given_to(options) if is_film(film) else options)
    wish = library.wish(spec, None, formats_given=options.formats is not None)
    folder = wish.folder_for(Path(spec.source.path))
    if folder is not None:
        require_writable(folder)
    job = same_job(workspace, spec)
    placement = placement_for(workspace, spec)
    require_all(workspace, spec, placement, edits_for(workspace.jobs, spec), start, job)
    if job is None:
        job = make_job(workspace, spec, lambda warning: warn_of_jobs(warning, common))
    reports = run_job(
        workspace, job, placement, common, start=start, force=force, stage_limit=stage_limit
    )
    show_files(job, reports, common)
    if folder is not None:
        with closing(open_ledger(workspace)) as ledger:
            show_copies(job, wish, ledger, common)
    return ExitStatus.DONE


def _run_many(
    films: Sequence[str],
    options: JobOptions,
    library: LibraryOptions,
    runner: RunnerOptions,
    stage_limit: float,
    common: CommonOptions,
) -> int:
    workspace = common.workspace()
    wanted = wanted_films(films, options, library)
    with (
        film_runner(workspace, runner) as machine,
        closing(open_ledger(workspace)) as ledger,
    ):
        check_machine(workspace, options, machine)
        ids = add_films(
            ledger,
            workspace.jobs,
            wanted,
            priority=library.priority,
            again=library.redo or library.overwrite,
        )
        failed = work_through(workspace, ledger, common, machine, stage_limit, ids)
        if failed and len(films) == len(ids) == 1 and not is_many(films[0]):
            (film,) = ledger.films(ids)
            return EXIT_STATUS[FailureCode(film.code or FailureCode.BUG)]
        return failed


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
