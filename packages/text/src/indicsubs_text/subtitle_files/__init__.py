"""Subtitle files: one module for each format, which writes cues as text and reads them back.

Every part of indicsubs reads subtitle files through :func:`read_subtitles` and writes them through
:func:`encode`. To add a format: a module with ``write`` and ``read`` as :class:`Format` describes
them, a row in ``FORMATS``, and the name in the contract's ``SubtitleFormat``. The round trip in
``tests/unit/text/test_subtitle_formats.py`` covers every row.
"""

from collections.abc import Callable, Sequence

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import cue_document, subrip, substation, ttml, webvtt
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError, SubtitleFile
from indicsubs_text.subtitle_files.text_encoding import decode


class Format(msgspec.Struct, frozen=True, kw_only=True):
    """A subtitle format."""

    write: Callable[[Sequence[Cue], FileStyle], str]
    """Writes cues in order of time as the text of a file, whose lines end with newlines."""
    read: Callable[[str], SubtitleFile]
    """Reads such a text, and what other programs write; MalformedSubtitlesError names the place."""
    takes_mark: bool = True
    """Whether a byte order mark may stand before the text (JSON forbids it: RFC 8259, 8.1)."""


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
        style: Of the file.
        windows_lines: End lines with CR LF.
        mark: Begin with a byte order mark, where the format takes one.
    """
    text = FORMATS[name].write(cues, style)
    text = text.replace("\n", "\r\n") if windows_lines else text
    return (("\ufeff" if mark and FORMATS[name].takes_mark else "") + text).encode()


def read_subtitles(data: bytes, suffix: str, name: str) -> SubtitleFile:
    """Reads a subtitle file in any encoding that :func:`decode` knows, and leaves out empty cues.

    Cues may overlap, or end before they start: the caller decides whether that is an error.

    Args:
        data: The file.
        suffix: Its format, ``srt`` or ``.SRT``.
        name: What errors and warnings call it.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the format is unknown or the file cannot be read.
    """
    known = {str(name): form for name, form in FORMATS.items()}
    form = known.get(suffix.lower().removeprefix("."))
    if form is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} is not a subtitle file that indicsubs reads. Give a file that ends in"
            f" {', '.join(f'.{suffix}' for suffix in FORMATS)}.",
        )
    try:
        text, encoding_warnings = decode(data)
        read = form.read(text)
    except MalformedSubtitlesError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} cannot be read: {error}. Correct the file there, or save it as UTF-8 from a"
            " subtitle editor.",
        ) from error
    warnings = [f"{name}: {warning}" for warning in (*encoding_warnings, *read.warnings)]
    filled = [entry for entry in read.entries if any(map(str.strip, entry.cue.lines))]
    empty = len(read.entries) - len(filled)
    if empty:
        warnings.append(f"{empty} cue(s) of {name} without text were left out.")
    return SubtitleFile(entries=tuple(filled), warnings=tuple(warnings))
