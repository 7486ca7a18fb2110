"""Cues with all that is known of them, as JSON."""

from collections.abc import Sequence

import msgspec

from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.style import FileStyle

SCHEMA = 1


class CueDocument(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in the file. New fields have defaults; readers pass over unknown ones."""

    schema: int = SCHEMA
    language: str
    """BCP-47."""
    language_name: str
    direction: str
    """``ltr`` or ``rtl``."""
    width: int
    height: int
    frame_rate: str | None
    """Frames a second as a fraction, ``24000/1001``."""
    cues: tuple[Cue, ...]


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """JSON, indented, one value a line."""
    document = CueDocument(
        language=style.language.tag,
        language_name=style.language.name,
        direction="rtl" if style.language.right_to_left else "ltr",
        width=style.width,
        height=style.height,
        frame_rate=str(style.frame_rate) if style.frame_rate else None,
        cues=tuple(cues),
    )
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def read(text: str) -> list[Cue]:
    """The cues, in the order of the file.

    Raises:
        ValueError: It is no such document.
    """
    document = msgspec.json.decode(text, type=CueDocument)
    if document.schema > SCHEMA:
        raise ValueError(f"its schema is {document.schema}, newer than {SCHEMA}")
    return list(document.cues)
