"""What a stage takes of a machine of the cluster."""

import pytest
from fake_stages import asr_manifest

from indicsubs_cluster.demands import Demand, demand_of, engine_cpus
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine, Connect, StageCall

GB = 10**9
CONNECT = Connect(address="local")


def machine(cpus: float = 16, gpus: float = 0, memory: int = 64 * GB) -> ClusterMachine:
    return ClusterMachine(
        name="m", cpus=cpus, gpus=gpus, memory_bytes=memory, environments=("common",)
    )


@pytest.fixture
def call(tmp_path):
    def made(device: str = "cpu", model_bytes: int = 0) -> StageCall:
        return StageCall(
            number=1,
            film=1,
            environment="whisperx",
            command=("python",),
            silence_limit_s=1,
            device=device,
            model_bytes=model_bytes,
            manifest=asr_manifest(tmp_path),
        )

    return made


def test_a_stage_without_an_engine_takes_one_core(call) -> None:
    demand = demand_of(call(), CONNECT, [machine()])
    assert (demand.cpus, demand.gpus) == (1, 0)
    assert 100_000_000 < demand.memory_bytes < GB


def test_an_engine_on_the_cpu_takes_several_cores_and_its_models_memory(call) -> None:
    demand = demand_of(call(model_bytes=2 * GB), CONNECT, [machine()])
    assert (demand.cpus, demand.gpus) == (4, 0)
    assert 2 * GB < demand.memory_bytes < 4 * GB


def test_an_engine_on_a_gpu_takes_a_part_of_it_and_one_core(call) -> None:
    demand = demand_of(call("cuda", 2 * GB), CONNECT, [machine(), machine(gpus=1)])
    assert (demand.cpus, demand.gpus) == (1, 0.5)
    whole = Connect(address="local", engine_gpus=1.0, engine_cpus=8)
    assert demand_of(call("cuda", 2 * GB), whole, [machine(gpus=1)])[:2] == (1, 1.0)


def test_a_model_larger_than_every_machine_is_tried_all_the_same(call) -> None:
    """The size is an estimate; with its whole memory, a machine has one such process."""
    machines = [machine(memory=8 * GB), machine(memory=4 * GB)]
    assert demand_of(call(model_bytes=50 * GB), CONNECT, machines).memory_bytes == 4 * GB


def test_the_memory_of_machines_that_cannot_run_it_does_not_count(call) -> None:
    machines = [machine(memory=GB), machine(gpus=1, memory=32 * GB)]
    assert demand_of(call("cuda", 10 * GB), CONNECT, machines).memory_bytes > 10 * GB


@pytest.mark.parametrize(
    ("device", "connect", "lacks"),
    [
        ("cpu", Connect(address="local", engine_cpus=32), "32 cores"),
        ("cuda", CONNECT, "0.5 of a GPU"),
        ("cuda", Connect(address="local", engine_gpus=1), "1 of a GPU"),
    ],
)
def test_what_no_machine_has_is_refused_with_the_way_to_get_it(
    call, device: str, connect: Connect, lacks: str
) -> None:
    with pytest.raises(IndicsubsError) as refused:
        demand_of(call(device, GB), connect, [machine(), machine(gpus=0.25)])
    assert refused.value.code is FailureCode.DEVICE
    assert refused.value.message.startswith(f"Stage asr needs {lacks}, and no machine")
    assert "--engine-cores" in refused.value.message


@pytest.mark.parametrize(
    ("cpus", "expected"), [([1], 1), ([2], 1), ([3.0], 1), ([64, 6], 3), ([64], 4), ([0, 16], 4)]
)
def test_engines_get_half_of_the_smallest_machine_and_at_most_four_cores(cpus, expected) -> None:
    machines = [machine(each) for each in cpus]
    found = engine_cpus(CONNECT, machines)
    assert (found, type(found)) == (expected, int)
    assert engine_cpus(Connect(address="local", engine_cpus=9), machines) == 9


def test_a_demand_fits_where_every_part_is_free() -> None:
    demand = Demand(1, 0.5, 100)
    assert demand.fits(Demand(1, 0.5, 100))
    for free in (Demand(0.5, 1, 200), Demand(2, 0.25, 200), Demand(2, 1, 99)):
        assert not demand.fits(free)
    assert Demand(0, 0, 1).fits(Demand(-3, -1, 1)), "what it does not need may be short"


def test_a_process_helps_only_with_what_it_has() -> None:
    gpu, cpu = Demand(1, 0.5, 100), Demand(1, 0, 100)
    lacking = Demand(1, 1, 50).without(Demand(4, 0.5, 500))
    assert lacking == Demand(-3, 0.5, -450)
    assert gpu.has_of(lacking)
    assert not cpu.has_of(lacking)
