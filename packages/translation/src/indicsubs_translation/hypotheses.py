"""The translations that a network finds for a source."""

from typing import NamedTuple


class Hypothesis(NamedTuple):
    """A translation of one source, as token ids."""

    ids: list[int]
    """All tokens, and the end token last, which is absent where the engine cut the output."""
    score: float
    """Mean log-probability of the tokens, the end token included."""
