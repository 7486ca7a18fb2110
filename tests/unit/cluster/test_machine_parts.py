"""The parts of machines that actors take: equal ones on the CPU, so that any serves any stage."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest
from fake_stages import asr_manifest

from indicsubs_cluster.demands import Demand
from indicsubs_cluster.machine_parts import part_for
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.cluster import ClusterMachine, Connect, StageCall
from indicsubs_contract.messages.engine import Device

GIB = 1 << 30
Make: TypeAlias = Callable[..., StageCall]


def machine(cpus: float, gib: float, gpus: float = 0) -> ClusterMachine:
    return ClusterMachine(
        name="m", cpus=cpus, gpus=gpus, memory_bytes=round(gib * GIB), environments=()
    )


@pytest.fixture
def call(tmp_path: Path) -> Make:
    def make(
        model_bytes: int = 0, device: Device = "cpu", environment: str = "whisperx"
    ) -> StageCall:
        return StageCall(
            number=1,
            film=1,
            environment=environment,
            command=(),
            silence_limit_s=1,
            device=device,
            model_bytes=model_bytes,
            manifest=asr_manifest(tmp_path),
        )

    return make


def connect(**fields: float) -> Connect:
    return Connect(address="local", **fields)


def test_stages_with_and_without_models_share_actors(call: Make) -> None:
    machines = [machine(8, 32), machine(16, 64)]
    parts = {
        part_for(each, connect(), machines)
        for each in (call(), call(GIB), call(3 * GIB, environment="indictrans2"))
    }
    ((kind, demand),) = parts
    assert demand == Demand(4, 0, 16 * GIB)
    assert kind == "stages with 4 cores and 16384 MiB"


def test_all_parts_of_a_machine_fit_on_it_together(call: Make) -> None:
    machines = [machine(3, 9.99)]
    _, demand = part_for(call(), connect(), machines)
    assert demand.cpus == 1
    assert 3 * demand.memory_bytes <= machines[0].memory_bytes


def test_a_model_that_is_larger_than_a_share_has_actors_of_its_own(call: Make) -> None:
    machines = [machine(8, 8)]
    small, _ = part_for(call(GIB), connect(engine_cpus=1), machines)
    large, demand = part_for(call(4 * GIB), connect(engine_cpus=1), machines)
    assert large != small
    assert demand.memory_bytes > 5 * GIB


def test_beside_gpus_a_stage_without_a_model_takes_one_core(call: Make) -> None:
    machines = [machine(16, 64, gpus=2)]
    _, light = part_for(call(), connect(), machines)
    _, engine = part_for(call(GIB), connect(), machines)
    assert (light.cpus, engine.cpus) == (1, 4)


def test_each_stage_on_a_gpu_has_actors_of_its_own(call: Make) -> None:
    machines = [machine(16, 64, gpus=2)]
    kind, demand = part_for(call(GIB, "cuda"), connect(engine_gpus=0.5), machines)
    assert kind == "stage asr on a GPU, in the environment whisperx"
    assert (demand.cpus, demand.gpus) == (1, 0.5)
    assert part_for(call(GIB, "cuda", "indicconformer"), connect(), machines)[0] != kind


def test_a_stage_without_a_model_runs_where_no_machine_has_an_engine_s_cores(call: Make) -> None:
    machines = [machine(2, 4)]
    _, demand = part_for(call(), connect(engine_cpus=8), machines)
    assert demand.cpus == 1
    with pytest.raises(IndicsubsError, match="8 cores"):
        part_for(call(GIB), connect(engine_cpus=8), machines)
