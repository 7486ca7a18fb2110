"""What is wrong with a cue by the rules of its profile."""

import msgspec


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A cue that breaks a rule, and by how much."""

    cue: int
    """Index, from 0."""
    rule: str
    """``length``, ``lines``, ``speed``, ``short``, ``long``, ``gap``, ``overlap``, ``cut``..."""
    value: float
    limit: float
    unit: str
    detail: str
