"""Cues with all that is known of them, as JSON."""

from collections.abc import Sequence

import msgspec

from indicsubs_common.cues import Cue
from indicsubs_common.formats.setting import Setting

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


def write(cues: Sequence[Cue], setting: Setting) -> str:
    """JSON, indented, one value a line."""
    document = CueDocument(
        language=setting.language.tag,
        language_name=setting.language.name,
        direction="rtl" if setting.language.right_to_left else "ltr",
        width=setting.width,
        height=setting.height,
        frame_rate=str(setting.frame_rate) if setting.frame_rate else None,
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
