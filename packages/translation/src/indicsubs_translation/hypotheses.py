"""The translations that a network finds for a source."""

from typing import NamedTuple


class Hypothesis(NamedTuple):
    """A translation of one source, as token ids."""

    ids: list[int]
    """From the first token to the end token, which is absent where the engine cut the output."""
    score: float
    """Mean log-probability of its tokens, the end token included."""
