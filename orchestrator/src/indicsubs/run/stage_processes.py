"""Runs the requests of one film: each in a process that is started for it and ends with it."""

from collections.abc import Callable
from typing import Protocol

from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import OnProgress, run_stage
from indicsubs_processes.stage_process import StageLaunch, StageProcess, signals_delayed


class StageProcesses(Protocol):
    """Runs the requests of one film."""

    def run(
        self,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        """Runs a stage and returns its result.

        Args:
            launch: How the stage is started.
            manifest: The request.
            on_progress: Called with every progress message.
            meanwhile: Called as soon as the stage has its request.

        Raises:
            StageFailure: As :func:`~indicsubs_processes.runner.run_stage`.
        """
        ...

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Lets a stage start and load its engine while another stage works.

        Raises:
            OSError: The process cannot be started.
        """
        ...

    def discard(self, stage: StageName) -> None:
        """Ends the process that was prepared for a stage, which was skipped."""
        ...

    def close(self) -> None:
        """Ends what was prepared for the film, which is done."""
        ...


class ProcessForEachRequest:
    """Starts a process for each request; at most one is prepared while another stage works."""

    def __init__(self) -> None:
        self._standby = StandbyProcess()

    def run(
        self,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        """Runs a stage in the process that was prepared for it, or in a new one."""
        standby = self._standby.take(launch.stage)
        return run_stage(launch, manifest, on_progress, standby=standby, meanwhile=meanwhile)

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Starts a stage, unless its process is running already, and sends it a preparation."""
        self._standby.prepare(launch, preparation)

    def discard(self, stage: StageName) -> None:
        """Ends the prepared process if it belongs to this stage."""
        self._standby.discard(stage)

    def close(self) -> None:
        """Ends the prepared process."""
        self._standby.close()


class StandbyProcess:
    """Holds at most one process of a stage that is prepared while another stage works."""

    def __init__(self) -> None:
        self._process: StageProcess | None = None
        self._stage: StageName | None = None
        self._sent: Preparation | None = None

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Starts a stage, unless its process is running already, and sends it a new preparation.

        Raises:
            OSError: The process cannot be started.
        """
        if self._process is None or self._stage != launch.stage:
            self.close()
            with signals_delayed():
                self._process, self._stage = StageProcess(launch), launch.stage
        if preparation != self._sent:
            self._process.send(preparation)  # a process that has exited is replaced in its turn
            self._sent = preparation

    def take(self, stage: StageName) -> StageProcess | None:
        """Returns the process if it belongs to this stage, or None; the caller has to end it."""
        if self._process is None or self._stage != stage:
            return None
        process, self._process, self._sent = self._process, None, None
        return process

    def discard(self, stage: StageName) -> None:
        """Ends the process if it belongs to this stage, which was skipped."""
        if self._stage == stage:
            self.close()

    def close(self) -> None:
        """Ends the process. No work is lost, because the process has no request yet."""
        if self._process is not None:
            self._process.end()
        self._process = self._sent = None
