"""Writes Markdown tables."""

import math
from collections.abc import Sequence
from typing import Any


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Returns a Markdown table; all columns but the first are numbers.

    >>> print(table(["name", "ratio"], [["a", 2.0], ["b", None]]))
    | name | ratio |
    |---|--:|
    | a | 2.00 |
    | b | – |
    """
    lines = [heads, *([_cell(value) for value in row] for row in rows)]
    written = ["| " + " | ".join(map(str, line)) + " |" for line in lines]
    return "\n".join([written[0], "|---|" + "--:|" * (len(heads) - 1), *written[1:]])


def percent(share: float) -> str:
    """Returns a share in percent.

    >>> percent(0.1234)
    '12.3 %'
    """
    return "–" if math.isnan(share) else f"{100 * share:.1f} %"


def megabytes(count: int) -> str:
    """Returns bytes as a number of megabytes."""
    return f"{count / 1e6:.0f}"


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if isinstance(value, float) else str(value)
