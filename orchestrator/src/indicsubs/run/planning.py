"""Plans a run: finds what each stage would do, without running it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from indicsubs.jobs.film_edits import edits_for
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import recent_jobs, same_job
from indicsubs.jobs.results import result_of_other_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_models
from indicsubs.run.digests import stage_digest, stage_program
from indicsubs.run.estimates import Rates
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_selection import results_before, stages_to_run
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.stages import StageName

_WOULD_RUN = "would run"
_UP_TO_DATE = "up to date"


class PlannedStage(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of a run for one stage."""

    stage: StageName
    environment: str
    installed: bool
    digest: str | None
    """The digest of the stage; None where it depends on a stage that would run first."""
    state: str
    """``up to date``, ``reused`` with the job that has the result, ``would run``, or ``cannot run``
    with the reason."""
    wall_ms: int | None
    """How long the stage will take, by what earlier jobs took; None where that is not known."""
    bytes: int | None
    """How much it will write; None where that is not known."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do, how long it would take, and what it lacks."""

    stages: tuple[PlannedStage, ...]
    film_ms: int | None
    """The length of the film; None where no job has opened it yet."""
    wall_ms: int | None
    """How long the run will take; None where that is not known of every stage."""
    bytes: int | None
    """How much it will write; None where that is not known of every stage."""
    free_bytes: int | None
    """The free disk space in the folder of the jobs; None where that cannot be seen."""
    missing: str | None
    """The models that are missing or incomplete, with the command that fetches them."""


def plan_run(
    workspace: Workspace, spec: JobSpec, placement: Placement, start: StageName | None
) -> Plan:
    """Returns what a run would do.

    Raises:
        IndicsubsError: ``USAGE`` where the workflow has no stage ``start``.
    """
    rates = Rates(recent_jobs(workspace))
    job = same_job(workspace, spec)
    results: dict[StageName, StageResult] = {}
    stages = _stages(workspace, spec, placement, start, job, results, rates)
    film_ms = _film_ms(results, rates, spec)
    to_run = [stage for stage in stages if _works(stage)]
    return Plan(
        stages=tuple(stages),
        film_ms=film_ms,
        wall_ms=_total([stage.wall_ms for stage in to_run]),
        bytes=_total([stage.bytes for stage in to_run]),
        free_bytes=_free_bytes(workspace.jobs),
        missing=_missing(workspace, spec, placement, [stage.stage for stage in to_run], results),
    )


def _stages(
    workspace: Workspace,
    spec: JobSpec,
    placement: Placement,
    start: StageName | None,
    job: Job | None,
    results: dict[StageName, StageResult],
    rates: Rates,
) -> list[PlannedStage]:
    """Returns the planned stages, and adds the results that the run would begin with."""
    manager = EnvironmentManager(workspace.root)
    edits = edits_for(workspace.jobs, spec)
    stages = stages_to_run(spec, start, edits)
    results |= results_before(job, stages[0]) if job else {}
    planned: list[PlannedStage] = []
    depends_on_a_run = False
    for stage in stages:
        run_state = RunState(
            workspace=workspace, spec=spec, placement=placement, results=results, edits=edits
        )
        if not run_state.runs(stage):
            continue
        digest, state = None, _WOULD_RUN
        environment = run_state.environment(stage)
        if not depends_on_a_run:
            try:
                request = build_request(stage, run_state)
                digest = stage_digest(request, stage_program(stage, environment, workspace.root))
            except IndicsubsError as error:
                state = f"cannot run: {error.message}"
        record = job.record(stage) if job else None
        other = None if digest is None else result_of_other_job(workspace.jobs, stage, digest)
        if job and record and record.digest == digest and job.is_intact(record):
            state = _UP_TO_DATE
            results[stage] = record.result
        elif other is not None:
            state = f"reused from job {other[0]}"
            results[stage] = other[1].result
        else:
            depends_on_a_run = True
        film_ms = _film_ms(results, rates, spec)
        planned.append(
            PlannedStage(
                stage=stage,
                environment=environment,
                installed=manager.is_environment_installed(environment),
                digest=digest,
                state=state,
                wall_ms=rates.wall_ms(stage, environment, spec, film_ms),
                bytes=_size(spec)
                if stage is StageName.MUX
                else rates.written_bytes(stage, environment, spec, film_ms),
            )
        )
    return planned


def _works(stage: PlannedStage) -> bool:
    return stage.state == _WOULD_RUN or stage.state.startswith("cannot run")


def _total(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _film_ms(results: Mapping[StageName, StageResult], rates: Rates, spec: JobSpec) -> int | None:
    demuxed = results.get(StageName.DEMUX)
    if isinstance(demuxed, DemuxResult):
        return demuxed.media.duration_ms
    return rates.film_ms(spec)


def _size(spec: JobSpec) -> int | None:
    """Returns the size of the film, which the film with its tracks will have too."""
    try:
        return Path(spec.source.path).stat().st_size
    except OSError:
        return None


def _free_bytes(folder: Path) -> int | None:
    """Returns the free disk space of a folder, which may not exist yet."""
    for place in (folder, *folder.parents):
        try:
            return shutil.disk_usage(place).free
        except OSError:
            continue
    return None


def _missing(
    workspace: Workspace,
    spec: JobSpec,
    placement: Placement,
    stages: list[StageName],
    results: Mapping[StageName, StageResult],
) -> str | None:
    """Returns the message about the models that the stages lack; None where they lack none."""
    state = RunState(workspace=workspace, spec=spec, placement=placement, results=results)
    try:
        check_models(tuple(stages), state)
    except IndicsubsError as error:
        return error.message
    return None
