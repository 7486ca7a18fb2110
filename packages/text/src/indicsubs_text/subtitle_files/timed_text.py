"""Text of cues in SubRip and WebVTT, and the characters that protect it.

Neither format can hold every text as it is. U+2060 WORD JOINER, which is invisible, keeps apart
what a player would take for markup (FFmpeg and mpv use it for backslashes in ASS), and the readers
remove it again: what was written is read back.
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
"""Control characters other than tabs, surrogates, noncharacters."""
_ITALIC_TAG = re.compile("</?i>", re.IGNORECASE)
_ITALICS = re.compile(r"<i>(?:(?!</?i>).)*</i>", re.DOTALL | re.IGNORECASE)


class TimedText(NamedTuple):
    """Text shown from ``start_ms`` to ``end_ms``, as a track stores it; newlines separate lines."""

    start_ms: int
    end_ms: int
    text: str
    italic: bool = False


class UprightText(NamedTuple):
    """A text without tags of italics, and what these tags showed."""

    text: str
    is_song: bool
    """Whether all of the text was in italics, as songs are."""
    dropped: int
    """Tags that ``is_song`` does not account for."""


def plain(line: str) -> str:
    """The line without the invisible characters that not every format can hold.

    Line breaks become spaces; control characters other than tabs, surrogates and noncharacters are
    removed. A text loses nothing else on its way through any of the formats.
    """
    return _NO_TEXT.sub("", _LINE_BREAKS.sub(" ", line))


def embed(line: str) -> str:
    """The line of a right-to-left language, so that every player shows it right.

    SubRip, WebVTT and ASS cannot declare a direction. Some players lay a line out from the left
    (Kodi, FFmpeg), others by its first letter (browsers, mpv); in both, the embedding (UAX #9)
    keeps the order of words, punctuation and dashes of right-to-left lines. Isolates would do the
    same, but older players do not know them.
    """
    return f"{_EMBEDDING}{line}{_END}"


def is_embedded(line: str) -> bool:
    """Whether the line has the characters that :func:`embed` adds."""
    return len(line) > 1 and line.startswith(_EMBEDDING) and line.endswith(_END)


def strip_embedding(line: str) -> str:
    """The line as it was before :func:`embed`; any other line unchanged."""
    return line[1:-1] if is_embedded(line) else line


def marked_text(cue: Cue, style: FileStyle, escape: Callable[[str], str]) -> str:
    """The text of a cue as SubRip and WebVTT have it.

    Args:
        cue: Its kind decides about italics.
        style: Of the file.
        escape: Escapes what the format would take for markup in a line.
    """
    right_to_left = style.language.right_to_left and not style.for_editing
    text = "\n".join(cue.lines)
    lines: list[str] = []
    for line in map(plain, text.split("\n")) if text else ():
        embedded = right_to_left or is_embedded(line)
        lines.append(_guarded(escape(embed(line) if embedded else line)))
    text = "\n".join(lines)
    return f"<i>{text}</i>" if style.is_italic(cue) else text


def unguarded(line: str) -> str:
    """The line without the word joiners that guard its ends."""
    return line[1:-1] if len(line) > 1 and line[0] == line[-1] == JOINER else line


def without_italics(text: str) -> UprightText:
    """Takes the tags of italics out of a text that has no other tags.

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
    """The lines of a text, without the blank ones at both ends."""
    lines = text.split("\n")
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _guarded(line: str) -> str:
    """A line that is neither empty, which would end the cue, nor loses spaces at its ends."""
    edged = not line or line.strip() != line or JOINER in {line[0], line[-1]}
    return f"{JOINER}{line}{JOINER}" if edged else line
