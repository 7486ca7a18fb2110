"""The encoding and the line ends of subtitle files."""

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.subtitle_files.formats import read_subtitles
from indicsubs_text.subtitle_files.text_encoding import decode

HINDI = "1\n00:00:01,000 --> 00:00:02,500\nतुम यहाँ क्या कर रहे हो?\n"
ENGLISH = "1\n00:00:01,000 --> 00:00:02,500\nIt\u2019s naïve \u2014 señor.\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("text", [HINDI, ENGLISH, ""])
def test_encodings_that_are_certain(text: str, newline: str, encoding: str) -> None:
    assert decode(text.replace("\n", newline).encode(encoding)) == (text, ())


def test_both_byte_orders_of_utf_16() -> None:
    assert decode(b"\xff\xfe" + HINDI.encode("utf-16-le")) == (HINDI, ())
    assert decode(b"\xfe\xff" + HINDI.encode("utf-16-be")) == (HINDI, ())


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        (HINDI, "utf-16-le", "UTF-16 (little-endian)"),
        (HINDI, "utf-16-be", "UTF-16 (big-endian)"),
        (ENGLISH, "utf-16-le", "UTF-16 (little-endian)"),
        (ENGLISH, "cp1252", "Windows-1252 (Western European)"),
        ("café £5\r\n", "latin-1", "Windows-1252 (Western European)"),
        ("«Ã©» naïve", "cp1252", "Windows-1252 (Western European)"),
    ],
)
def test_an_assumed_encoding_is_named(text: str, encoding: str, name: str) -> None:
    decoded = decode(text.encode(encoding))
    assert decoded.text == text.replace("\r\n", "\n")
    (warning,) = decoded.warnings
    assert f"not in UTF-8; it was read as {name}. Where letters" in warning


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HINDI.encode()[:-9] + b"\n\xe0\n", "line 4 has a byte that is not UTF-8 (0xe0, byte"),
        (b"\xef\xbb\xbfna\xefve", "line 1 has a byte that is not UTF-8 (0xef, byte 6 of the file)"),
        ("پنجاب".encode("cp1256"), "line 1 has a byte that is not Windows-1252"),
        (b"\xff\xfe\x00\xd8", "line 1 has a byte that is not UTF-16 (little-endian)"),
        (b"\xff\xfea\x00\n\x00b", "line 2 has a byte that is not UTF-16 (little-endian)"),
        (b"1\r\n\r\nab\0cdef", "line 3 has a null character"),
        ("a\n".encode("utf-32"), "line 1 has a null character"),
    ],
)
def test_what_is_no_text_is_refused_with_the_line(data: bytes, reason: str) -> None:
    with pytest.raises(IndicsubsError, match="save it as UTF-8") as caught:
        read_subtitles(data, "srt", "film.srt")
    assert caught.value.code is FailureCode.BAD_INPUT
    assert f"film.srt cannot be read: {reason}" in caught.value.message


def test_the_warning_names_the_file() -> None:
    file = read_subtitles(ENGLISH.encode("cp1252"), "srt", "film.srt")
    assert file.cues[0].lines == ("It\u2019s naïve \u2014 señor.",)
    (warning,) = file.warnings
    assert warning == (
        "film.srt: the file is not in UTF-8; it was read as Windows-1252 (Western European). Where"
        " letters are wrong, save it as UTF-8 from a subtitle editor."
    )
