"""The beginnings of long texts and lists, for messages."""

from collections.abc import Sequence


def shortened(text: str, most: int = 40) -> str:
    """Returns the beginning of a text that is too long for a message.

    >>> shortened("Hindi"), shortened("Hindi", 3)
    ('Hindi', 'Hin...')
    """
    return text if len(text) <= most else f"{text[:most]}..."


def first_few(items: Sequence[str], most: int = 5, separator: str = ", ") -> str:
    """Returns the first items of a list, and the number of the others.

    >>> first_few(["a", "b", "c"]), first_few(["a", "b", "c"], 2)
    ('a, b, c', 'a, b and 1 more')
    """
    others = len(items) - most
    return separator.join(items[:most]) + (f" and {others} more" if others > 0 else "")
