"""WebVTT (W3C, https://www.w3.org/TR/webvtt1/)."""

import re
from collections.abc import Sequence

from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import timed_text as subtitle_text
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subrip import timed_text
from indicsubs_text.subtitle_files.timed_text import from_vtt_line

_SETTINGS = "position:50% size:90% align:center"
"""In the middle, clear of the picture's sides; the player keeps clear of its own controls below."""
_TIME = r"(?:(\d{2,}):)?([0-5]\d):([0-5]\d)\.(\d{3})"
_TIMING = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_ITALIC = re.compile(r"<i>(.*)</i>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """WebVTT, numbered from 1, with a note of its language; songs in italics."""
    language = style.language
    direction = ", right to left" if language.right_to_left else ""
    return subtitle_text.to_vtt(
        (timed_text(cue, style) for cue in cues),
        f"Language: {language.name} ({language.tag}){direction}",
        settings=_SETTINGS,
        right_to_left=language.right_to_left,
    )


def read(text: str) -> list[Cue]:
    """Cues in order of time: text in italics throughout is a song, other tags are taken out.

    Identifiers, cue settings, notes, styles and regions are skipped.

    Raises:
        ValueError: It is no WebVTT; the message shows the place.
    """
    head, *blocks = re.split(r"\n\n+", text)
    if not re.match(r"WEBVTT(?:[ \t\n]|$)", head):
        raise ValueError(f"the first line is {head.partition(chr(10))[0]!r}, not 'WEBVTT'")
    cues = [_cue(block) for block in blocks if "-->" in block]
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _cue(block: str) -> Cue:
    lines = block.split("\n")
    at = 0 if "-->" in lines[0] else 1
    timing = _TIMING.fullmatch(lines[at])
    if timing is None:
        raise ValueError(f"{lines[at]!r} is no timing of a cue")
    times = timing.groups()
    payload = "\n".join(lines[at + 1 :]).removesuffix("\n")
    italic = _ITALIC.fullmatch(payload)
    payload = _TAG.sub("", italic[1] if italic else payload)
    return Cue(
        start_ms=_ms(times[:4]),
        end_ms=_ms(times[4:]),
        lines=tuple(map(from_vtt_line, payload.split("\n"))) if payload else (),
        kind="song" if italic else "speech",
    )


def _ms(fields: Sequence[str | None]) -> int:
    hours, minutes, seconds, ms = (int(field or 0) for field in fields)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms
