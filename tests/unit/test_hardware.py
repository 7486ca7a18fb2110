"""What a machine has, and what is made of it."""

import os
import stat
from pathlib import Path

import pytest

from indicsubs.machine.hardware import (
    CudaDevice,
    Hardware,
    choose_placement,
    detect,
    parse_nvidia_smi,
    probe,
)
from indicsubs_contract.errors import IndicsubsError

GPU = CudaDevice(name="NVIDIA RTX 4090", memory_mib=24564, driver="550.54.15")
CPU = Hardware(system="Linux", machine="x86_64", cores=8, memory_mib=32000)
CUDA = Hardware(system="Linux", machine="x86_64", cores=8, memory_mib=32000, cuda=(GPU,))
MAC = Hardware(system="Darwin", machine="arm64", cores=8, memory_mib=16000)


@pytest.mark.parametrize(
    ("hardware", "backend", "asr", "compute", "alignment", "translation"),
    [
        (CPU, "whisperx", "cpu", "int8", "cpu", "cpu"),
        (CUDA, "whisperx", "cuda", "float16", "cuda", "cuda"),
        (MAC, "mlx", "mps", "float16", "cpu", "mps"),
    ],
)
def test_the_best_a_machine_has_is_chosen(
    hardware, backend, asr, compute, alignment, translation
) -> None:
    placement = choose_placement(hardware)
    assert placement.backend == backend
    assert placement.asr_device == asr
    assert placement.asr_compute_type == compute
    assert placement.alignment_device == alignment
    assert placement.translation_device == translation


def test_the_user_can_choose_otherwise() -> None:
    assert choose_placement(CUDA, device="cpu").asr_compute_type == "int8"
    on_mac = choose_placement(MAC, backend="whisperx")
    assert (on_mac.backend, on_mac.asr_device, on_mac.translation_device) == (
        "whisperx",
        "cpu",
        "mps",
    )
    fast = choose_placement(CPU, translation_engine="ctranslate2")
    assert (fast.translation_engine, fast.translation_compute_type) == ("ctranslate2", "int8")
    assert (
        choose_placement(CUDA, translation_engine="ctranslate2").translation_compute_type
        == "float16"
    )
    linux_mlx = choose_placement(CPU, backend="mlx")
    assert (linux_mlx.asr_device, linux_mlx.asr_compute_type) == ("cpu", "float32")


@pytest.mark.parametrize(("hardware", "device"), [(CPU, "cuda"), (CPU, "mps"), (MAC, "cuda")])
def test_what_the_machine_lacks_is_refused_by_name(hardware, device) -> None:
    with pytest.raises(IndicsubsError, match=f"--device {device}"):
        choose_placement(hardware, device=device)


def test_ctranslate2_has_no_metal() -> None:
    with pytest.raises(IndicsubsError, match="--translation-engine ctranslate2"):
        choose_placement(MAC, translation_engine="ctranslate2")
    assert (
        choose_placement(MAC, "cpu", translation_engine="ctranslate2").translation_device == "cpu"
    )


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

    monkeypatch.setattr("indicsubs.machine.hardware.sys.platform", "darwin")
    monkeypatch.setattr("indicsubs.machine.hardware.subprocess.run", run)
    assert probe().cuda == ()


def test_hardware_is_probed_once_and_again_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = detect(tmp_path)
    assert found.cores >= 1
    assert found.memory_mib > 100
    monkeypatch.setattr("indicsubs.machine.hardware.probe", lambda: MAC)
    assert detect(tmp_path) == found
    assert detect(tmp_path, refresh=True) == MAC
    (tmp_path / "hardware.json").write_text('{"colour": 3}')
    assert detect(tmp_path) == MAC, "a cache of another version is probed anew"
