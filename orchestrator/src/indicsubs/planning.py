"""What a run would do, without doing it."""

import msgspec

from indicsubs.digests import stage_digest
from indicsubs.environments import EnvironmentManager
from indicsubs.hardware import Choice
from indicsubs.jobs import NO_EDITS, Ask, same_job
from indicsubs.pipeline import stages_to_run
from indicsubs.requests import Situation, build_request
from indicsubs.workspace import CommandError, Workspace
from indicsubs_contract.messages import StageResult
from indicsubs_contract.stages import EnvironmentName, StageName


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A stage of the plan."""

    stage: StageName
    environment: EnvironmentName
    installed: bool
    digest: str | None
    """None while it depends on a stage that has yet to run."""
    state: str


def plan_stages(
    workspace: Workspace, ask: Ask, choice: Choice, start: StageName | None
) -> list[Step]:
    """Each stage with its environment, its digest where it can be known, and what it would do."""
    manager = EnvironmentManager(workspace.root, choice.backend)
    job = same_job(workspace, ask)
    results: dict[StageName, StageResult] = {}
    edits = job.edits if job else NO_EDITS
    stages = stages_to_run(ask, start, edits)
    for stage in StageName:
        if stage is stages[0]:
            break
        record = job.record(stage) if job else None
        if record is not None:
            results[stage] = record.result
    steps: list[Step] = []
    waiting = False
    for stage in stages:
        environment = manager.get_environment_for_stage(stage)
        digest, state = None, "would run"
        if not waiting:
            situation = Situation(
                workspace=workspace, ask=ask, choice=choice, results=results, edits=edits
            )
            try:
                request = build_request(stage, situation)
                digest = stage_digest(request, environment, workspace.root)
            except CommandError as error:
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
