"""What this machine has to compute with, and what each stage should use of it."""

import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Literal

import msgspec

from indicsubs.workspace import CommandError
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.messages import Device, TranslationEngine, TranslationPrecision
from indicsubs_contract.stages import Backend

_PROBE_SECONDS = 10


class CudaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU as its driver describes it."""

    name: str
    memory_mib: int
    driver: str


class Hardware(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a machine that decide where stages run."""

    system: str
    machine: str
    cores: int
    memory_mib: int
    cuda: tuple[CudaDevice, ...] = ()

    @property
    def apple_silicon(self) -> bool:
        """Whether this is a Mac with its own GPU."""
        return self.system == "Darwin" and self.machine == "arm64"


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Engine, devices and number formats for a run."""

    backend: Backend
    asr_device: Device
    asr_compute_type: Literal["int8", "float16", "float32"]
    alignment_device: Device
    translation_device: Device
    translation_engine: TranslationEngine
    translation_compute_type: TranslationPrecision


def choose(
    hardware: Hardware,
    device: Device | None = None,
    backend: Backend | None = None,
    translation_engine: TranslationEngine | None = None,
    translation_precision: TranslationPrecision | None = None,
) -> Choice:
    """The best that the machine has, or what the user asked for.

    On a CPU CTranslate2 translates, in int8: four times as fast as torch in float32
    (docs/benchmarks.md), with doubtful lines tried again in float32. On a GPU torch does.

    Raises:
        CommandError: the machine lacks what was asked for.
    """
    if device == "cuda" and not hardware.cuda:
        raise CommandError(
            "--device cuda: this machine shows no NVIDIA GPU (`nvidia-smi` lists none). Leave"
            " --device out, or run `indicsubs doctor --refresh` after mending the driver.",
            ExitStatus.UNAVAILABLE,
        )
    if device == "mps" and not hardware.apple_silicon:
        raise CommandError(
            "--device mps is the GPU of Apple Silicon, which this machine is not. Leave --device"
            " out to use the best there is.",
            ExitStatus.UNAVAILABLE,
        )
    best: Device = "cuda" if hardware.cuda else "mps" if hardware.apple_silicon else "cpu"
    chosen = device or best
    engine: Backend = backend or ("mlx" if chosen == "mps" else "whisperx")
    cuda = chosen == "cuda"
    if engine == "mlx":
        asr_device: Device = "mps" if chosen == "mps" else "cpu"
    else:
        asr_device = "cuda" if cuda else "cpu"  # CTranslate2 has no Metal
    half = asr_device != "cpu"
    translation = translation_engine or ("ctranslate2" if chosen == "cpu" else "torch")
    if translation == "ctranslate2" and chosen == "mps":
        raise CommandError(
            "--translation-engine ctranslate2: CTranslate2 has no Metal. Give --device cpu with it,"
            " or leave it out to translate by torch on this GPU.",
            ExitStatus.UNAVAILABLE,
        )
    fastest: TranslationPrecision = "float32"
    if cuda:
        fastest = "float16"
    elif translation == "ctranslate2":
        fastest = "int8"
    return Choice(
        backend=engine,
        asr_device=asr_device,
        asr_compute_type="float16" if half else "float32" if engine == "mlx" else "int8",
        alignment_device="cuda" if cuda else "cpu",  # forced alignment has no Metal kernel
        translation_device=chosen,
        translation_engine=translation,
        translation_compute_type=translation_precision or fastest,
    )


def probe() -> Hardware:
    """Look at the machine."""
    return Hardware(
        system=platform.system(),
        machine=platform.machine(),
        cores=os.cpu_count() or 1,
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        cuda=_cuda_devices(),
    )


def detect(cache: Path, *, refresh: bool = False) -> Hardware:
    """What :func:`probe` found last time on this kind of machine, or finds now."""
    file = cache / "hardware.json"
    if file.is_file() and not refresh:
        try:
            known = msgspec.json.decode(file.read_bytes(), type=Hardware)
        except msgspec.DecodeError:
            known = None  # of another version: probe again
        if known and (known.system, known.machine) == (platform.system(), platform.machine()):
            return known
    hardware = probe()
    cache.mkdir(parents=True, exist_ok=True)
    file.write_bytes(msgspec.json.format(msgspec.json.encode(hardware)))
    return hardware


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
        return ()  # no driver, or one that does not answer: no usable GPU
    return parse_nvidia_smi(done.stdout)


def parse_nvidia_smi(text: str) -> tuple[CudaDevice, ...]:
    """Read ``name, memory in MiB, driver`` lines; lines of another form are no devices."""
    devices: list[CudaDevice] = []
    for line in text.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) == 3 and fields[1].isdigit():
            devices.append(CudaDevice(name=fields[0], memory_mib=int(fields[1]), driver=fields[2]))
    return tuple(devices)
