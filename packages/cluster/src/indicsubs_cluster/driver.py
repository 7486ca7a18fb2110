"""Answers the calls of the orchestrator with the machines of a cluster."""

import logging
import os
import queue
import secrets
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, TypeAlias

import msgspec
from msgspec.structs import replace

from indicsubs_cluster.exchange import Exchange
from indicsubs_cluster.failures import failure_of
from indicsubs_cluster.machine_parts import part_for
from indicsubs_cluster.pool import StagePool, StageWorker
from indicsubs_cluster.ray_machines import ActorHandle, RayMachines
from indicsubs_cluster.shared_folders import accept_attempt, attempt_of
from indicsubs_contract.errors import FailureCode, IndicsubsError, ProtocolError
from indicsubs_contract.messages.cluster import (
    CallAnswer,
    CallBegun,
    CallNote,
    Connect,
    Connected,
    FilmEnded,
    Refused,
    StageCall,
)
from indicsubs_contract.messages.envelope import Failure, Manifest, Result
from indicsubs_contract.wire import decode_from_cluster, decode_to_cluster, encode_line

_TICK_S: Final = 0.1
_GIVE_UP_S: Final = 60.0
"""After so many seconds without an answer of Ray, the cluster is taken to be lost."""
_MOST_LOSSES: Final = 5
"""A request whose machine was lost so many times fails: it may itself be the cause."""

_LOG = logging.getLogger("indicsubs.cluster")

Answer: TypeAlias = Callable[[msgspec.Struct], None]


