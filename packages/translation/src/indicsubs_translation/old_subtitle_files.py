"""Reading SubRip and WebVTT. A reader is a function from text to cues; READERS names them all."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import srt

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_translation.cue_sentences import Cue

_BYTE_ORDER_MARKS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_VTT_TIME = r"(?:(\d+):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_VTT_TIMING = re.compile(rf"{_VTT_TIME}[ \t]+-->[ \t]+{_VTT_TIME}(?:[ \t]|$)")
_VTT_BLOCKS = ("NOTE", "STYLE", "REGION")
"""Blocks that show nothing."""
_VTT_VOICE = re.compile(r"<v(?:\.[^ \t>]*)?[ \t]*([^>]*)>")
_VTT_TAG = re.compile(r"<[^>]*>")


def decode(data: bytes, name: str) -> str:
    """Text of a file in UTF-8, with or without a byte order mark, or in UTF-16 with one.

    Lines end with newlines alone.

    Raises:
        IndicsubsError: ``BAD_INPUT``, for any other encoding.
    """
    mark, encoding = next(
        ((m, e) for m, e in _BYTE_ORDER_MARKS if data.startswith(m)), (b"", "utf-8")
    )
    try:
        text = data[len(mark) :].decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(name, f"byte {len(mark) + error.start} is no {encoding.upper()}") from error
    if "\0" in text:
        raise _not_text(name, "it has null characters")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_srt(text: str, name: str) -> list[Cue]:
    """Cues of a SubRip file, in the order of the file.

    Raises:
        IndicsubsError: ``BAD_INPUT``, with the line where the file stops being SubRip.
    """
    try:
        parsed = list(srt.parse(text))
    except srt.SRTParseError as error:
        line = text.count("\n", 0, error.expected_start) + 1
        raise _malformed(name, line, error.unmatched_content.strip()) from error
    for cue in parsed:
        # srt takes a cue whose timing it cannot read for text of the cue before.
        for content in cue.content.splitlines():
            if "-->" in content:
                raise _malformed(name, text.count("\n", 0, text.index(content)) + 1, content)
    return [Cue(_milliseconds(cue.start), _milliseconds(cue.end), cue.content) for cue in parsed]


def read_vtt(text: str, name: str) -> list[Cue]:
    """Cues of a WebVTT file, in the order of the file (W3C, WebVTT, section "File format").

    Identifiers, settings, notes, styles and regions are skipped, tags taken out and character
    references replaced. A cue with several voices gets a dialogue dash before each.

    Raises:
        IndicsubsError: ``BAD_INPUT``, with the line that is no WebVTT.
    """
    lines = text.split("\n")
    if not re.match(r"WEBVTT(?:[ \t]|$)", lines[0]):
        raise _malformed(name, 1, lines[0])
    cues: list[Cue] = []
    number = 0
    while number < len(lines) and lines[number].strip() and "-->" not in lines[number]:
        number += 1  # the header may have lines of its own
    while number < len(lines):
        if not lines[number].strip():
            number += 1
            continue
        start = number
        while number < len(lines) and lines[number].strip():
            number += 1
        block = lines[start:number]
        if block[0].split(maxsplit=1)[0] in _VTT_BLOCKS:
            continue
        at = 1 if "-->" not in block[0] and len(block) > 1 else 0  # below the identifier, if any
        timing = _VTT_TIMING.match(block[at].strip())
        if timing is None:
            raise _malformed(name, start + at + 1, block[at])
        fields = timing.groups()
        text, speaker = _payload(block[at + 1 :])
        cues.append(Cue(_clock(fields[:4]), _clock(fields[4:]), text, speaker))
    return cues


READERS: dict[str, Callable[[str, str], list[Cue]]] = {".srt": read_srt, ".vtt": read_vtt}
"""The reader of each suffix."""


def _payload(lines: list[str]) -> tuple[str, str | None]:
    """The text of a cue, and the voice that says all of it."""
    text = "\n".join(lines)
    voices = _VTT_VOICE.findall(text)
    if len(voices) > 1:
        text = _VTT_VOICE.sub("\n- ", text)
    one = html.unescape(voices[0]).strip() if len(voices) == 1 and text[:2] == "<v" else ""
    return html.unescape(_VTT_TAG.sub("", text)).strip(), one or None


def _clock(fields: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, milliseconds = (int(field or 0) for field in fields)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + milliseconds


def _milliseconds(time: timedelta) -> int:
    return time // timedelta(milliseconds=1)


def _malformed(name: str, line: int, found: str) -> IndicsubsError:
    first = found.partition("\n")[0][:60]
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{name} cannot be read from line {line} on: {first!r}. Correct the file there, or save it"
        " anew from a subtitle editor.",
    )


def _not_text(name: str, why: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{name} is not in UTF-8 ({why}). Save it as UTF-8, for instance in a subtitle editor.",
    )
