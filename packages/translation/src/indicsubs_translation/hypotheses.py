"""What a translation network says of a source."""

from typing import NamedTuple


class Hypothesis(NamedTuple):
    """A translation of one source, as token ids."""

    ids: list[int]
    """From its first token to its end token; the end token is missing where the engine cut it."""
    score: float
    """Mean log-probability of its tokens, the end token included."""
