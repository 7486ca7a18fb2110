"""What the processes of stages may use of a machine, and what they are expected to need."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from indicsubs_contract.messages.engine import Device

_START_BYTES: Final = 400_000_000
"""What a process is taken to need besides its models, until its first answer says what it used."""
_LOADED: Final = 1.3
"""How much memory a model is taken to need, in times of its size on the disk."""


class Limits(NamedTuple):
    """What the processes of a runner may use of the machine."""

    slots: Mapping[Device, int]
    """The number of stages that may work on a device at the same time."""
    memory_bytes: Mapping[Device, int]
    """The memory for all processes: that of the CPU, and that of each GPU. A device that is absent
    has no limit."""

    def are_exceeded(self, needs: Iterable[Mapping[Device, int]]) -> bool:
        """Returns whether processes need more memory than they may use.

        Args:
            needs: The memory of each process in bytes, by device.
        """
        needs = list(needs)
        return any(
            sum(each.get(device, 0) for each in needs) > limit
            for device, limit in self.memory_bytes.items()
        )


def estimated_memory(device: Device, model_bytes: int) -> dict[Device, int]:
    """Returns the memory in bytes that a new process of a stage is taken to need, by device.

    Args:
        device: The device that the stage's engine computes on.
        model_bytes: The size on the disk of the models that the stage loads.
    """
    size = _START_BYTES + round(_LOADED * model_bytes)
    return {"cpu": size, device: size}
