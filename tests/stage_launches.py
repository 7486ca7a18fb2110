"""How tests start the fake stages in processes of their own."""

import os
import sys
import time
from pathlib import Path

import fake_stages

from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName
from indicsubs_processes.stage_process import StageLaunch


def launch(job: Path, script: str = fake_stages.__file__, limit: float = 30) -> StageLaunch:
    """Starts stage asr of the fake stages, or of another script, with its log in the job."""
    return StageLaunch(
        stage=StageName.ASR,
        environment="whisperx",
        command=[sys.executable, script],
        variables=dict(os.environ),
        folder=job,
        log=job / "logs" / "asr.log",
        temporary=job / "temporary",
        silence_limit_s=limit,
    )


def ignore(message: Progress) -> None:
    """Takes a progress message."""


def preparing(job: Path, count: int = 1) -> list[int]:
    """The processes that were asked to prepare; waits until ``count`` of them were."""
    log, deadline = job / "logs" / "asr.log", time.monotonic() + 20
    while True:
        lines = [line for line in log.read_text().splitlines() if "prepares asr" in line]
        if len(lines) >= count:
            return [int(line.split()[0]) for line in lines]
        assert time.monotonic() < deadline
        time.sleep(0.02)
