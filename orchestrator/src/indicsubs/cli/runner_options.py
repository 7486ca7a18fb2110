"""The options of commands that work through many films."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from indicsubs.cli.option_values import NumberIn
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import Device
from indicsubs_processes.hardware import Hardware
from indicsubs_processes.process_limits import Limits

_RUNNER = Group("Many films at once", sort_key=6)
_CLUSTER = Group("Many machines", sort_key=7)
_CPU_SLOTS = 2
"""The stages that compute on the CPU at once: one with an engine, and one that reads or writes."""
_MEMORY_SHARE = 0.7
_GPU_SHARE = 0.9
"""The shares of the machine's and of a GPU's memory that processes may use together."""


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class RunnerOptions:
    """How much of the machine the work on many films may use."""

    at_once: Annotated[
        int | None,
        Parameter(
            group=_RUNNER,
            converter=NumberIn(1, 256, whole=True),
            help="The most films in work at the same time. Default: one for each stage that the"
            " processor and the GPU can do at once.",
        ),
    ] = None
    memory_limit: Annotated[
        float | None,
        Parameter(
            group=_RUNNER,
            converter=NumberIn(0.1, 10000, "GiB"),
            help="The memory in GiB for the processes that stay from film to film with their models"
            " loaded. Default: 70 % of the machine's.",
        ),
    ] = None

    on: Annotated[
        str | None,
        Parameter(
            group=_CLUSTER,
            help="Run the stages on a Ray cluster: ray://HOST:10001 from any machine, HOST:6379 on"
            " a machine of the cluster, or local for Ray on this machine. Needs `just setup"
            " cluster`.",
        ),
    ] = None
    exchange: Annotated[
        str | None,
        Parameter(
            group=_CLUSTER,
            help="A folder that all machines reach through fsspec, such as s3://bucket/folder;"
            " files travel through it. Default: all machines have the films and the jobs at the"
            " same paths.",
        ),
    ] = None
    engine_cores: Annotated[
        int | None,
        Parameter(
            group=_CLUSTER,
            converter=NumberIn(1, 1024, whole=True),
            help="The cores for an engine on the CPU of a cluster's machine. Default: half of the"
            " smallest machine's, and at most 4.",
        ),
    ] = None
    engine_gpus: Annotated[
        float,
        Parameter(
            group=_CLUSTER,
            converter=NumberIn(0.01, 1, "GPUs"),
            help="The part of a GPU for an engine on a cluster.",
        ),
    ] = 0.5

    def check(self) -> None:
        """Checks the options about clusters.

        Raises:
            IndicsubsError: ``USAGE`` for an address or an exchange that cannot be one, and for an
                exchange or cores without a cluster.
        """
        if self.on is not None and not self.on.strip():
            raise IndicsubsError(
                FailureCode.USAGE,
                "--on is empty. Give ray://HOST:10001, HOST:6379, or local.",
            )
        for option, value in (("exchange", self.exchange), ("engine-cores", self.engine_cores)):
            if value is not None and self.on is None:
                raise IndicsubsError(
                    FailureCode.USAGE,
                    f"--{option} is about the machines of a cluster, and none is named. Name it"
                    f" with --on, or leave --{option} out.",
                )
        exchange = self.exchange
        if exchange is not None and "://" not in exchange and not Path(exchange).is_absolute():
            raise IndicsubsError(
                FailureCode.USAGE,
                f"--exchange {exchange} is not the same folder on every machine. Give a URL such as"
                " s3://bucket/folder, or a whole path that all machines have.",
            )

    def limits(self, hardware: Hardware) -> Limits:
        """Returns what the stages may use of a machine."""
        memory = self.memory_limit or _MEMORY_SHARE * hardware.memory_mib / 1024
        slots: dict[Device, int] = {"cpu": _CPU_SLOTS}
        memory_bytes: dict[Device, int] = {"cpu": round(memory * 2**30)}
        if hardware.best_device != "cpu":
            slots[hardware.best_device] = 1
        for gpu in hardware.cuda[:1]:
            memory_bytes["cuda"] = round(_GPU_SHARE * gpu.memory_mib * 2**20)
        return Limits(slots, memory_bytes)

    def films_at_once(self, limits: Limits) -> int:
        """Returns the most films that are in work at the same time."""
        return self.at_once or sum(limits.slots.values())
