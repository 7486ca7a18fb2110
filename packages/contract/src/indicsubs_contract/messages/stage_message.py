"""The base of every request and result of a stage."""

from indicsubs_contract.structs import Message


class StageMessage(Message, frozen=True, kw_only=True, tag_field="stage"):
    """A request or a result; the field ``stage`` of its JSON names the stage."""
