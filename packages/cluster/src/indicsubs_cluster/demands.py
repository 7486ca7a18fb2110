"""What the process of a stage takes of a machine, in Ray's units."""

from collections.abc import Sequence
from typing import NamedTuple

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine, Connect, StageCall
from indicsubs_processes.process_limits import estimated_memory

_MOST_CPUS = 4
"""The most cores that an engine gets unless the user says otherwise: with more, engines gain less
than further processes do."""


class Demand(NamedTuple):
    """A part of a machine, or of all machines together."""

    cpus: float
    gpus: float
    memory_bytes: int

    def fits(self, free: "Demand") -> bool:
        """Returns whether ``free`` has as much of everything that this is of."""
        return all(part <= max(0, there) for part, there in zip(self, free, strict=True))

    def has_of(self, lacking: "Demand") -> bool:
        """Returns whether this has something of what is lacking: of the positive parts."""
        return any(part and lack > 0 for part, lack in zip(self, lacking, strict=True))

    def without(self, other: "Demand") -> "Demand":
        """Returns what is left where ``other`` is taken away."""
        cpus, gpus, memory = (part - taken for part, taken in zip(self, other, strict=True))
        return Demand(cpus, gpus, round(memory))


def demand_of(call: StageCall, connect: Connect, machines: Sequence[ClusterMachine]) -> Demand:
    """Returns what the process of a call's stage takes.

    A stage without an engine takes one core. An engine on a GPU takes one core and a part of a GPU,
    and an engine on the CPU several cores. The memory is that of
    :func:`~indicsubs_processes.process_limits.estimated_memory`, and at most a whole machine's.

    Raises:
        IndicsubsError: ``DEVICE`` where no machine has as much.
    """
    on_gpu = call.device == "cuda"
    cpus = engine_cpus(connect, machines) if call.model_bytes and not on_gpu else 1
    gpus = connect.engine_gpus if on_gpu else 0.0
    able = [machine for machine in machines if cpus <= machine.cpus and gpus <= machine.gpus]
    if not able:
        wanted = f"{gpus:g} of a GPU" if on_gpu else f"{cpus} cores"
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"Stage {call.stage} needs {wanted}, and no machine of the cluster has as much for it."
            " Start Ray there with more (`just ray start --num-cpus N --num-gpus N`), or give"
            " another --engine-cores or --device.",
        )
    memory = estimated_memory(call.device, call.model_bytes)["cpu"]
    return Demand(cpus, gpus, min(memory, *(machine.memory_bytes for machine in able)))


def engine_cpus(connect: Connect, machines: Sequence[ClusterMachine]) -> int:
    """Returns the cores for an engine on the CPU."""
    if connect.engine_cpus is not None:
        return connect.engine_cpus
    smallest = min((machine.cpus for machine in machines if machine.cpus), default=1)
    return int(min(_MOST_CPUS, max(1, smallest // 2)))
