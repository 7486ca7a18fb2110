"""What a machine has, as its system and the driver of its GPU say."""

import os
import stat
from pathlib import Path

import pytest

from indicsubs_contract.messages.engine import CudaDevice
from indicsubs_processes.hardware import Hardware, parse_nvidia_smi, probe


@pytest.mark.parametrize(
    ("system", "machine", "cuda", "best"),
    [
        ("Linux", "x86_64", (), "cpu"),
        ("Darwin", "arm64", (), "mps"),
        ("Darwin", "x86_64", (), "cpu"),
        ("Linux", "x86_64", (CudaDevice(name="GPU", memory_mib=1, driver="1"),), "cuda"),
    ],
)
def test_the_fastest_device_is_chosen(system: str, machine: str, cuda, best: str) -> None:
    found = Hardware(system=system, machine=machine, cores=1, memory_mib=1, cuda=cuda)
    assert found.best_device == best


def test_nvidia_smi_s_answer_is_read() -> None:
    text = "NVIDIA H200, 143771, 570.86.15\nNVIDIA H200, 143771, 570.86.15\n"
    assert (
        parse_nvidia_smi(text)
        == (CudaDevice(name="NVIDIA H200", memory_mib=143771, driver="570.86.15"),) * 2
    )
    assert parse_nvidia_smi("No devices were found\n") == ()


def test_a_gpu_is_found_through_the_driver_s_own_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool = tmp_path / "nvidia-smi"
    tool.write_text('#!/bin/sh\necho "Fake GPU, 8192, 999.1"\n')
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert [device.name for device in probe().cuda] == ["Fake GPU"]
    tool.write_text("#!/bin/sh\nexit 9\n")  # a driver that does not answer is no GPU
    assert probe().cuda == ()


def test_a_mac_is_not_asked_for_nvidia_s_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(*_: object, **__: object) -> None:
        raise AssertionError("nvidia-smi was called")

    monkeypatch.setattr("indicsubs_processes.hardware.sys.platform", "darwin")
    monkeypatch.setattr("indicsubs_processes.hardware.subprocess.run", run)
    assert probe().cuda == ()


def test_a_machine_without_the_driver_has_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    found = probe()
    assert found.cuda == ()
    assert found.cores >= 1
    assert found.memory_mib > 100
