"""How much of a machine the work on many films may use."""

import pytest

from indicsubs.cli.runner_options import RunnerOptions
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_processes.hardware import Hardware

CPU = Hardware(system="Linux", machine="x86_64", cores=2, memory_mib=10_240)
GPU = Hardware(
    system="Linux",
    machine="x86_64",
    cores=16,
    memory_mib=102_400,
    cuda=(CudaDevice(name="G", memory_mib=81_920, driver="1"),) * 2,
)
MAC = Hardware(system="Darwin", machine="arm64", cores=8, memory_mib=16_384)


@pytest.mark.parametrize(
    ("hardware", "slots", "memory_gib"),
    [
        (CPU, {"cpu": 2}, {"cpu": 7.0}),
        (GPU, {"cpu": 2, "cuda": 1}, {"cpu": 70.0, "cuda": 72.0}),
        (MAC, {"cpu": 2, "mps": 1}, {"cpu": 11.2}),
    ],
)
def test_the_limits_follow_the_hardware(
    hardware: Hardware, slots: dict[str, int], memory_gib: dict[str, float]
) -> None:
    options = RunnerOptions()
    limits = options.limits(hardware)
    assert limits.slots == slots
    assert limits.memory_bytes == {
        device: pytest.approx(gib * 2**30) for device, gib in memory_gib.items()
    }
    assert options.films_at_once(limits) == sum(slots.values())


def test_a_person_sets_them() -> None:
    options = RunnerOptions(at_once=5, memory_limit=3.0)
    limits = options.limits(CPU)
    assert limits.memory_bytes == {"cpu": 3 * 2**30}
    assert options.films_at_once(limits) == 5


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"on": ""}, "--on is empty"),
        ({"on": " "}, "--on is empty"),
        ({"exchange": "s3://films/x"}, "none is named. Name it with --on, or leave --exchange out"),
        ({"engine_cores": 2}, "--engine-cores is about the machines of a cluster"),
        ({"on": "local", "exchange": ""}, "not the same folder on every machine"),
        ({"on": "local", "exchange": "films/x"}, "--exchange films/x is not the same folder"),
    ],
)
def test_options_about_a_cluster_that_make_no_sense_are_refused(options, problem: str) -> None:
    with pytest.raises(IndicsubsError) as refused:
        RunnerOptions(**options).check()
    assert refused.value.code is FailureCode.USAGE
    assert problem in refused.value.message


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"on": "local"},
        {"on": "ray://kaveri:10001", "exchange": "s3://films/x", "engine_cores": 8},
        {"on": "kaveri:6379", "exchange": "/nfs/exchange", "engine_gpus": 1.0},
    ],
)
def test_options_about_a_cluster_that_make_sense_are_taken(options) -> None:
    RunnerOptions(**options).check()