class Driver:
    """Runs calls on a cluster, each in a thread of its own.

    Args:
        connect: Which cluster is used, and how.
        answer: Sends a message to the orchestrator; it may be called by several threads.

    Raises:
        IndicsubsError: The cluster or the exchange cannot be used.
    """

    def __init__(self, connect: Connect, answer: Answer) -> None:
        self._connect, self._answer = connect, answer
        self._exchange: Exchange | None = None
        url = None
        if connect.exchange is not None:
            run = f"indicsubs-{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
            url = f"{connect.exchange.rstrip('/')}/{run}"
            self._exchange = Exchange(url)
            try:
                self._exchange.check()
            except OSError as error:
                raise IndicsubsError(
                    FailureCode.UNREACHABLE,
                    f"--exchange {connect.exchange} cannot be used: {error}. Check that it is"
                    " there, that you may write to it, and the variables of its credentials.",
                ) from error
        try:
            self._ray = RayMachines(connect.address, url)
            self.machines = self._ray.describe()
        except BaseException:
            self._remove_exchange()
            raise
        self._pool: StagePool[ActorHandle] = StagePool(self._ray)
        self._last_machines: dict[int, str] = {}
        threading.Thread(target=self._tick, daemon=True).start()

    def begin(self, call: StageCall) -> None:
        """Begins a call; its answers are sent as they come."""
        threading.Thread(target=self._run, args=(call,), daemon=True).start()

    def film_ended(self, film: int) -> None:
        """Removes what the exchange has of a film."""
        self._last_machines.pop(film, None)
        threading.Thread(target=self._forget, args=(film,), daemon=True).start()

    def close(self) -> None:
        """Ends all processes on the cluster, and removes the files of this run."""
        self._pool.close()
        self._ray.close()
        self._remove_exchange()

    def _remove_exchange(self) -> None:
        if self._exchange is not None:
            with _logged():
                self._exchange.remove()

    def _forget(self, film: int) -> None:
        if self._exchange is not None:
            with _logged():
                self._exchange.forget(film)

    def _tick(self) -> None:
        answered_s = time.monotonic()
        while True:
            try:
                self._pool.tick()
                answered_s = time.monotonic()
            except Exception:  # without ticks, calls would wait for ever
                _LOG.exception("Ray does not answer.")
                if time.monotonic() - answered_s > _GIVE_UP_S:
                    os._exit(1)  # the orchestrator then says so, and the films wait
            time.sleep(_TICK_S)

    def _run(self, call: StageCall) -> None:
        answer: Result | Failure
        try:
            answer = self._answered(call)
        except Exception as error:
            _LOG.exception("Call %d failed.", call.number)
            answer = failure_of(error)
        self._answer(CallAnswer(number=call.number, answer=answer))

    def _answered(self, call: StageCall) -> Result | Failure:
        """Returns the answer to a call, which is repeated where a machine is lost.

        Raises:
            IndicsubsError: No machine can have the call, or a file came damaged.
            OSError: The storage has a fault.
        """
        kind, demand = part_for(call, self._connect, self.machines)
        if self._exchange is not None:
            self._exchange.offer(call.manifest, call.film)
        losses = 0
        while True:
            preferred = self._last_machines.get(call.film, "")
            worker = self._pool.take(kind, call.film, demand, preferred)
            try:
                manifest, answer = self._attempt(call, worker, losses + 1)
            except self._ray.errors as error:
                self._pool.discard(worker)
                losses += 1
                if losses == _MOST_LOSSES:
                    first = str(error).partition("\n")[0]
                    message = f"{losses} machines were lost while they had it; the last: {first}"
                    return Failure(code=FailureCode.CRASHED, message=message)
                text = f"{worker.machine} was lost; another machine gets the request."
                self._answer(CallNote(number=call.number, text=text))
                continue
            except BaseException:
                self._pool.discard(worker)
                raise
            self._pool.give_back(worker)
            if self._exchange is not None:
                self._exchange.collect_log(call.manifest, call.film)
            return answer if isinstance(answer, Failure) else self._fetched(call, manifest, answer)

    def _attempt(
        self, call: StageCall, worker: StageWorker[ActorHandle], number: int
    ) -> tuple[Manifest, Result | Failure]:
        """Returns the manifest of an attempt, and the answer to it.

        Raises:
            Exception: The process or its machine was lost.
            OSError: The storage has a fault.
        """
        manifest = call.manifest
        if self._exchange is None:
            manifest = attempt_of(manifest, number)
        self._answer(CallBegun(number=call.number, machine=worker.machine))
        self._ray.begin(worker.handle, encode_line(replace(call, manifest=manifest)))
        self._last_machines[call.film] = worker.machine
        return manifest, self._last_answer(worker)

    def _fetched(self, call: StageCall, attempt: Manifest, result: Result) -> Result:
        """Returns the result of an attempt, with its files where the orchestrator wants them."""
        if self._exchange is None:
            return accept_attempt(call.manifest, attempt, result)
        self._exchange.collect(call.manifest, result, call.film)
        return result

    def _last_answer(self, worker: StageWorker[ActorHandle]) -> Result | Failure:
        """Passes the messages about a call on, and returns its answer."""
        while True:
            for line in self._ray.read(worker.handle):
                message = decode_from_cluster(line)
                if isinstance(message, CallAnswer):
                    return message.answer
                self._answer(message)


@contextmanager
def _logged() -> Generator[None]:
    """Logs a fault of the storage that costs nothing but its room."""
    try:
        yield
    except OSError as error:
        _LOG.warning("Files of this run stay in the exchange: %s", error)


def serve(lines: "queue.SimpleQueue[bytes]", answer: Answer) -> None:
    """Answers lines of the orchestrator until an empty one.

    Args:
        lines: The lines; an empty one marks the end.
        answer: Sends a message to the orchestrator.
    """
    first = decode_to_cluster(lines.get())
    if not isinstance(first, Connect):
        raise ProtocolError("the first line is not one that connects")
    try:
        driver = Driver(first, answer)
    except IndicsubsError as error:
        answer(Refused(failure=Failure(code=error.code, message=error.message)))
        return
    try:
        answer(Connected(machines=driver.machines))
        while line := lines.get():
            match decode_to_cluster(line):
                case StageCall() as call:
                    driver.begin(call)
                case FilmEnded(film=film):
                    driver.film_ended(film)
                case Connect():
                    pass
    finally:
        driver.close()
