"""TTML in the text profile of IMSC 1 (W3C, https://www.w3.org/TR/ttml-imsc1.0.1/)."""

import re
from collections.abc import Iterator, Sequence
from fractions import Fraction
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.timed_text import plain

_NS = "http://www.w3.org/ns/ttml"
_ROLES: dict[CueKind, str] = {"song": "lyrics", "sound": "sound"}
"""``ttm:role`` of what is not speech."""
_KINDS: dict[str | None, CueKind] = {role: kind for kind, role in _ROLES.items()}
_CLOCK = re.compile(r"(\d{2,}):([0-5]\d):([0-5]\d(?:\.\d+)?)")


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """An IMSC 1 document: a region at the bottom, songs in italics, a direction as attribute.

    Times are clock times on the film's own clock, down to the microsecond where a frame's own time
    has no whole milliseconds.
    """
    language = style.language
    direction = ' tts:direction="rtl"' if language.right_to_left else ""
    font = quoteattr(f"'{style.font.family}', proportionalSansSerif")
    # 75 % of a cell, which is a fifteenth of the height, is 5 % of it, as WebVTT has by default.
    head = f"""<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="{_NS}" xmlns:ttp="{_NS}#parameter" xmlns:tts="{_NS}#styling" xmlns:ttm="{_NS}#metadata"
 xml:lang="{language.tag}" xml:space="preserve"
 ttp:profile="{_NS}/profile/imsc1/text" ttp:timeBase="media"{_frame_rate(style)}>
<head>
<metadata><ttm:title>{escape(language.name)}</ttm:title></metadata>
<styling>
<style xml:id="text" tts:fontFamily={font} tts:fontSize="75%" tts:color="white"
 tts:textOutline="black 6%" tts:textAlign="center"/>
</styling>
<layout>
<region xml:id="bottom" tts:origin="10% 10%" tts:extent="80% 80%" tts:displayAlign="after"
 tts:showBackground="whenActive"/>
</layout>
</head>
<body style="text">
<div region="bottom"{direction}>
"""
    return head + "".join(_paragraph(cue, style) for cue in cues) + "</div>\n</body>\n</tt>\n"


def read(text: str) -> list[Cue]:
    """Cues of the paragraphs that have times of their own, in order of time.

    Raises:
        ValueError: It is no TTML, or has times of another kind than :func:`write` writes.
    """
    try:
        root = ElementTree.fromstring(text.encode())  # noqa: S314 (expat refuses entity bombs)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    if root.tag != f"{{{_NS}}}tt":
        raise ValueError(f"the root element is {root.tag}, not TTML's tt")
    cues = [_cue(paragraph) for paragraph in root.iter(f"{{{_NS}}}p")]
    return sorted(cues, key=lambda cue: (cue.start_ms, cue.end_ms))


def _frame_rate(style: FileStyle) -> str:
    """Whole frames a second, and what they are to be multiplied by: 24 and 1000/1001."""
    if not style.frame_rate:
        return ""
    whole = -(-style.frame_rate.numerator // style.frame_rate.denominator)
    multiplier = style.frame_rate / whole
    return (
        f' ttp:frameRate="{whole}"'
        f' ttp:frameRateMultiplier="{multiplier.numerator} {multiplier.denominator}"'
    )


def _paragraph(cue: Cue, style: FileStyle) -> str:
    begin, end = (_clock(style.exact_us(ms)) for ms in (cue.start_ms, cue.end_ms))
    role = _ROLES.get(cue.kind)
    marks = f' ttm:role="{role}"' if role else ""
    marks += ' tts:fontStyle="italic"' if style.is_italic(cue) else ""
    text = "<br/>".join(escape(plain(line)) for line in cue.lines)
    return f'<p begin="{begin}" end="{end}"{marks}>{text}</p>\n'


def _clock(us: int) -> str:
    seconds, us = divmod(us, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{us:06}" if us % 1000 else f"{us // 1000:03}"
    return f"{hours:02}:{minutes:02}:{seconds:02}.{fraction}"


def _cue(paragraph: ElementTree.Element) -> Cue:
    role = paragraph.get(f"{{{_NS}#metadata}}role")
    text = "".join(_text(paragraph))
    return Cue(
        start_ms=_ms(paragraph.get("begin")),
        end_ms=_ms(paragraph.get("end")),
        lines=tuple(text.split("\n")) if text else (),
        kind=_KINDS.get(role, "speech"),
    )


def _text(element: ElementTree.Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield "\n" if child.tag == f"{{{_NS}}}br" else "".join(_text(child))
        yield child.tail or ""


def _ms(clock: str | None) -> int:
    found = _CLOCK.fullmatch(clock or "")
    if found is None:
        raise ValueError(f"{clock!r} is no clock time with hours, minutes and seconds")
    hours, minutes, seconds = found.groups()
    return round(1000 * (60 * (60 * int(hours) + int(minutes)) + Fraction(seconds)))
