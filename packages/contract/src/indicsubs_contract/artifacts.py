"""References to the files of a stage, when the files move."""

from typing import TypeVar

from msgspec.structs import replace

from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.walk import transform

Message = TypeVar("Message")


def moved(message: Message, old: str, new: str) -> Message:
    """Returns a message whose files of the folder ``old`` are in ``new`` instead.

    Args:
        message: A message with artifacts.
        old: The folder of the files until now, relative to the job.
        new: Their new folder, relative to the job.
    """

    def move(part: object) -> object:
        if not isinstance(part, Artifact) or not part.path.startswith(f"{old}/"):
            return part
        return replace(part, path=new + part.path.removeprefix(old))

    return transform(message, move)
