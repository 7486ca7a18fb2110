"""Plans a run: finds what each stage would do, without running it."""

import msgspec

from indicsubs.jobs.film_edits import edits_for
from indicsubs.jobs.job_folders import same_job
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_digest
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_selection import results_before, stages_to_run
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.stages import StageName


class PlannedStage(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of a run for one stage."""

    stage: StageName
    environment: str
    installed: bool
    digest: str | None
    """The digest of the stage; None where it depends on a stage that would run first."""
    state: str
    """``up to date``, ``would run``, or ``cannot run`` with the reason."""


def plan_stages(
    workspace: Workspace, spec: JobSpec, placement: Placement, start: StageName | None
) -> list[PlannedStage]:
    """Returns each stage of a run with its environment, its digest and what the run would do.

    Raises:
        IndicsubsError: ``USAGE`` where the workflow has no stage ``start``.
    """
    manager = EnvironmentManager(workspace.root)
    job = same_job(workspace, spec)
    edits = edits_for(workspace.jobs, spec)
    stages = stages_to_run(spec, start, edits)
    results = results_before(job, stages[0]) if job else {}
    planned: list[PlannedStage] = []
    depends_on_a_run = False
    for stage in stages:
        run_state = RunState(
            workspace=workspace, spec=spec, placement=placement, results=results, edits=edits
        )
        if not run_state.runs(stage):
            continue
        digest, state = None, "would run"
        environment = run_state.environment(stage)
        if not depends_on_a_run:
            try:
                request = build_request(stage, run_state)
                digest = stage_digest(stage, request, environment, workspace.root)
            except IndicsubsError as error:
                state = f"cannot run: {error.message}"
        record = job.record(stage) if job else None
        if job and record and record.digest == digest and job.is_intact(record):
            state = "up to date"
            results[stage] = record.result
        else:
            depends_on_a_run = True
        planned.append(
            PlannedStage(
                stage=stage,
                environment=environment,
                installed=manager.is_environment_installed(environment),
                digest=digest,
                state=state,
            )
        )
    return planned
