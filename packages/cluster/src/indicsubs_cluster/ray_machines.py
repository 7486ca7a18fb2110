"""The machines of a Ray cluster: what each has, and the actors that run on them."""

import logging
import os
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

from indicsubs_cluster.demands import Demand
from indicsubs_cluster.pool import StartError
from indicsubs_cluster.stage_actor import Origin, StageActor, this_machine
from indicsubs_contract.engines import environment_names
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine
from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_processes.checkout import checkout_digest, checkout_of
from indicsubs_processes.environments import is_built
from indicsubs_processes.hardware import probe

LOCAL: Final = "local"
"""The address that starts Ray on this machine, for as long as the process runs."""
_CLIENT: Final = "ray://"
_NAMESPACE: Final = "indicsubs"
_LOG = logging.getLogger("indicsubs.cluster")
_CONNECT_S: Final = 10.0
_CHECK_S: Final = 120.0
"""The longest time in seconds for the check of a machine; Ray starts a process there for it."""
_NOTICE_S: Final = 30.0
"""The time in seconds within which Ray notices that a machine is lost."""
_POLL_S: Final = 1.0
_LONGEST: Final = 300
"""The most characters of an error of Ray's in a message."""
_ADDRESSES = (
    f"Give ray://HOST:10001 from any machine, HOST:6379 on a machine of the cluster, or {LOCAL}."
)
_AGAIN = "`just ray start` in a checkout of indicsubs starts Ray as it has to be."


class MachineCheck(NamedTuple):
    """What a machine says of itself."""

    name: str
    checkout: str
    """The digest of the code there."""
    environments: tuple[str, ...]
    cuda: tuple[CudaDevice, ...]
    has_token: bool
    """Whether Ray there asks for a token, and sends one."""


def check_machine() -> MachineCheck:
    """Describes this machine; Ray runs the function on every machine of a cluster."""
    root = checkout_of(__file__)
    built = tuple(name for name in environment_names() if is_built(root, name))
    return MachineCheck(
        this_machine(), checkout_digest(root), built, probe().cuda, _ray_has_token()
    )


@dataclass(frozen=True)
class ActorHandle:
    """An actor, and the promise of its first answer."""

    actor: Any
    started: Any


class RayMachines:
    """The machines of a cluster.

    Args:
        address: The address of the cluster, or ``LOCAL``.
        exchange: The URL of this run's folder in the exchange; None without one.

    Raises:
        IndicsubsError: ``UNREACHABLE`` where no cluster of this version answers there; ``USAGE``
            for an address that Ray does not know; ``BROKEN_ENVIRONMENT`` where a machine has other
            code.
    """

    def __init__(self, address: str, exchange: str | None) -> None:
        self._ray = _connect(address)
        self.errors = (self._ray.exceptions.RayError, ConnectionError)
        """What Ray raises where an actor or its machine is lost."""
        self._actor_class = self._ray.remote(StageActor)
        root = checkout_of(__file__)
        self._origin = Origin(str(root), str(Path.home()), exchange, checkout_digest(root))

    def describe(self) -> tuple[ClusterMachine, ...]:
        """Returns the machines that can run stages, after a check of each.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where one cannot; the message names all that
                cannot, and why. ``UNREACHABLE`` where Ray runs without a token there.
        """
        machines: list[ClusterMachine] = []
        problems: list[str] = []
        for node, found in self._checks():
            where = node["NodeManagerAddress"]
            if isinstance(found, str):
                problems.append(f"{where} cannot run indicsubs ({found})")
                continue
            if not found.has_token and _ray_has_token():
                # Machines would do nothing for this one, whose own Ray asks them for a token.
                raise IndicsubsError(
                    FailureCode.UNREACHABLE,
                    f"Ray on {found.name} ({where}) was started without a token, and this machine"
                    f" has one. {_AGAIN} Or give the command with RAY_AUTH_MODE=disabled.",
                )
            if found.checkout != self._origin.checkout:
                problems.append(f"{found.name} ({where}) has another version of indicsubs")
            else:
                resources = node["Resources"]
                machines.append(
                    ClusterMachine(
                        name=found.name,
                        cpus=resources.get("CPU", 0),
                        gpus=resources.get("GPU", 0),
                        memory_bytes=round(resources.get("memory", 0)),
                        environments=found.environments,
                        cuda=found.cuda,
                    )
                )
        if problems:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"{'; '.join(problems)}. All machines need the same checkout, with `just setup"
                f" cluster`. {_AGAIN}",
            )
        if not machines:
            raise IndicsubsError(
                FailureCode.UNREACHABLE,
                f"No machine of the cluster has cores for stages. {_AGAIN}",
            )
        return tuple(machines)

    def _checks(self) -> list[tuple[dict[str, Any], MachineCheck | str]]:
        """Returns what each machine says of itself, or why it says nothing.

        A machine that was just lost is left out: Ray notices the loss within half a minute.
        """
        task = self._ray.remote(num_cpus=0, max_retries=0)(check_machine)
        nodes = self._nodes()
        checks = [task.options(scheduling_strategy=self._on(node)).remote() for node in nodes]
        found: list[tuple[dict[str, Any], MachineCheck | str]] = []
        for node, check in zip(nodes, checks, strict=True):
            try:
                found.append((node, MachineCheck(*self._ray.get(check, timeout=_CHECK_S))))
            except self.errors as error:
                found.append((node, _in_short(error)))
        deadline_s = time.monotonic() + _NOTICE_S
        while any(isinstance(each, str) for _, each in found) and time.monotonic() < deadline_s:
            time.sleep(_POLL_S)
            alive = {node["NodeID"] for node in self._nodes()}
            found = [(node, each) for node, each in found if node["NodeID"] in alive]
        return found

    def _nodes(self) -> list[dict[str, Any]]:
        """Returns Ray's descriptions of the machines that have cores for stages."""
        return [node for node in self._ray.nodes() if node["Alive"] and _has_cores(node)]

    def start(self, demand: Demand) -> ActorHandle:
        """Asks for an actor, as the pool's ``Machines`` say."""
        actor = self._actor_class.options(
            num_cpus=demand.cpus,
            num_gpus=demand.gpus,
            memory=demand.memory_bytes,
            scheduling_strategy="SPREAD",
            max_restarts=0,
        ).remote(self._origin, demand.memory_bytes)
        return ActorHandle(actor, actor.started.remote())

    def machine_of(self, handle: ActorHandle) -> str | None:
        """Returns the machine of an actor, as the pool's ``Machines`` say."""
        ready, _ = self._ray.wait([handle.started], timeout=0)
        if not ready:
            return None
        try:
            return self._ray.get(handle.started)
        except self.errors as error:
            _LOG.warning("An actor did not start: %s", error)
            raise StartError(_in_short(error)) from error

    def stop(self, handle: ActorHandle) -> None:
        """Ends an actor, and with it the process that it owns."""
        try:
            self._ray.kill(handle.actor)
        except self.errors:
            pass  # it is lost already

    def free(self) -> Demand:
        """Returns what is free on all machines together."""
        free = self._ray.available_resources()
        return Demand(free.get("CPU", 0), free.get("GPU", 0), round(free.get("memory", 0)))

    def begin(self, handle: ActorHandle, line: bytes) -> None:
        """Gives an actor a call.

        Raises:
            Exception: One of ``errors``, where the actor is lost.
        """
        self._ray.get(handle.actor.begin.remote(line))

    def read(self, handle: ActorHandle) -> Sequence[bytes]:
        """Returns the new answers of an actor, within about a second.

        Raises:
            Exception: One of ``errors``, where the actor is lost.
        """
        return self._ray.get(handle.actor.read.remote())

    def close(self) -> None:
        """Leaves the cluster."""
        self._ray.shutdown()

    def _on(self, node: dict[str, Any]) -> Any:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)


