"""A message to a stage that waits for its request."""

from indicsubs_contract.documents import SCHEMA
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.structs import Message


class Preparation(Message, frozen=True, kw_only=True):
    """A line before the manifest, with the part of the coming request that is already known.

    It changes no result. A stage that was not prepared, or was prepared for another request, does
    the same work later.
    """

    schema: int = SCHEMA
    prepare: StageName
    """The stage that the manifest will be for."""
    model: ModelFolder | None = None
    """The model to load; None only imports the engine."""
    device: Device = "cpu"
    engine: str | None = None
    compute_type: ComputeType = "float32"
