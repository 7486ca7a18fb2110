"""Writes tables and docstrings as Markdown."""

import re
from collections.abc import Iterable, Sequence

_ROLE = re.compile(r":[a-z]+:`~?(?:[\w.]+\.)?(\w+)`")


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    r"""Returns a Markdown table. A bar in a cell is escaped, and a line break becomes a space.

    >>> print(table(("a", "b"), [("1", "x|y")]), end="")
    | a | b |
    |---|---|
    | 1 | x\|y |
    """
    lines = [_row(header), "|" + "---|" * len(header), *(_row(row) for row in rows)]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(c.replace("|", "\\|").split()) for c in cells) + " |"


def from_docstring(text: str) -> str:
    """Returns a docstring as Markdown: literals and references to code become code.

    >>> from_docstring("``auto`` or :class:`~package.module.Name`.")
    '`auto` or `Name`.'
    """
    return _ROLE.sub(r"`\1`", text).replace("``", "`")


def code(text: object) -> str:
    """Returns a value as inline code.

    >>> code("a b")
    '`a b`'
    """
    return f"`{text}`"


def slug(heading: str) -> str:
    """Returns the anchor that GitHub and MyST give a heading.

    >>> slug("The file `job.json`: what was asked")
    'the-file-jobjson-what-was-asked'
    """
    kept = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return kept.replace(" ", "-")
