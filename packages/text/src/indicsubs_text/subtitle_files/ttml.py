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
)
from indicsubs_text.subtitle_files.timed_text import plain
from indicsubs_text.subtitle_files.ttml_times import (
    WHOLE_FILM,
    Interval,
    TimeScale,
    has_times,
    interval,
    time_scale,
)

_NS = "http://www.w3.org/ns/ttml"
_ROLES: dict[CueKind, str] = {"song": "lyrics", "sound": "sound"}
"""The ``ttm:role`` of cues that are not speech."""
_KINDS: dict[str | None, CueKind] = {role: kind for kind, role in _ROLES.items()}
_NAMESPACES = (_NS, "http://www.w3.org/2006/10/ttaf1", "http://www.w3.org/2006/04/ttaf1")
"""The namespaces of TTML and of its drafts, which are called DFXP."""
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
    """Reads the paragraphs of a document, also of the drafts before TTML 1 (DFXP).

    A paragraph without times may have spans with times, as in EBU-TT-D; then each time is a cue.

    Raises:
        MalformedSubtitlesError: The text is not TTML, or its times are of a kind that has no place
            in a film, such as times of day.
    """
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 (expat refuses entity bombs)
    except ElementTree.ParseError as error:
        line, _ = error.position
        raise MalformedSubtitlesError(
            f"line {line}", f"is not XML ({error})", text.split("\n")[line - 1]
        ) from error
    namespace = next((each for each in _NAMESPACES if root.tag == f"{{{each}}}tt"), None)
    if namespace is None:
        raise MalformedSubtitlesError("line 1", "begins another document than TTML's tt", root.tag)
    try:
        scale = time_scale(root, f"{namespace}#parameter")
    except ValueError as error:
        raise MalformedSubtitlesError("line 1", str(error)) from error
    lines = dict(zip(root.iter(), _lines_of_elements(text), strict=True))
    return in_order(_Reader(namespace, scale, lines, root.get(_SPACE) == "preserve").entries(root))


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


class _Reader:
    """Reads the paragraphs of one document."""

    def __init__(
        self,
        namespace: str,
        scale: TimeScale,
        lines: dict[ElementTree.Element, int],
        keeps_spaces: bool,
    ) -> None:
        self.namespace = namespace
        self.scale = scale
        self.lines = lines
        self.keeps_spaces = keeps_spaces

    def entries(self, root: ElementTree.Element) -> Iterator[FileCue | MalformedSubtitlesError]:
        """Yields the cues in the order of the document; elements may be nested to any depth."""
        waiting = [(root, WHOLE_FILM)]
        while waiting:
            element, around = waiting.pop()
            if element.tag == f"{{{self.namespace}}}head":
                continue
            try:
                time = interval(element, around, self.scale, self._place(element))
            except MalformedSubtitlesError as error:
                yield error
                continue
            if element.tag == f"{{{self.namespace}}}p":
                yield from self._paragraph(element, time)
            else:
                waiting += [(child, time) for child in reversed(element)]

    def _paragraph(
        self, paragraph: ElementTree.Element, time: Interval
    ) -> Iterator[FileCue | MalformedSubtitlesError]:
        place = self._place(paragraph)
        kind = _KINDS.get(paragraph.get(f"{{{self.namespace}#metadata}}role"), "speech")
        parts: dict[Interval, list[str]] = {}
        try:
            for text, of_part in self._text(paragraph, time):
                parts.setdefault(of_part, []).append(text)
        except MalformedSubtitlesError as error:
            yield error
            return
        for part, texts in parts.items():
            if len(parts) > 1 and not "".join(texts).strip():
                continue  # the spaces between spans with times
            missing = "begin" if not part.has_begin else "end" if part.end_ms is None else None
            if missing or part.end_ms is None:
                yield MalformedSubtitlesError(place, f"has a paragraph without {missing}")
                continue
            cue = Cue(
                start_ms=round(part.begin_ms),
                end_ms=round(part.end_ms),
                lines=self._lines("".join(texts)),
                kind=kind,
            )
            yield FileCue(cue=cue, place=place)

    def _text(
        self, paragraph: ElementTree.Element, time: Interval
    ) -> Iterator[tuple[str, Interval]]:
        """Yields the parts of a paragraph's text, each with its time.

        The times of spans count where the paragraph has none; otherwise they only light up words.

        Raises:
            MalformedSubtitlesError: The time of a span cannot be read.
        """
        own = not has_times(paragraph)
        waiting: list[tuple[ElementTree.Element | str, Interval]] = [(paragraph, time)]
        while waiting:
            part, of_part = waiting.pop()
            if isinstance(part, str):
                yield part, of_part
                continue
            if own and part is not paragraph and has_times(part):
                of_part = interval(part, of_part, self.scale, self._place(part))
            if part.tag == f"{{{self.namespace}}}br":
                yield "\n", of_part
                continue
            yield self._characters(part.text), of_part
            for child in reversed(part):
                waiting += [(self._characters(child.tail), of_part), (child, of_part)]

    def _characters(self, text: str | None) -> str:
        return text or "" if self.keeps_spaces else _SPACES.sub(" ", text or "")

    def _lines(self, text: str) -> tuple[str, ...]:
        """Returns the lines between breaks. Line ends of the file count as spaces, or are kept."""
        lines = text.split("\n")
        lines = lines if self.keeps_spaces else [line.strip() for line in lines]
        return () if lines == [""] else tuple(lines)

    def _place(self, element: ElementTree.Element) -> str:
        return f"line {self.lines[element]}"


FORMAT = FileFormat(write=write, read=read)
