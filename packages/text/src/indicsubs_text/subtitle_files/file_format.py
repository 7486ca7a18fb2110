"""A subtitle format: how cues become a file, and how a file becomes cues."""

from collections.abc import Callable, Sequence

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError, SubtitleFile
from indicsubs_text.subtitle_files.text_encoding import decode


class FileFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A subtitle format."""

    write: Callable[[Sequence[Cue], FileStyle], str]
    """Writes cues in order of time as the text of a file, whose lines end with newlines."""
    read: Callable[[str], SubtitleFile]
    """Reads such a text, and what other programs write; MalformedSubtitlesError names the place."""
    takes_mark: bool = True
    """Whether a byte order mark may stand before the text (JSON forbids it: RFC 8259, 8.1)."""

    def encode(
        self,
        cues: Sequence[Cue],
        style: FileStyle,
        *,
        windows_lines: bool = False,
        mark: bool = False,
    ) -> bytes:
        """Returns a whole file in UTF-8.

        Args:
            cues: In order of time.
            style: Of the file.
            windows_lines: End lines with CR LF.
            mark: Begin with a byte order mark, where the format takes one.
        """
        text = self.write(cues, style)
        text = text.replace("\n", "\r\n") if windows_lines else text
        return (("\ufeff" if mark and self.takes_mark else "") + text).encode()

    def decode(self, data: bytes, name: str) -> SubtitleFile:
        """Reads a file in any encoding that is known, and leaves out empty cues.

        Cues may overlap, or end before they start: the caller decides whether that is an error.

        Args:
            data: The file.
            name: What errors and warnings call it.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where the file cannot be read.
        """
        try:
            text, encoding_warnings = decode(data)
            read = self.read(text)
        except MalformedSubtitlesError as error:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"{name} cannot be read: {error}. Correct the file there, or save it as UTF-8 from"
                " a subtitle editor.",
            ) from error
        warnings = [f"{name}: {warning}" for warning in (*encoding_warnings, *read.warnings)]
        filled = [entry for entry in read.entries if any(map(str.strip, entry.cue.lines))]
        empty = len(read.entries) - len(filled)
        if empty:
            warnings.append(f"{empty} cue(s) of {name} without text were left out.")
        return SubtitleFile(entries=tuple(filled), warnings=tuple(warnings))
