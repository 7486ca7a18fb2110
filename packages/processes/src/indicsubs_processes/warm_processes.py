"""Keeps the processes of stages, with their models loaded, for the requests of many films.

There is at most one process of each stage, environment and device, so films flow through the
stages one after another: the second film is in one stage while the first is in a later one.
"""

import dataclasses
import itertools
import logging
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName
from indicsubs_processes.process_limits import Limits, estimated_memory
from indicsubs_processes.runner import OnProgress, StageFailure, read_answer, start_stage
from indicsubs_processes.stage_process import GRACE_SECONDS, StageLaunch, StageProcess

_AGAIN: Final = {FailureCode.CRASHED, FailureCode.OUT_OF_MEMORY}
"""The failures after which a request is repeated once, in a new process: something else may have
used the memory, or a signal may have ended the process."""


class _Key(NamedTuple):
    """What a process is for."""

    stage: StageName
    environment: str
    device: Device


@dataclass
class _Warm:
    """A process and what is known of it."""

    key: _Key
    launch: StageLaunch
    process: StageProcess
    memory_bytes: dict[Device, int]
    is_busy: bool = False
    used_s: float = 0.0
    """When its last request ended, on the monotonic clock."""

    def serves(self, launch: StageLaunch) -> bool:
        """Returns whether the process would do what a new one would do."""
        return (
            self.process.is_waiting
            and self.launch.program == launch.program
            and self.launch.command == launch.command
            and self.launch.variables == launch.variables
        )


@dataclass(frozen=True)
class _Turn:
    """A request that waits for its turn: those of earlier films come first."""

    order: tuple[int, int]
    key: _Key
    launch: StageLaunch


