"""The type of a subtitle format, which writes cues as a file and reads cues from a file."""

from collections.abc import Callable, Sequence

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError, SubtitleFile
from indicsubs_text.subtitle_files.text_encoding import DecodedText, decode


class FileFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A subtitle format."""

    write: Callable[[Sequence[Cue], FileStyle], str]
    """Writes cues in order of time as the text of a file, whose lines end with newlines."""
    read: Callable[[str], SubtitleFile]
    """Reads such a text, also from other programs. MalformedSubtitlesError names the place."""
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
            cues: The cues, in order of time.
            style: The style of the file.
            windows_lines: Whether lines end with CR LF.
            mark: Whether the file begins with a byte order mark, where the format takes one.
        """
        text = self.write(cues, style)
        text = text.replace("\n", "\r\n") if windows_lines else text
        return (("\ufeff" if mark and self.takes_mark else "") + text).encode()

    def decode(self, data: bytes, name: str) -> SubtitleFile:
        """Reads a file in UTF-8, UTF-16 or Windows-1252, and leaves out empty cues.

        Cues may overlap, or end before they start. The caller decides whether that is an error.

        Args:
            data: The content of the file.
            name: The name of the file in errors and warnings.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where the file cannot be read.
        """
        try:
            decoded = decode(data)
        except MalformedSubtitlesError as error:
            raise cannot_be_read(name, error) from error
        return self.read_decoded(decoded, name)

    def read_decoded(self, decoded: DecodedText, name: str) -> SubtitleFile:
        """Reads a text as :meth:`decode` reads the file, with the warnings of its decoding."""
        try:
            read = self.read(decoded.text)
        except MalformedSubtitlesError as error:
            raise cannot_be_read(name, error) from error
        warnings = [f"{name}: {warning}" for warning in (*decoded.warnings, *read.warnings)]
        filled = [entry for entry in read.entries if any(map(str.strip, entry.cue.lines))]
        empty = len(read.entries) - len(filled)
        if empty:
            warnings.append(f"{empty} cue(s) of {name} without text were left out.")
        return SubtitleFile(entries=tuple(filled), warnings=tuple(warnings))


def cannot_be_read(name: str, error: MalformedSubtitlesError) -> IndicsubsError:
    """Returns the error for a subtitle file that cannot be read."""
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{name} cannot be read: {error}. Correct the file there, or save it as UTF-8 from a"
        " subtitle editor.",
    )
