"""The engine and device that each stage uses, by the hardware of a machine."""

import platform
from pathlib import Path

import msgspec

from indicsubs_contract.documents import NOT_JSON
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
from indicsubs_processes.hardware import Hardware, probe


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
    """The device and the number format of every engine on this machine, for one run."""

    device: Device
    """The device that engines run on if they can."""
    uses: dict[str, EngineUse]
    """The engines by name, each on this device or on the CPU."""
    recogniser: EngineUse | None
    """The recogniser that the user named; None chooses one by the film's language."""
    translator: EngineUse

    def preferred(self, stage: StageName, family: str | None = None) -> EngineUse:
        """Returns the engine of a stage that suits the device best.

        Args:
            stage: A stage that needs an engine.
            family: The family that the engine must be of; None accepts every family.
        """
        rows = [row for row in engines_for(stage) if family in (None, row.family)]
        best = next((row for row in rows if self.device in row.preferred_on), rows[0])
        return self.uses[best.name]

    def environments(self) -> tuple[str, ...]:
        """Returns the names of the environments that runs on this machine need."""
        stages = (StageName.ASR, StageName.ALIGNMENT)
        rows = [row for stage in stages for row in engines_for(stage) if row.preferred_on]
        engines = [self.preferred(row.stages[0], row.family) for row in rows]
        used = {use.row.environment for use in (*engines, self.translator)}
        used.update(STAGE_ENVIRONMENTS.values())
        if self.recogniser is not None:
            used.add(self.recogniser.row.environment)
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
            " --device out, or run `just doctor --refresh` after repairing the driver.",
        )
    if device == "mps" and not hardware.apple_silicon:
        raise IndicsubsError(
            FailureCode.DEVICE,
            "--device mps is the GPU of Apple Silicon, which this machine does not have. Leave"
            " --device out to use the best device.",
        )
    best = device or hardware.best_device
    return Placement(
        device=best,
        uses={row.name: _use(row, best) for row in ENGINES.values()},
        recogniser=None
        if recogniser is None
        else _checked(
            named_engine(StageName.ASR, "--backend", recogniser), "--backend", best, device
        ),
        translator=_translator(best, device, translator, translation_compute_type),
    )


def _translator(
    best: Device, device: Device | None, name: str | None, compute_type: ComputeType | None
) -> EngineUse:
    stage, option = StageName.INDICTRANS2_TRANSLATION, "--translation-engine"
    if name is None:
        rows = engines_for(stage)
        use = _use(next((row for row in rows if best in row.preferred_on), rows[0]), best)
    else:
        use = _checked(named_engine(stage, option, name), option, best, device)
    formats = use.row.compute_types[use.device]
    if compute_type is not None and compute_type not in formats:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"--translation-precision {compute_type}: {use.row.title} computes on {use.device} in"
            f" {', '.join(formats)}. Choose one of these, or leave the option out.",
        )
    return msgspec.structs.replace(use, compute_type=compute_type or use.compute_type)


def _use(row: EngineRow, best: Device) -> EngineUse:
    """Returns an engine on the best device, or on the CPU where it cannot use that device."""
    device: Device = best if best in row.compute_types else "cpu"
    return EngineUse(engine=row.name, device=device, compute_type=row.compute_types[device][0])


def _checked(row: EngineRow, option: str, best: Device, device: Device | None) -> EngineUse:
    """Returns an engine that the user named.

    Raises:
        IndicsubsError: ``DEVICE`` where it does not run on the device that the user named.
    """
    if device is not None and device not in row.compute_types:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"{option} {row.name} does not run on {device}, only on {', '.join(row.compute_types)}."
            f" Leave out --device or {option}.",
        )
    return _use(row, best)


def named_engine(stage: StageName, option: str, name: str) -> EngineRow:
    """Returns the row of an engine that the user named with an option.

    Raises:
        IndicsubsError: ``USAGE`` where the stage has no such engine.
    """
    rows = {row.name: row for row in engines_for(stage)}
    if name not in rows:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{option} {name}: there is no such engine; choose from {', '.join(rows)}.",
        )
    return rows[name]


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
        except (OSError, *NOT_JSON):
            known = None  # of another version, damaged, or of another user
        if known and (known.system, known.machine) == (platform.system(), platform.machine()):
            return known
    hardware = probe()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        file.write_bytes(msgspec.json.format(msgspec.json.encode(hardware)))
    except OSError:
        pass  # a checkout that cannot be written to: the next command detects it again
    return hardware
