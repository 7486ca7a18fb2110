"""The markup inside subtitle text: tags of SubRip and WebVTT, overrides of ASS."""

import re
from collections.abc import Callable

MARKUP = re.compile(r"</?[A-Za-z][^<>]*>|\{\\[^{}]*\}")
"""Tags of SubRip and WebVTT (``<i>``) and overrides of ASS (``{\\an8}``)."""


def outside_markup(text: str, change: Callable[[str], str]) -> str:
    """Returns the text with ``change`` applied to each piece that is not markup.

    >>> outside_markup("<i>go</i> on", str.upper)
    '<i>GO</i> ON'
    """
    parts: list[str] = []
    end = 0
    for mark in MARKUP.finditer(text):
        parts += [change(text[end : mark.start()]), mark[0]]
        end = mark.end()
    return "".join([*parts, change(text[end:])])
