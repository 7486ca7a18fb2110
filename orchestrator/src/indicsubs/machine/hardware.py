"""The hardware of this machine, and the engine and device that each stage uses."""

import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import msgspec

from indicsubs_contract.engines import (
    ENGINES,
    STAGE_ENVIRONMENTS,
    EngineRow,
    engines_for,
    environment_names,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.stages import StageName

_PROBE_SECONDS = 10


class CudaDevice(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU as its driver describes it."""

    name: str
    memory_mib: int
    driver: str


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


class EngineUse(msgspec.Struct, frozen=True, kw_only=True):
    """An engine, the device that it runs on, and the number format that it computes in."""

    engine: str
    device: Device
    compute_type: ComputeType

    @property
    def row(self) -> EngineRow:
        """The engine's row in the table."""
        return ENGINES[self.engine]


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """The engine of each stage that needs one, with its device, for one run."""

    recogniser: EngineUse
    aligner: EngineUse
    translator: EngineUse

    def engine(self, stage: StageName) -> EngineUse | None:
        """Returns the engine of a stage; None for a stage that needs no engine."""
        uses = (self.recogniser, self.aligner, self.translator)
        return next((use for use in uses if stage in use.row.stages), None)

    def environment(self, stage: StageName) -> str:
        """Returns the name of the environment that a stage runs in."""
        use = self.engine(stage)
        return STAGE_ENVIRONMENTS[stage] if use is None else use.row.environment

    def environments(self, stages: Iterable[StageName] = tuple(StageName)) -> tuple[str, ...]:
        """Returns the names of the environments that the stages run in, without duplicates."""
        used = {self.environment(stage) for stage in stages}
        return tuple(name for name in environment_names() if name in used)


def choose_placement(
    hardware: Hardware,
    device: Device | None = None,
    recogniser: str | None = None,
    translator: str | None = None,
    translation_compute_type: ComputeType | None = None,
) -> Placement:
    """Chooses the engines and devices that the user named, or else the best for the machine.

    Args:
        hardware: The machine's hardware.
        device: The device to use; None takes the best device.
        recogniser: Name of an engine; None takes the one that is preferred on the device.
        translator: As ``recogniser``.
        translation_compute_type: The number format of translation; None takes the engine's default.

    Raises:
        IndicsubsError: ``DEVICE`` where the machine has no such device, or the engine does not run
            on it or in the number format; ``USAGE`` for an engine that does not exist.
    """
    if device == "cuda" and not hardware.cuda:
        raise IndicsubsError(
            FailureCode.DEVICE,
            "--device cuda: this machine shows no NVIDIA GPU (`nvidia-smi` lists none). Leave"
            " --device out, or run `indicsubs doctor --refresh` after repairing the driver.",
        )
    if device == "mps" and not hardware.apple_silicon:
        raise IndicsubsError(
            FailureCode.DEVICE,
            "--device mps is the GPU of Apple Silicon, which this machine does not have. Leave"
            " --device out to use the best device.",
        )
    return Placement(
        recogniser=_use(StageName.ASR, "--backend", hardware, device, recogniser),
        aligner=_use(StageName.ALIGNMENT, "", hardware, device),
        translator=_use(
            StageName.INDICTRANS2_TRANSLATION,
            "--translation-engine",
            hardware,
            device,
            translator,
            translation_compute_type,
        ),
    )


def _use(
    stage: StageName,
    option: str,
    hardware: Hardware,
    device: Device | None,
    name: str | None = None,
    compute_type: ComputeType | None = None,
) -> EngineUse:
    """Returns the engine for a stage, with its device and number format.

    Where an engine that the user did not name cannot use the user's device, it runs on the CPU.
    """
    best = device or hardware.best_device
    row = _preferred(stage, best) if name is None else _named(stage, option, name)
    if best in row.compute_types:
        chosen = best
    elif name is None or device is None:
        chosen = "cpu"
    else:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"{option} {name} does not run on {device}, only on {', '.join(row.compute_types)}."
            f" Leave out --device or {option}.",
        )
    formats = row.compute_types[chosen]
    if compute_type is not None and compute_type not in formats:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"--translation-precision {compute_type}: {row.title} computes on {chosen} in"
            f" {', '.join(formats)}. Choose one of these, or leave the option out.",
        )
    return EngineUse(engine=row.name, device=chosen, compute_type=compute_type or formats[0])


def _preferred(stage: StageName, device: Device) -> EngineRow:
    rows = engines_for(stage)
    return next((row for row in rows if device in row.preferred_on), rows[0])


def _named(stage: StageName, option: str, name: str) -> EngineRow:
    rows = {row.name: row for row in engines_for(stage)}
    if name not in rows:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{option} {name}: there is no such engine; choose from {', '.join(rows)}.",
        )
    return rows[name]


def probe() -> Hardware:
    """Detects the hardware of this machine."""
    return Hardware(
        system=platform.system(),
        machine=platform.machine(),
        cores=os.cpu_count() or 1,
        memory_mib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
        cuda=_cuda_devices(),
    )


def detect(cache: Path, *, refresh: bool = False) -> Hardware:
    """Returns the hardware that :func:`probe` detected last time, or detects it now.

    Args:
        cache: The folder of the file with the last result.
        refresh: Detect the hardware again in any case. A result from another kind of machine is
            never used.
    """
    file = cache / "hardware.json"
    if file.is_file() and not refresh:
        try:
            known = msgspec.json.decode(file.read_bytes(), type=Hardware)
        except msgspec.DecodeError:
            known = None  # written by another version
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
