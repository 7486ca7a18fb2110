"""Writes and reads cues as JSON, which holds everything that other formats cannot hold."""

from collections.abc import Sequence

import msgspec

from indicsubs_contract.documents import NOT_JSON
from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import (
    HOURS_LIMIT,
    MS_LIMIT,
    FileCue,
    MalformedSubtitlesError,
    SubtitleFile,
    in_order,
)

SCHEMA = 1


class DocumentCue(msgspec.Struct, frozen=True, kw_only=True):
    """A cue in the file, with the same meaning of fields as :class:`~indicsubs_text.cues.Cue`."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    kind: CueKind = "speech"
    segments: tuple[int, ...] = ()
    language: str | None = None


class CueDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of the file. New fields have defaults; readers ignore unknown ones."""

    schema: int = SCHEMA
    language: str
    """BCP-47 tag."""
    language_name: str
    direction: str
    """``ltr`` or ``rtl``."""
    width: int
    height: int
    frame_rate: str | None
    """Frames a second as a fraction, ``24000/1001``."""
    cues: tuple[DocumentCue, ...]


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """Returns the cues as indented JSON, one value a line."""
    document = CueDocument(
        language=style.language.tag,
        language_name=style.language.name,
        direction="rtl" if style.language.right_to_left else "ltr",
        width=style.width,
        height=style.height,
        frame_rate=str(style.frame_rate) if style.frame_rate else None,
        cues=tuple(msgspec.convert(cue, DocumentCue, from_attributes=True) for cue in cues),
    )
    return msgspec.json.format(msgspec.json.encode(document)).decode() + "\n"


def read(text: str) -> SubtitleFile:
    """Reads a document that :func:`write` wrote; unknown fields of later versions are ignored.

    Raises:
        MalformedSubtitlesError: The text is not such a document.
    """
    try:
        document = msgspec.json.decode(text, type=CueDocument)
    except NOT_JSON as error:
        raise MalformedSubtitlesError("it", f"is not a document of cues ({error})") from error
    if document.schema > SCHEMA:
        raise MalformedSubtitlesError("its schema", f"is {document.schema}, newer than {SCHEMA}")
    return in_order([_entry(cue, f"cue {n}") for n, cue in enumerate(document.cues, 1)])


def _entry(cue: DocumentCue, place: str) -> FileCue | MalformedSubtitlesError:
    for ms in (cue.start_ms, cue.end_ms):
        if not -MS_LIMIT < ms < MS_LIMIT:
            return MalformedSubtitlesError(
                place, f"has a time that is not within {HOURS_LIMIT} hours", str(ms)
            )
    return FileCue(cue=msgspec.convert(cue, Cue, from_attributes=True), place=place)


FORMAT = FileFormat(write=write, read=read, takes_mark=False)
