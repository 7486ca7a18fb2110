"""The progress of a stage."""

from indicsubs_contract.structs import Message


class AnswerMessage(Message, frozen=True, kw_only=True, tag_field="type"):
    """A line that a stage writes; the field ``type`` of its JSON says which kind of answer."""


class Progress(AnswerMessage, frozen=True, kw_only=True, tag="progress"):
    """The progress of a stage. ``total`` 0 means that the total is unknown."""

    stage: str
    done: int
    total: int
    unit: str
    note: str = ""
    resumed: bool = False
    """An interrupted run has done this amount, and the stage goes on from here."""
