"""Keeps the progress file of a job while a run goes on, and names a stage that is silent."""

import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from indicsubs.jobs.run_progress import End, RunProgress, now, write_progress
from indicsubs.machine.processes import cpu_cores_used
from indicsubs.run.reports import RunDisplay, StageReport
from indicsubs.run.stage_speed import Speed
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

_WRITE_EVERY_S = 1.0
SILENT_S = 120.0
"""A stage that has sent no message for so many seconds is named, with what it does."""
_LOOK_EVERY_S = 10.0


class RecordedDisplay:
    """A display that passes everything on to another one, and keeps the job's progress file.

    Args:
        job: The job's folder.
        display: The display that the user sees.
    """

    def __init__(self, job: Path, display: RunDisplay) -> None:
        self._job = job
        self._display = display
        self._progress = RunProgress(process=os.getpid(), started=now())
        self._speed = Speed()
        self._written_s = 0.0
        self._heard_s = 0.0
        self._silence_named = False
        self._works = False

    @contextmanager
    def run(self) -> Generator[None]:
        """Records how the block ends, which runs the job.

        A stage that says nothing for minutes meanwhile is named to the user.
        """
        self._write(process=os.getpid(), started=now(), end=None, ended=None, code=None, reason="")
        ended = threading.Event()
        watch = threading.Thread(target=self._watch, args=(ended,), daemon=True)
        watch.start()
        try:
            yield
        except IndicsubsError as error:
            self._end("failed", error.code, error.message)
            raise
        except (KeyboardInterrupt, BrokenPipeError):  # or the reader of our output has ended
            self._end("interrupted")
            raise
        except BaseException as error:
            self._end("failed", FailureCode.BUG, f"{type(error).__name__}: {error}")
            raise
        else:
            self._end("done")
        finally:
            ended.set()
            watch.join()

    def planned(self, stages: tuple[StageName, ...]) -> None:
        """Notes the stages of the run."""
        self._write(stages=stages)

    def started(self, stage: StageName, environment: str) -> None:
        """Notes the stage that begins."""
        self._speed = Speed()
        self._heard()
        self._works = True
        self._write(
            stage=stage,
            environment=environment,
            stage_started=now(),
            message=None,
            message_time=None,
            seconds_left=None,
        )
        self._display.started(stage, environment)

    def progress(self, message: Progress) -> None:
        """Notes how far the stage is, at most once a second."""
        self._heard()
        now_s = time.monotonic()
        left = self._speed.seconds_left(message, now_s)
        self._progress = replace(
            self._progress, message=message, message_time=now(), seconds_left=left
        )
        if now_s - self._written_s >= _WRITE_EVERY_S:
            self._write()
        self._display.progress(message)

    def finished(self, report: StageReport) -> None:
        """Passes the outcome of a stage on."""
        self._works = False
        self._display.finished(report)

    def left_out(self, stage: StageName) -> None:
        """Passes on that a stage has nothing to do."""
        self._display.left_out(stage)

    def warned(self, stage: StageName, warning: str) -> None:
        """Passes a warning on."""
        self._display.warned(stage, warning)

    def _heard(self) -> None:
        self._heard_s = time.monotonic()
        self._silence_named = False

    def _write(self, **changes: Any) -> None:
        self._progress = replace(self._progress, **changes)
        self._written_s = time.monotonic()
        write_progress(self._job, self._progress)

    def _end(self, end: End, code: FailureCode | None = None, reason: str = "") -> None:
        self._works = False
        self._write(end=end, ended=now(), code=code, reason=reason, seconds_left=None)

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(_LOOK_EVERY_S):
            self.name_silence()

    def name_silence(self) -> None:
        """Warns once of each silence of the stage that works."""
        silent_s = time.monotonic() - self._heard_s
        stage = self._progress.stage
        if stage is None or not self._works or self._silence_named or silent_s < SILENT_S:
            return
        self._silence_named = True
        cores = cpu_cores_used(os.getpid())
        self.warned(stage, silence_text(silent_s, self._progress.message, cores))


def silence_text(silent_s: float, message: Progress | None, cores: float | None) -> str:
    """Returns a sentence about a stage that has sent no message for minutes.

    >>> silence_text(190, None, 0.97)
    'no message for 3 minutes since it started; its processes use 1.0 CPU cores'
    """
    after = "since it started"
    if message is not None:
        said = message.note or f"{message.done} of {message.total} {message.unit}"
        after = f'after "{said}"'
    if cores is None:
        use = "its use of the CPU cannot be seen"
    elif cores < 0.05:
        use = "its processes do not use the CPU: it may wait for a disk or hang"
    else:
        use = f"its processes use {cores:.1f} CPU cores"
    return f"no message for {silent_s // 60:.0f} minutes {after}; {use}"
