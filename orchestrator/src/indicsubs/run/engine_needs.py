"""What a stage needs of the machine for a message: a device, and memory for its models."""

from pathlib import Path

from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.envelope import Request
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.walk import parts, parts_of_type


def device_of(message: Request | Preparation) -> Device:
    """Returns the device that the engine of a message computes on; the CPU without an engine."""
    for part in parts(message):
        device: Device = getattr(part, "device", "cpu")
        if device != "cpu":
            return device
    return "cpu"


def model_bytes(message: Request | Preparation) -> int:
    """Returns the size on the disk of the models that a message names."""
    folders = {model.folder for model in parts_of_type(message, ModelFolder)}
    return sum(
        path.stat().st_size
        for folder in folders
        for path in Path(folder).rglob("*")
        if path.is_file()
    )
