"""The hardware of a machine."""

import os
import platform
import subprocess
import sys

import msgspec

from indicsubs_contract.messages.engine import CudaDevice, Device

_PROBE_SECONDS = 10


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of a machine that decide where stages run."""

    system: str
    machine: str
    cores: int
    memory_mib: int
    cuda: tuple[CudaDevice, ...] = ()

    @property
    def apple_silicon(self) -> bool:
        """Whether this is a Mac with Apple Silicon, which has a GPU."""
        return self.system == "Darwin" and self.machine == "arm64"

    @property
    def best_device(self) -> Device:
        """The fastest device of this machine."""
        if self.cuda:
            return "cuda"
        return "mps" if self.apple_silicon else "cpu"


def probe() -> Hardware:
    """Detects the hardware of this machine."""
    return Hardware(
        system=platform.system(),
        machine=platform.machine(),
        cores=os.cpu_count() or 1,
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        cuda=_cuda_devices(),
    )


def _cuda_devices() -> tuple[CudaDevice, ...]:
    if sys.platform == "darwin":
        return ()
    command = [
        "nvidia-smi",
        "--query-gpu=name,memory.total,driver_version",
        "--format=csv,noheader,nounits",
    ]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()  # no driver, or a driver that does not answer: no usable GPU
    return parse_nvidia_smi(done.stdout)


def parse_nvidia_smi(text: str) -> tuple[CudaDevice, ...]:
    """Reads lines of the form ``name, memory in MiB, driver`` and ignores other lines."""
    devices: list[CudaDevice] = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 3 and fields[1].isdigit():
            devices.append(CudaDevice(name=fields[0], memory_mib=int(fields[1]), driver=fields[2]))
    return tuple(devices)