class WarmProcesses:
    """The warm processes of a runner; its methods may be called by several threads.

    Args:
        limits: What the processes may use.
        temporary: The folder for the temporary files of all processes.
    """

    def __init__(self, limits: Limits, temporary: Path) -> None:
        self._limits = limits
        self._temporary = temporary
        self._changed = threading.Condition()
        self._warm: dict[_Key, _Warm] = {}
        self._turns: list[_Turn] = []
        self._numbers = itertools.count()
        self._is_closed = False

    def of_film(self, order: int, log: logging.Logger) -> "FilmProcesses":
        """Returns the processes as a film's pipeline uses them.

        Args:
            order: The film's number; requests of films with lower numbers come first.
            log: The log of the film's job.
        """
        return FilmProcesses(self, order, log)

    def run(
        self,
        order: int,
        warn: Callable[[str], None],
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        meanwhile: Callable[[], None],
    ) -> Result:
        """Runs a request in the stage's process, which is started where there is none.

        A request whose process dies, or whose memory is full, is repeated once in a new process,
        with the memory of all processes that have nothing to do.

        Raises:
            StageFailure: As :func:`~indicsubs_processes.runner.run_stage`; ``INTERRUPTED`` after
                :meth:`close`.
        """
        launch.log.parent.mkdir(parents=True, exist_ok=True)
        log_name = str(launch.log.relative_to(manifest.job))
        manifest = replace(manifest, stays=True, log=log_name)
        try:
            return self._run_once(order, launch, manifest, on_progress, meanwhile)
        except StageFailure as failure:
            if failure.code not in _AGAIN or self._is_closed:
                raise
            warn(f"{failure.message} The request is repeated in a new process.")
        self.release_idle()
        _empty(Path(manifest.job) / manifest.output)
        # A process that does not stay needs less memory where a request has several models.
        once = replace(manifest, stays=False)
        return self._run_once(order, launch, once, on_progress, meanwhile)

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Starts a stage that has no process yet, if the memory allows it, and prepares it.

        Raises:
            OSError: The process cannot be started.
        """
        key = _key(launch)
        with self._changed:
            others = list(self._warm.values())
            if self._is_closed or key in self._warm or self._exceeds(self._needs(launch), others):
                return
            self._start(key, launch).process.send(preparation)

    def release_idle(self, unused_s: float = 0.0) -> None:
        """Ends the processes that have had nothing to do for a time in seconds."""
        with self._changed:
            now_s = time.monotonic()
            for warm in list(self._warm.values()):
                if not warm.is_busy and now_s - warm.used_s >= unused_s:
                    self._end(warm)

    def close(self) -> None:
        """Stops all requests, and ends all processes."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
            busy = [warm for warm in self._warm.values() if warm.is_busy]
        for warm in busy:
            warm.process.interrupt()
        self.release_idle()
        with self._changed:
            # The threads whose requests were interrupted end their processes.
            self._changed.wait_for(lambda: not self._warm, timeout=2 * GRACE_SECONDS)
            for warm in list(self._warm.values()):
                self._end(warm)

    def _run_once(
        self,
        order: int,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        meanwhile: Callable[[], None],
    ) -> Result:
        warm = self._take(order, launch)
        result: Result | None = None
        try:
            if warm.process.send(manifest):
                meanwhile()
            result = read_answer(warm.process, launch, on_progress, stays=manifest.stays)
            return result
        except StageFailure:
            if self._is_closed:
                raise _stopped(launch) from None
            raise
        except BaseException:
            warm.process.terminate()
            raise
        finally:
            self._give_back(warm, result if manifest.stays else None)

    def _take(self, order: int, launch: StageLaunch) -> _Warm:
        """Returns the process for a request, once it is the request's turn."""
        with self._changed:
            turn = _Turn((order, next(self._numbers)), _key(launch), launch)
            self._turns.append(turn)
            try:
                self._changed.wait_for(lambda: self._is_closed or self._may_go(turn))
            finally:
                self._turns.remove(turn)
                self._changed.notify_all()
            if self._is_closed:
                raise _stopped(launch)
            warm = self._warm.get(turn.key)
            if warm is not None and not warm.serves(launch):
                self._end(warm)
                warm = None
            if warm is None:
                self._make_room(self._needs(launch))
                warm = self._start(turn.key, launch)
            warm.is_busy = True
            return warm

    def _give_back(self, warm: _Warm, result: Result | None) -> None:
        """Keeps a process for the next request; without a result, it is ended."""
        with self._changed:
            warm.is_busy, warm.used_s = False, time.monotonic()
            if result is None or self._is_closed:
                self._end(warm)
            else:
                warm.memory_bytes["cpu"] = result.peak_memory_bytes
                self._make_room({})
            self._changed.notify_all()

    def _may_go(self, turn: _Turn) -> bool:
        """Returns whether a request can be served now, and none of an earlier film goes first."""
        return self._is_possible(turn) and not any(
            other.order < turn.order
            and other.key.device == turn.key.device
            and self._is_possible(other)
            for other in self._turns
        )

    def _is_possible(self, turn: _Turn) -> bool:
        busy = [warm for warm in self._warm.values() if warm.is_busy]
        on_device = [warm for warm in busy if warm.key.device == turn.key.device]
        if len(on_device) >= self._limits.slots.get(turn.key.device, 1):
            return False
        if any(warm.key == turn.key for warm in busy):
            return False
        # Alone, a stage may use more than the limit: there is nobody to wait for.
        return not busy or not self._exceeds(self._needs(turn.launch), busy)

    def _needs(self, launch: StageLaunch) -> dict[Device, int]:
        """Returns the memory that a stage needs; for one with a process, what it uses."""
        warm = self._warm.get(_key(launch))
        if warm is not None:
            return warm.memory_bytes
        return estimated_memory(launch.device, launch.model_bytes)

    def _exceeds(self, needs: Mapping[Device, int], others: "list[_Warm]") -> bool:
        return self._limits.are_exceeded([needs, *(warm.memory_bytes for warm in others)])

    def _make_room(self, needs: Mapping[Device, int]) -> None:
        """Ends processes that have nothing to do, the least recently used first, for others."""
        idle = sorted(
            (warm for warm in self._warm.values() if not warm.is_busy),
            key=lambda warm: warm.used_s,
        )
        for warm in idle:
            if not self._exceeds(needs, list(self._warm.values())):
                return
            self._end(warm)

    def _start(self, key: _Key, launch: StageLaunch) -> _Warm:
        name = f"{key.stage}-{next(self._numbers)}"
        process = start_stage(dataclasses.replace(launch, temporary=self._temporary / name))
        warm = _Warm(key, launch, process, self._needs(launch), used_s=time.monotonic())
        self._warm[key] = warm
        return warm

    def _end(self, warm: _Warm) -> None:
        warm.process.end()
        with suppress(KeyError):
            del self._warm[warm.key]
        self._changed.notify_all()


class FilmProcesses:
    """The warm processes, for one film."""

    def __init__(self, pool: WarmProcesses, order: int, log: logging.Logger) -> None:
        self._pool, self._order, self._log = pool, order, log

    def run(
        self,
        launch: StageLaunch,
        manifest: Manifest,
        on_progress: OnProgress,
        *,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Result:
        """Runs a request, as :meth:`WarmProcesses.run`."""
        warn = self._log.warning
        return self._pool.run(self._order, warn, launch, manifest, on_progress, meanwhile)

    def prepare(self, launch: StageLaunch, preparation: Preparation) -> None:
        """Starts a stage that has no process yet, as :meth:`WarmProcesses.prepare`."""
        self._pool.prepare(launch, preparation)

    def discard(self, stage: StageName) -> None:
        """Does nothing: another film may need the process."""

    def close(self) -> None:
        """Does nothing: other films use the processes."""


def _key(launch: StageLaunch) -> _Key:
    return _Key(launch.stage, launch.environment, launch.device)


def _stopped(launch: StageLaunch) -> StageFailure:
    return StageFailure(launch.stage, FailureCode.INTERRUPTED, f"{launch.stage} was stopped.")


def _empty(folder: Path) -> None:
    """Removes what a request that failed has written."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
