"""Subtitle formats, one module each: cues to text, and back.

To add one: a module with :func:`write` and :func:`read` as :class:`Format` has them, a row in
``FORMATS``, the name in the contract's ``SubtitleFormat``, and the round trip in
``tests/unit/test_formats.py``, which goes through all rows.
"""

from collections.abc import Callable, Sequence

import msgspec

from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import cue_document, subrip, substation, ttml, webvtt
from indicsubs_text.subtitle_files.style import FileStyle


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A way to write cues."""

    write: Callable[[Sequence[Cue], FileStyle], str]
    """The text of a file, its lines ended by newlines."""
    read: Callable[[str], list[Cue]]
    """The cues of such a file; ValueError, showing the place, where it is none."""
    takes_mark: bool = True
    """Whether a byte order mark may stand before it (JSON forbids it: RFC 8259, section 8.1)."""


FORMATS: dict[SubtitleFormat, Format] = {
    "srt": Format(write=subrip.write, read=subrip.read),
    "vtt": Format(write=webvtt.write, read=webvtt.read),
    "ass": Format(write=substation.write, read=substation.read),
    "ttml": Format(write=ttml.write, read=ttml.read),
    "json": Format(write=cue_document.write, read=cue_document.read, takes_mark=False),
}
"""The formats by the suffix of their files."""


def encode(
    name: SubtitleFormat,
    cues: Sequence[Cue],
    style: FileStyle,
    *,
    windows_lines: bool = False,
    mark: bool = False,
) -> bytes:
    """A whole file in UTF-8.

    Args:
        name: Of the format.
        cues: In order of time.
        setting: Of the film.
        windows_lines: End lines with CR LF.
        mark: Begin with a byte order mark, where the format takes one.
    """
    text = FORMATS[name].write(cues, style)
    text = text.replace("\n", "\r\n") if windows_lines else text
    return (("\ufeff" if mark and FORMATS[name].takes_mark else "") + text).encode()


def decode(data: bytes) -> str:
    """The text of a file in UTF-8, its lines ended by newlines, without byte order mark.

    Raises:
        ValueError: It is not in UTF-8.
    """
    text = data.decode("utf-8-sig")
    return text.replace("\r\n", "\n").replace("\r", "\n")
