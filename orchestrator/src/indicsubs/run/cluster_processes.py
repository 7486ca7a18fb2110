"""Runs the stages of many films on the machines of a Ray cluster.

A process in the environment ``cluster`` speaks with Ray; it gets calls and sends answers, as lines.
"""

import itertools
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from msgspec.structs import replace

from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import CLUSTER
from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.cluster import (
    CallAnswer,
    CallBegun,
    CallNote,
    CallProgress,
    ClusterMachine,
    Connect,
    Connected,
    FilmEnded,
    FromCluster,
    Refused,
    StageCall,
)
from indicsubs_contract.messages.envelope import Failure, Manifest, Result
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import decode_from_cluster
from indicsubs_processes.runner import LOG, OnProgress, StageFailure
from indicsubs_processes.stage_process import Launch, StageLaunch, StageProcess

LOG_FILE: Final = "cluster.log"
"""The name of the log of the process that speaks with Ray, in the folder of the cache."""
_CONNECT_S: Final = 120.0
"""The longest time in seconds until all machines have answered: each starts a process for it."""
_LEAVE_S: Final = 30.0
"""The longest time in seconds that the process may take to leave the cluster in order."""

_Answer: TypeAlias = CallBegun | CallProgress | CallNote | CallAnswer


class ClusterProcesses:
    """The stages of many films on a cluster; its methods may be called by several threads.

    Args:
        workspace: The checkout.
        connect: Which cluster is used, and how.
        temporary: The folder for the temporary files of the process that speaks with Ray. Its path
            is short: the name of a socket has at most 107 bytes, and Ray's are long.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` where the environment ``cluster`` is not installed;
            otherwise as the process refuses the cluster.
    """

    def __init__(self, workspace: Workspace, connect: Connect, temporary: Path) -> None:
        environments = EnvironmentManager(workspace.root)
        environments.require_installed([CLUSTER])
        self._log = workspace.cache / LOG_FILE
        self._log.unlink(missing_ok=True)
        self._process = StageProcess(
            Launch(
                command=environments.stage_command(CLUSTER),
                variables=environments.process_variables(CLUSTER),
                folder=workspace.root,
                log=self._log,
                temporary=temporary / "ray",
            )
        )
        self._sending = threading.Lock()
        self._calls: dict[int, queue.SimpleQueue[_Answer]] = {}
        self._numbers = itertools.count(1)
        self._is_closed = False
        self.is_lost = False
        """Whether the process has ended, and with it the connection to the cluster."""
        try:
            self.machines = self._connected(connect)
            """The machines of the cluster when it was connected."""
        except BaseException:
            self._process.end()
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def of_film(self, order: int, log: logging.Logger) -> "ClusterFilm":
        """Returns the processes as a film's pipeline uses them.

        Args:
            order: The film's number; requests of films with lower numbers come first.
            log: The log of the film's job.
        """
        return ClusterFilm(self, order, log)

    def run(
        self,
        order: int,
        log: logging.Logger,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        meanwhile: Callable[[], None],
    ) -> Result:
        """Runs a request on whichever machine has room, and again where a machine is lost.

        Raises:
            StageFailure: As :func:`~indicsubs_processes.runner.run_stage`; ``INTERRUPTED`` after
                :meth:`close`; ``UNREACHABLE`` where the connection to the cluster is lost.
        """
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        log_name = str(launch.log.relative_to(manifest.job))
        number = next(self._numbers)
        answers = self._calls[number] = queue.SimpleQueue()
        call = StageCall(
            number=number,
            film=order,
            environment=launch.environment,
            command=tuple(launch.command),
            silence_limit_s=launch.silence_limit_s,
            device=launch.device,
            model_bytes=launch.model_bytes,
            manifest=replace(manifest, stays=True, log=log_name),
        )
        try:
            self._send(call)
            return self._answer(log, launch, answers, on_progress, meanwhile)
        finally:
            del self._calls[number]

    def film_ended(self, order: int) -> None:
        """Lets the cluster forget the files of a film."""
        self._send(FilmEnded(film=order))

    def release_idle(self, unused_s: float = 0.0) -> None:
        """Does nothing: the cluster ends processes where others need their room."""

    def close(self) -> None:
        """Stops all requests, and leaves the cluster."""
        with self._sending:
            if self._is_closed:
                return
            self._is_closed = True
            self._process.close_stdin()
        self._process.wait(_LEAVE_S)
        self._process.end()
        self._reader.join()

    def _connected(self, connect: Connect) -> tuple[ClusterMachine, ...]:
        """Returns the machines of the cluster, as soon as it is connected.

        Raises:
            IndicsubsError: The cluster cannot be used.
        """
        self._process.send(connect)
        try:
            line = self._process.lines.get(timeout=_CONNECT_S)
        except queue.Empty:
            raise IndicsubsError(
                FailureCode.UNREACHABLE,
                f"--on {connect.address}: no cluster has answered for {_CONNECT_S / 60:g} minutes."
                " Check that it is the address of Ray, and not of another server. The log:"
                f" {self._log}",
            ) from None
        try:
            answer = None if line is None else decode_from_cluster(line)
        except ProtocolError:
            answer = None
        if isinstance(answer, Refused):
            raise IndicsubsError(answer.failure.code, answer.failure.message)
        if not isinstance(answer, Connected):
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                "The process that speaks with Ray did not connect with the cluster. Repair its"
                f" environment: just setup {CLUSTER}. Its log: {self._log}",
            )
        return answer.machines

    def _read(self) -> None:
        """Gives every answer to its call, until the process ends."""
        while (line := self._process.lines.get()) is not None:
            try:
                answer: FromCluster = decode_from_cluster(line)
            except ProtocolError:
                break
            if isinstance(answer, _Answer) and (calls := self._calls.get(answer.number)):
                calls.put(answer)
        self.is_lost = True  # a call that begins from now on notices it
        for number in list(self._calls):
            self._fail(number)

    def _answer(
        self,
        log: logging.Logger,
        launch: StageLaunch,
        answers: "queue.SimpleQueue[_Answer]",
        on_progress: OnProgress,
        meanwhile: Callable[[], None],
    ) -> Result:
        machine = ""
        while not isinstance(message := answers.get(), CallAnswer):
            if isinstance(message, CallBegun):
                machine = message.machine
                log.info("%s: runs on %s", launch.stage, machine)
                meanwhile()
            elif isinstance(message, CallProgress):
                on_progress(message.progress)
            else:
                log.warning("%s: %s", launch.stage, message.text)
        if isinstance(message.answer, Failure):
            raise self._failure(launch, machine, message.answer)
        return message.answer

    def _failure(self, launch: StageLaunch, machine: str, failure: Failure) -> StageFailure:
        if self._is_closed:
            text = f"{launch.stage} was stopped."
            return StageFailure(launch.stage, FailureCode.INTERRUPTED, text)
        where = f"On {machine}: " if machine else ""
        text = f"{where}{failure.message}{LOG}{launch.log}"
        return StageFailure(launch.stage, failure.code, text)

    def _send(self, message: StageCall | FilmEnded) -> None:
        with self._sending:
            sent = not self._is_closed and self._process.send(message)
            self.is_lost = self.is_lost or not (sent or self._is_closed)
        if isinstance(message, StageCall) and (self.is_lost or not sent):
            self._fail(message.number)

    def _fail(self, number: int) -> None:
        """Answers a call whose answer cannot come any more, unless it has one already."""
        failure = Failure(
            code=FailureCode.UNREACHABLE,
            message="The connection to the cluster was lost. Its machines' part of the work is"
            " finished or begins again when the command is given again. The log of the connection:"
            f" {self._log}",
        )
        if calls := self._calls.get(number):
            calls.put(CallAnswer(number=number, answer=failure))


class ClusterFilm:
    """The stages of one film on a cluster."""

    def __init__(self, cluster: ClusterProcesses, order: int, log: logging.Logger) -> None:
        self._cluster, self._order, self._log = cluster, order, log

    def run(
        self,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        """Runs a request, as :meth:`ClusterProcesses.run`."""
        return self._cluster.run(self._order, self._log, launch, manifest, on_progress, meanwhile)

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Does nothing: the cluster keeps processes with their models loaded."""

    def discard(self, stage: StageName) -> None:
        """Does nothing: another film may need the process."""

    def close(self) -> None:
        """Lets the cluster forget the film's files."""
        self._cluster.film_ended(self._order)
