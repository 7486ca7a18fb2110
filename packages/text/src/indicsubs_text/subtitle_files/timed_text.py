"""Converts the text of cues to and from its form in SubRip and WebVTT.

Neither format can hold every text as it is. The writers therefore put the invisible character
U+2060 WORD JOINER between characters that a player would take for markup (FFmpeg and mpv use it for
backslashes in ASS). The readers remove it again, so that they return the text that was written.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.style import FileStyle

JOINER = "\u2060"
_EMBEDDING, _END = "\u202b", "\u202c"
"""RIGHT-TO-LEFT EMBEDDING and POP DIRECTIONAL FORMATTING."""
_LINE_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_NO_TEXT = re.compile(f"[\0-\x08\n-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
"""Surrogates, noncharacters, and control characters except tabs."""
_ITALIC_TAG = re.compile("</?i>", re.IGNORECASE)
_ITALICS = re.compile(r"<i>(?:(?!</?i>).)*</i>", re.DOTALL | re.IGNORECASE)


class TimedText(NamedTuple):
    """Text shown from ``start_ms`` to ``end_ms``, as a track stores it; newlines separate lines."""

    start_ms: int
    end_ms: int
    text: str
    italic: bool = False


class UprightText(NamedTuple):
    """A text without its italic tags, and the meaning of these tags."""

    text: str
    is_song: bool
    """Whether all of the text was in italics, as songs are."""
    dropped: int
    """The number of removed tags that ``is_song`` does not represent."""


def plain(line: str) -> str:
    """Returns the line without the invisible characters that some formats cannot hold.

    Line breaks become spaces. Surrogates, noncharacters, and control characters except tabs are
    removed. Writing a text in any format and reading it again loses nothing else.
    """
    return _NO_TEXT.sub("", _LINE_BREAKS.sub(" ", line))


def embed(line: str) -> str:
    """Returns a right-to-left line with the characters that make every player show it correctly.

    SubRip, WebVTT and ASS cannot declare a direction. Some players lay out a line from the left
    (Kodi, FFmpeg), others by its first letter (browsers, mpv). In both, the embedding (UAX #9)
    keeps the order of words, punctuation and dashes of right-to-left lines. Isolates would have the
    same effect, but older players do not know them.
    """
    return f"{_EMBEDDING}{line}{_END}"


def is_embedded(line: str) -> bool:
    """Returns whether the line has the characters that :func:`embed` adds."""
    return len(line) > 1 and line.startswith(_EMBEDDING) and line.endswith(_END)


def has_embedding(text: str) -> bool:
    """Returns whether a line of the text has the characters that :func:`embed` adds."""
    return _EMBEDDING in text


def strip_embedding(line: str) -> str:
    """Returns the line as it was before :func:`embed`, and any other line unchanged."""
    return line[1:-1] if is_embedded(line) else line


def marked_text(cue: Cue, style: FileStyle, escape: Callable[[str], str]) -> str:
    """Returns the text of a cue as SubRip and WebVTT store it.

    Args:
        cue: The cue, whose kind decides whether the text is in italics.
        style: The style of the file.
        escape: Escapes the parts of a line that the format would take for markup.
    """
    right_to_left = style.language_of(cue).right_to_left and not style.for_editing
    text = "\n".join(cue.lines)
    lines: list[str] = []
    for line in map(plain, text.split("\n")) if text else ():
        embedded = right_to_left or is_embedded(line)
        lines.append(_guarded(escape(embed(line) if embedded else line)))
    text = "\n".join(lines)
    return f"<i>{text}</i>" if style.is_italic(cue) else text


def unguarded(line: str) -> str:
    """Returns the line without the word joiners that :func:`_guarded` adds at its ends."""
    return line[1:-1] if len(line) > 1 and line[0] == line[-1] == JOINER else line


def without_italics(text: str) -> UprightText:
    """Removes the italic tags from a text that has no other tags.

    >>> without_italics("<i>a</i> <i>b</i>")
    UprightText(text='a b', is_song=True, dropped=0)
    >>> without_italics("<i>a</i> b")
    UprightText(text='a b', is_song=False, dropped=2)
    """
    upright, tags = _ITALIC_TAG.subn("", text)
    rest, spans = _ITALICS.subn("", text)
    is_song = spans > 0 and not rest.strip()
    return UprightText(upright, is_song, 0 if is_song else tags)


def trimmed_lines(text: str) -> list[str]:
    """Returns the lines of a text without the blank lines at both ends."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _guarded(line: str) -> str:
    """Returns the line between word joiners if it is empty, or has spaces or joiners at an end.

    An empty line would end the cue, and players and readers remove spaces at the ends of lines.
    """
    edged = not line or line.strip() != line or JOINER in {line[0], line[-1]}
    return f"{JOINER}{line}{JOINER}" if edged else line
