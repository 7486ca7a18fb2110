"""Names of files that clients give, or see."""

import re
from typing import Final

from indicsubs_text.file_names import name_stem

_JOINERS: Final = "\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
_SUFFIX: Final = re.compile(r"(?<=.)\.[A-Za-z0-9]{1,15}\Z")


def is_shown(character: str) -> bool:
    """Returns whether a character may stand in a name.

    The joiners of Indic scripts may, which Python does not count among the printable characters.
    """
    return character.isprintable() or character in _JOINERS


def safe_name(name: str, suffix: str | None = None) -> str:
    """Returns the last part of a file name, without anything that is not shown.

    Args:
        name: The name that a client gives, in whatever form.
        suffix: The suffix that the file gets; None keeps its own.
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in last if is_shown(c) and c != "\ufffd").strip().lstrip(".")
    own = _SUFFIX.search(shown)
    stem = shown[: own.start()] if own else shown
    end = own[0] if own and suffix is None else suffix or ""
    return name_stem(stem.rstrip(". ") or "audio") + end
