"""Runs the fake stages in the process of the test, where hundreds of runs take seconds."""

from pathlib import Path

import fake_stages
import pytest

from indicsubs.run import stage_processes
from indicsubs_contract.context import Context
from indicsubs_contract.errors import os_failure
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_processes.runner import OnProgress, StageFailure
from indicsubs_processes.stage_process import StageLaunch


def without_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets the pipeline call the stages as functions, from now to the end of the test."""
    monkeypatch.setattr(stage_processes, "run_stage", _run_stage)


def _run_stage(
    launch: StageLaunch, manifest: Manifest, on_progress: OnProgress, **_: object
) -> Result:
    context = Context(
        launch.stage, Path(manifest.job), manifest.output, on_progress, manifest.cache
    )
    try:
        context.folder.mkdir(parents=True, exist_ok=True)
        result = fake_stages.run(manifest.request, context)
    except OSError as error:  # as the harness does
        failure = os_failure(error, "The log has more.")
        raise StageFailure(launch.stage, failure.code, failure.message) from error
    return Result(result=result, peak_memory_bytes=0)
