"""Names of the files that indicsubs makes beside each other, from the film's name."""

import unicodedata

NAME_BYTES = 255
"""The longest file name in bytes on the usual file systems of Linux and macOS."""
ADDED_BYTES = 48
"""Room for what is added to a film's name: a language, a purpose, a format, and the time of an
edited copy, as in ``.mni-Beng.forced.json.edited-20260101-120000``."""

_JOINER = "\N{ZERO WIDTH JOINER}"


def name_stem(stem: str) -> str:
    """Returns the film's name without its suffix, shortened so that longer names can be made of it.

    The end is not cut between a letter and its marks. Dots at the beginning, which hide files, are
    left out.

    >>> name_stem("film"), len(name_stem("क" * 80).encode())
    ('film', 207)
    """
    stem = stem.lstrip(".") or "film"
    room = NAME_BYTES - ADDED_BYTES
    if len(_encoded(stem)) <= room:
        return stem
    end = max(end for end in range(len(stem)) if len(_encoded(stem[:end])) <= room)
    while end and (unicodedata.category(stem[end])[0] == "M" or stem[end] == _JOINER):
        end -= 1
    return stem[:end].rstrip(". ") or "film"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
