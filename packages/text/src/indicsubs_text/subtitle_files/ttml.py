"""Writes and reads TTML in the text profile of IMSC 1 (https://www.w3.org/TR/ttml-imsc1.0.1/)."""

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from indicsubs_text.cues import Cue, CueKind
from indicsubs_text.fonts import Font
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import (
    FileCue,
    MalformedSubtitlesError,
    SubtitleFile,
    in_order,
    parse_time,
)
from indicsubs_text.subtitle_files.timed_text import plain

_NS = "http://www.w3.org/ns/ttml"
_ROLES: dict[CueKind, str] = {"song": "lyrics", "sound": "sound"}
"""The ``ttm:role`` of cues that are not speech."""
_KINDS: dict[str | None, CueKind] = {role: kind for kind, role in _ROLES.items()}
_CLOCK = re.compile(r"(-?\d{2,}):([0-5]\d):([0-5]\d)(?:\.(\d+))?")
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_SPACES = re.compile(r"[ \t\n]+")


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """Returns an IMSC 1 document with a region at the bottom and songs in italics.

    Attributes declare the right-to-left direction, and the language, direction and font of a cue in
    another language. Times are clock times on the film's own
    clock, with microseconds where a frame's exact time has no whole milliseconds.
    """
    language = style.language
    direction = ' tts:direction="rtl"' if language.right_to_left else ""
    font = _families(style.font)
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


def read(text: str) -> SubtitleFile:
    """Reads the paragraphs, each of which must have a begin and an end time.

    Raises:
        MalformedSubtitlesError: The text is not TTML, or has times of another kind than
            :func:`write` writes.
    """
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (expat refuses entity bombs)
    except ElementTree.ParseError as error:
        line, _ = error.position
        raise MalformedSubtitlesError(
            f"line {line}", f"is not XML ({error})", text.split("\n")[line - 1]
        ) from error
    if root.tag != f"{{{_NS}}}tt":
        raise MalformedSubtitlesError("line 1", "begins another document than TTML's tt", root.tag)
    keeps_spaces = root.get(_SPACE) == "preserve"
    return in_order(
        [
            _entry(element, f"line {line}", keeps_spaces=keeps_spaces)
            for element, line in zip(root.iter(), _lines_of_elements(text), strict=True)
            if element.tag == f"{{{_NS}}}p"
        ]
    )


def _lines_of_elements(text: str) -> list[int]:
    """Returns the line on which each element begins, which ElementTree does not keep."""
    lines: list[int] = []
    parser = expat.ParserCreate()

    def begin(_name: str, _attributes: dict[str, str]) -> None:
        lines.append(parser.CurrentLineNumber)

    parser.StartElementHandler = begin
    parser.Parse(text, True)
    return lines


def _frame_rate(style: FileStyle) -> str:
    """Returns the attributes of the frame rate: whole frames (24) and multiplier (1000/1001)."""
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
    if cue.language is not None:
        marks += _language(style.language_of(cue), style.other_font(cue))
    text = "<br/>".join(escape(plain(line)) for line in cue.lines)
    return f'<p begin="{begin}" end="{end}"{marks}>{text}</p>\n'


def _language(language: Language, font: Font | None) -> str:
    """Returns the attributes of a paragraph in another language than the document's."""
    direction = "rtl" if language.right_to_left else "ltr"
    marks = f' xml:lang="{language.tag}" tts:direction="{direction}"'
    return f"{marks} tts:fontFamily={_families(font)}" if font else marks


def _families(font: Font) -> str:
    return quoteattr(f"'{font.family}', proportionalSansSerif")


def _clock(us: int) -> str:
    seconds, us = divmod(us, 1_000_000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f"{us:06}" if us % 1000 else f"{us // 1000:03}"
    return f"{hours:02}:{minutes:02}:{seconds:02}.{fraction}"


def _entry(
    paragraph: ElementTree.Element, place: str, *, keeps_spaces: bool
) -> FileCue | MalformedSubtitlesError:
    role = paragraph.get(f"{{{_NS}#metadata}}role")
    try:
        begin, end = (_ms(paragraph.get(name), name, place) for name in ("begin", "end"))
    except MalformedSubtitlesError as error:
        return error
    return FileCue(
        cue=Cue(
            start_ms=begin,
            end_ms=end,
            lines=_lines(paragraph, keeps_spaces=keeps_spaces),
            kind=_KINDS.get(role, "speech"),
        ),
        place=place,
    )


def _lines(paragraph: ElementTree.Element, *, keeps_spaces: bool) -> tuple[str, ...]:
    """Returns the lines between breaks. Line ends of the file are spaces unless spaces are kept."""
    lines = "".join(_text(paragraph, keeps_spaces=keeps_spaces)).split("\n")
    lines = lines if keeps_spaces else [line.strip() for line in lines]
    return () if lines == [""] else tuple(lines)


def _text(paragraph: ElementTree.Element, *, keeps_spaces: bool) -> Iterator[str]:
    """Returns the parts of a paragraph's text; elements may be nested to any depth."""

    def characters(text: str | None) -> str:
        return text or "" if keeps_spaces else _SPACES.sub(" ", text or "")

    waiting: list[ElementTree.Element | str] = [paragraph]
    while waiting:
        part = waiting.pop()
        if isinstance(part, str):
            yield part
        elif part.tag == f"{{{_NS}}}br":
            yield "\n"
        else:
            yield characters(part.text)
            for child in reversed(part):
                waiting += [characters(child.tail), child]


def _ms(clock: str | None, name: str, place: str) -> int:
    if clock is None:
        raise MalformedSubtitlesError(place, f"has a paragraph without {name}")
    found = _CLOCK.fullmatch(clock)
    if found is None:
        raise MalformedSubtitlesError(
            place, "has a time that is not written in hours, minutes and seconds", clock
        )
    try:
        return parse_time(*found.groups())
    except ValueError as error:
        raise MalformedSubtitlesError(place, str(error), clock) from error


FORMAT = FileFormat(write=write, read=read)
