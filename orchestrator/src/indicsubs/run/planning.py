"""What a run would do, without doing it."""

import msgspec

from indicsubs.jobs.job import NO_EDITS, JobSpec, same_job
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_digest
from indicsubs.run.pipeline import stages_to_run
from indicsubs.run.requests import RequestInputs, build_request
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.stages import StageName


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of the plan."""

    stage: StageName
    environment: str
    installed: bool
    digest: str | None
    """None while it depends on a stage that has yet to run."""
    state: str


def plan_stages(
    workspace: Workspace, spec: JobSpec, placement: Placement, start: StageName | None
) -> list[Step]:
    """Each stage with its environment, its digest where it can be known, and what it would do."""
    manager = EnvironmentManager(workspace.root)
    job = same_job(workspace, spec)
    results: dict[StageName, StageResult] = {}
    edits = job.edits if job else NO_EDITS
    stages = stages_to_run(spec, start, edits)
    for stage in StageName:
        if stage is stages[0]:
            break
        record = job.record(stage) if job else None
        if record is not None:
            results[stage] = record.result
    steps: list[Step] = []
    waiting = False
    for stage in stages:
        environment = placement.environment(stage)
        digest, state = None, "would run"
        if not waiting:
            inputs = RequestInputs(
                workspace=workspace, spec=spec, placement=placement, results=results, edits=edits
            )
            try:
                request = build_request(stage, inputs)
                digest = stage_digest(stage, request, environment, workspace.root)
            except IndicsubsError as error:
                state = f"cannot run: {error.message}"
        record = job.record(stage) if job else None
        if job and record and record.digest == digest and job.intact(record):
            state = "up to date"
            results[stage] = record.result
        else:
            waiting = True
        steps.append(
            Step(
                stage=stage,
                environment=environment,
                installed=manager.is_environment_installed(environment),
                digest=digest,
                state=state,
            )
        )
    return steps
