"""Selects the stages of a job to run, and reads the results of the stages before them."""

from indicsubs.jobs.job import Job
from indicsubs.jobs.profile_choices import witness_scope
from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.stages import WORKFLOWS, StageName


def stages_to_run(
    spec: JobSpec, start: StageName | None, edits: Edits = NO_EDITS
) -> tuple[StageName, ...]:
    """Returns the stages of the job's workflow, from ``start`` on.

    None starts at the beginning of the workflow. A job with a transcript from the user begins with
    the stage that loads it. A job whose transcript a person has corrected needs no recognition, but
    what demux says about the film. Stage witness is left out where neither the user nor the profile
    wants it.

    Raises:
        IndicsubsError: ``USAGE`` where the workflow has no such stage, or would only make the
            transcript that the user gave.
    """
    stages = tuple(
        stage
        for stage in WORKFLOWS[spec.workflow]
        if stage is not StageName.WITNESS or witness_scope(spec) is not None
    )
    if start is None and not (spec.transcript is None and edits.transcript is None):
        start = StageName.LOAD_TRANSCRIPT
        if start not in stages:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"Workflow {spec.workflow} makes a transcript, and this job has one already. Give"
                " another workflow, as in -w translate.",
            )
        if spec.transcript is None:
            return (StageName.DEMUX, *stages[stages.index(start) :])
    if start is None:
        return stages
    if start not in stages:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--from {start}: workflow {spec.workflow} has no such stage; its stages are"
            f" {', '.join(stages)}.",
        )
    return stages[stages.index(start) :]


def results_before(job: Job, stage: StageName) -> dict[StageName, StageResult]:
    """Returns the results of the stages before ``stage`` whose files are unchanged."""
    every = tuple(StageName)
    records = {earlier: job.record(earlier) for earlier in every[: every.index(stage)]}
    return {
        earlier: record.result
        for earlier, record in records.items()
        if record is not None and job.is_intact(record)
    }
