"""Compares the times of words and sentences with true ones. Pure."""

import difflib
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.speech.words import plain


class Timed(NamedTuple):
    """A word or a sentence with its times."""

    text: str
    start_ms: int
    end_ms: int


class BoundaryErrors(NamedTuple):
    """How far starts and ends are from the true ones, without regard to the direction."""

    matched: int
    """The number of true items that were found."""
    total: int
    """The number of true items."""
    start_ms: tuple[float, ...]
    end_ms: tuple[float, ...]

    @property
    def mean_ms(self) -> float:
        """The mean over starts and ends; NaN where nothing was found."""
        return _mean((*self.start_ms, *self.end_ms))

    @property
    def mean_start_ms(self) -> float:
        """The mean over starts; NaN where nothing was found."""
        return _mean(self.start_ms)

    @property
    def mean_end_ms(self) -> float:
        """The mean over ends; NaN where nothing was found."""
        return _mean(self.end_ms)

    @property
    def highest_5_percent_ms(self) -> float:
        """The 95th percentile of starts and ends (nearest rank); NaN where nothing was found."""
        ordered = sorted((*self.start_ms, *self.end_ms))
        return ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)] if ordered else _NAN


_NAN = float("nan")


def _mean(errors: Sequence[float]) -> float:
    return statistics.mean(errors) if errors else _NAN


def boundary_errors(true: Sequence[Timed], found: Sequence[Timed]) -> BoundaryErrors:
    """Compares items that have the same text, in their order.

    Case and punctuation do not count. An item that was not found, or was found with another text,
    counts in ``total`` alone.

    >>> errors = boundary_errors(
    ...     [Timed("Close", 100, 400), Timed("it.", 400, 600)],
    ...     [Timed("close", 110, 390), Timed("if", 400, 600)],
    ... )
    >>> errors.matched, errors.total, errors.mean_ms
    (1, 2, 10)
    """
    matcher = difflib.SequenceMatcher(
        None, [plain(one.text) for one in true], [plain(one.text) for one in found], autojunk=False
    )
    pairs = [
        (true[block.a + k], found[block.b + k])
        for block in matcher.get_matching_blocks()
        for k in range(block.size)
    ]
    return BoundaryErrors(
        len(pairs),
        len(true),
        tuple(abs(one.start_ms - other.start_ms) for one, other in pairs),
        tuple(abs(one.end_ms - other.end_ms) for one, other in pairs),
    )
