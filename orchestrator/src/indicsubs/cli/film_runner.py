"""What runs the stages of many films: warm processes on this machine, or a cluster."""

import os
import platform
from collections.abc import Collection, Generator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.machine.hardware import detect
from indicsubs.machine.workspace import Workspace
from indicsubs.run.cluster_processes import ClusterProcesses
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine, Connect
from indicsubs_processes.hardware import Hardware
from indicsubs_processes.own_folder import own_folder
from indicsubs_processes.warm_processes import WarmProcesses

_TEMPORARY = "temporary"
"""The folder of the temporary files of all runners, in the folder of the cache."""
_SHORT = "/tmp/indicsubs-{user}"  # noqa: S108  the folder itself is the user's own
"""The folder of Ray's own temporary files, whose names must be short."""
_MOST_FILMS = 256
"""The most films in work at once on a cluster, unless the user says otherwise: each has a thread
here."""


@dataclass(frozen=True)
class FilmRunner:
    """What runs the stages of many films."""

    processes: WarmProcesses | ClusterProcesses
    questions: WarmProcesses
    """Runs the questions about films, which are not worth a way to another machine."""
    hardware: Hardware
    """What decides on which device an engine runs."""
    at_once: int
    """The most films that are in work at the same time."""

    @property
    def is_lost(self) -> bool:
        """Whether no film can be worked on any more."""
        return isinstance(self.processes, ClusterProcesses) and self.processes.is_lost

    def require_connected(self) -> None:
        """Checks that the connection to the cluster was not lost.

        Raises:
            IndicsubsError: ``UNREACHABLE`` where it was.
        """
        if self.is_lost:
            raise IndicsubsError(
                FailureCode.UNREACHABLE,
                "The connection to the cluster was lost, so no further film was begun. Give the"
                " same command again.",
            )

    def require_installed(self, needed: Collection[str]) -> None:
        """Checks that the machines of a cluster have the environments of a run.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where one lacks some.
        """
        if isinstance(self.processes, ClusterProcesses):
            for machine in self.processes.machines:
                missing = [name for name in needed if name not in machine.environments]
                if missing:
                    raise IndicsubsError(
                        FailureCode.BROKEN_ENVIRONMENT,
                        f"{machine.name} lacks environments: {', '.join(missing)}. Build them"
                        f" there: just setup {' '.join(missing)}",
                    )


@contextmanager
def film_runner(workspace: Workspace, options: RunnerOptions) -> Generator[FilmRunner]:
    """Yields what runs the stages of many films; all processes end with the block.

    Raises:
        IndicsubsError: The cluster cannot be used, or the options do not fit together.
    """
    options.check()
    hardware = detect(workspace.cache)
    limits = options.limits(hardware)
    with ExitStack() as stack:
        temporary = stack.enter_context(own_folder(workspace.cache / _TEMPORARY))
        warm = stack.enter_context(closing(WarmProcesses(limits, temporary)))
        if options.on is None:
            yield FilmRunner(warm, warm, hardware, options.films_at_once(limits))
            return
        connect = Connect(
            address=options.on,
            exchange=options.exchange,
            engine_cpus=options.engine_cores,
            engine_gpus=options.engine_gpus,
        )
        short = stack.enter_context(own_folder(_short_folder()))
        cluster = ClusterProcesses(workspace, connect, short)
        stack.enter_context(closing(cluster))
        yield FilmRunner(
            cluster,
            warm,
            cluster_hardware(cluster.machines),
            options.at_once or films_at_once(cluster.machines),
        )


def _short_folder() -> Path:
    """Returns the folder of Ray's temporary files, which no other user can write to.

    Raises:
        IndicsubsError: ``IO_ERROR`` where another user has made it.
    """
    folder = Path(_SHORT.format(user=os.getuid()))
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise IndicsubsError(
            FailureCode.IO_ERROR, f"{folder} belongs to another user. Ask them to remove it."
        )
    return folder


def cluster_hardware(machines: tuple[ClusterMachine, ...]) -> Hardware:
    """Returns the hardware of a cluster as if it were one machine.

    Its GPUs are those that Ray may give away. All machines are of the same kind as this one.
    """
    with_gpus = [machine for machine in machines if machine.gpus]
    return Hardware(
        system=platform.system(),
        machine=platform.machine(),
        cores=round(sum(machine.cpus for machine in machines)),
        memory_mib=sum(machine.memory_bytes for machine in machines) >> 20,
        cuda=tuple(gpu for machine in with_gpus for gpu in machine.cuda),
    )


def films_at_once(machines: tuple[ClusterMachine, ...]) -> int:
    """Returns the most films in work at once: enough for every core and every GPU."""
    return min(_MOST_FILMS, max(1, round(sum(each.cpus + each.gpus for each in machines))))
