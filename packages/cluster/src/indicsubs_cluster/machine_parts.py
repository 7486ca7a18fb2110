"""The parts of machines that actors take: of one size, so that an actor can serve many stages."""

from collections.abc import Sequence

from indicsubs_cluster.demands import Demand, demand_of, engine_cpus
from indicsubs_contract.messages.cluster import ClusterMachine, Connect, StageCall


def part_for(
    call: StageCall, connect: Connect, machines: Sequence[ClusterMachine]
) -> tuple[str, Demand]:
    """Returns the kind of the actors that can serve a call, and what a new one takes of a machine.

    Stages on the CPU share actors. Each has an engine's cores and their share of the machine's
    memory, and keeps the processes of several stages; Ray needs seconds to end an actor and to
    start another. Where the cluster has GPUs, stages without an engine have smaller actors, because
    few engines need the cores. A stage on a GPU has actors of its own: the memory of a GPU has no
    room for all models.

    Raises:
        IndicsubsError: As :func:`~indicsubs_cluster.demands.demand_of`.
    """
    needed = demand_of(call, connect, machines)
    if call.device == "cuda":
        return f"stage {call.stage} on a GPU, in the environment {call.environment}", needed
    cpus = needed.cpus
    if not any(machine.gpus for machine in machines):
        cpus = max(cpus, engine_cpus(connect, machines))
    shares = [int(each.memory_bytes * cpus / each.cpus) for each in machines if each.cpus >= cpus]
    if not shares:
        cpus, shares = needed.cpus, [0]
    memory = max(needed.memory_bytes, min(shares))
    work = f"stages with {cpus:g} cores and {memory >> 20} MiB"
    return work, Demand(cpus, 0, memory)