def _connect(address: str) -> Any:
    """Returns the module ray, connected to a cluster."""
    host, _, port = address.removeprefix(_CLIENT).rpartition(":")
    if address == LOCAL or host.startswith("127.") or host in {"localhost", "::1"}:
        # Ray then listens on the loopback interface alone; the variable's name tells why it exists.
        os.environ |= {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
    os.environ |= {
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",  # it would upload the checkout
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    if _has_token():
        # Ray sends a token without being told to only to a Ray that it starts itself.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    import ray

    if address != LOCAL:
        _require_port(address, host, port)
    options: dict[str, Any] = {"namespace": _NAMESPACE, "log_to_driver": False}
    if address == LOCAL:
        # Of the orchestrator, and short enough for the names of Ray's sockets.
        options |= {"include_dashboard": False, "_temp_dir": tempfile.gettempdir()}
    given = None if address == LOCAL else address
    for last in (False, True):
        try:
            ray.init(given, **options)
            break
        except (OSError, RuntimeError, ray.exceptions.RayError, ValueError) as error:
            if not last and address.startswith(_CLIENT):
                continue  # Ray's server for clients sometimes fails to start a process
            raise IndicsubsError(
                FailureCode.UNREACHABLE,
                f"--on {address}: Ray does not let this machine in, or another server answers"
                f" there ({_in_short(error)}). {_ADDRESSES} All machines need the same versions of"
                f" Ray and of Python, and the same token. {_AGAIN}",
            ) from error
    return ray


def _ray_has_token() -> bool:
    """Returns whether Ray in this process asks for a token, and sends one."""
    return os.environ.get("RAY_AUTH_MODE", "").lower() == "token"


def _has_token() -> bool:
    """Returns whether Ray finds a token that it shares with its cluster."""
    path = os.environ.get("RAY_AUTH_TOKEN_PATH") or Path.home() / ".ray" / "auth_token"
    return bool(os.environ.get("RAY_AUTH_TOKEN")) or Path(path).is_file()


def _require_port(address: str, host: str, port: str) -> None:
    if not host or "/" in host or not port.isdigit() or not 0 < int(port) < 65536:
        raise IndicsubsError(
            FailureCode.USAGE, f"--on {address} is no address of Ray. {_ADDRESSES}"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_S).close()
    except OSError as error:
        raise IndicsubsError(
            FailureCode.UNREACHABLE,
            f"--on {address}: no Ray answers there ({error}). Check the address, or start Ray on"
            " that machine: just ray start --head",
        ) from error


def _has_cores(node: dict[str, Any]) -> bool:
    return node["Resources"].get("CPU", 0) >= 1


def _in_short(error: Exception) -> str:
    """Returns what an error of Ray says, without its traces and the addresses that follow."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if any("Traceback (" in line for line in lines):
        lines = lines[-1:]
    return " ".join(lines[:3])[:_LONGEST] or type(error).__name__
