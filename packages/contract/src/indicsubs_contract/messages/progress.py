"""How far a stage is."""

from indicsubs_contract.structs import Message


class AnswerMessage(Message, frozen=True, kw_only=True, tag_field="type"):
    """A line that a stage writes; the field ``type`` of its JSON says which kind."""


class Progress(AnswerMessage, frozen=True, kw_only=True, tag="progress"):
    """How far a stage is. ``total`` 0 means that nobody knows."""

    stage: str
    done: int
    total: int
    unit: str
    note: str = ""
