"""Decodes a subtitle file and converts its line ends to newlines.

Subtitle files do not name their encoding. A file that is neither UTF-8 nor UTF-16 is read as
Windows-1252, with a warning; docs/decisions/0016-subtitle-files.md gives the reason.
"""

import codecs
import re
from typing import NamedTuple

from indicsubs_text.subtitle_files.subtitle_file import MalformedSubtitlesError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order marks, and the encoding that each one declares."""
_NAMES = {
    "utf-8": "UTF-8",
    "utf-16-le": "UTF-16 (little-endian)",
    "utf-16-be": "UTF-16 (big-endian)",
    "cp1252": "Windows-1252 (Western European)",
}
_ZEROS_RATIO = 10
_ZEROS_SHARE = 0.2
"""In UTF-16, the high bytes of digits, arrows, spaces and line ends are zero, and hardly any low
byte is. A file is UTF-16 where more than ``_ZEROS_SHARE`` of all characters have a zero in one of
their two bytes, and that byte is zero more than ``_ZEROS_RATIO`` times as often as the other."""
_MULTIBYTE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
"""A character of several bytes in UTF-8. In Windows-1252 such sequences are rare."""


class DecodedText(NamedTuple):
    """A text whose lines end with newlines, without a byte order mark."""

    text: str
    warnings: tuple[str, ...]
    """A warning that names the encoding, where the encoding was assumed."""


def decode(data: bytes) -> DecodedText:
    """Decodes a file in UTF-8, UTF-16 or Windows-1252.

    UTF-8 with a few damaged bytes is an error. If it were read as Windows-1252, each of its other
    letters would become two or three wrong letters.

    Raises:
        MalformedSubtitlesError: The file is in another encoding, or is not text.
    """
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "")
    )
    body = data[len(mark) :]
    warnings: tuple[str, ...] = ()
    if not encoding:
        encoding = _likely_encoding(body)
        if encoding != "utf-8":
            assumed = (
                f"the file is not in UTF-8; it was read as {_NAMES[encoding]}. Where letters are"
                " wrong, save it as UTF-8 from a subtitle editor."
            )
            warnings = (assumed,)
    try:
        text = _with_newlines(body.decode(encoding))
    except UnicodeDecodeError as error:
        before = _with_newlines(body[: error.start].decode(encoding))
        raise MalformedSubtitlesError(
            _line_after(before),
            f"has a byte that is not {_NAMES[encoding]} (0x{body[error.start]:02x}, byte"
            f" {len(mark) + error.start + 1} of the file)",
        ) from error
    if "\0" in text:
        raise MalformedSubtitlesError(
            _line_after(text.partition("\0")[0]), "has a null character, which no text has"
        )
    return DecodedText(text, warnings)


def _likely_encoding(body: bytes) -> str:
    """Returns the likely encoding of a file without a byte order mark."""
    even, odd = body[::2].count(0), body[1::2].count(0)
    least, most = sorted((even, odd))
    if most > _ZEROS_RATIO * least and most > _ZEROS_SHARE * len(body) / 2:
        return "utf-16-le" if odd > even else "utf-16-be"
    try:
        body.decode()
    except UnicodeDecodeError:
        strays = re.sub(rb"[\x00-\x7f]", b"", _MULTIBYTE.sub(b"", body))
        return "utf-8" if len(_MULTIBYTE.findall(body)) > len(strays) else "cp1252"
    return "utf-8"


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _line_after(before: str) -> str:
    """Returns the line of the character that follows a text: ``line 7``."""
    return f"line {before.count(chr(10)) + 1}"
