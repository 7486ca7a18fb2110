"""Timed text as SubRip and WebVTT, for every stage that writes them.

Neither format can hold any text as it is. What would be read as something else is set apart with
U+2060 WORD JOINER, which nobody sees (FFmpeg and mpv do the same with backslashes in ASS), and
:func:`from_srt_line` and :func:`from_vtt_line` take it away again: what was written is read back.
"""

import html
import re
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple

import srt  # pyright: ignore[reportMissingTypeStubs]

JOINER = "\u2060"
_EMBEDDING, _END = "\u202b", "\u202c"
"""RIGHT-TO-LEFT EMBEDDING and POP DIRECTIONAL FORMATTING."""
_LINE_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_PLANE_ENDS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_NO_TEXT = re.compile(f"[\0-\x08\n-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_PLANE_ENDS}]")
"""Control characters other than tabs, surrogates, noncharacters."""


def _markup(apart: str) -> re.Pattern[str]:
    """What readers of SubRip take for a tag, an override or a line break of ASS, or an arrow.

    The format has no escape for any of them (FFmpeg, libavcodec/htmlsubtitles.c).

    Args:
        apart: What stands within the markup to set it apart, nothing or a joiner.
    """
    follows = f"{apart}{JOINER}*"
    tag = f"<(?={follows}[A-Za-z/])"
    override = rf"\{{(?={follows}(?:\\|[A-Za-z]:))"
    line_break = rf"\\(?={follows}[Nnh])"
    arrow = f"-[ -] *(?={follows}>)"
    return re.compile(f"({tag}|{override}|{line_break}|{arrow}){apart}")


_MARKUP = _markup("")
_SET_APART = _markup(JOINER)


class TimedText(NamedTuple):
    """What is shown from ``start_ms`` to ``end_ms``; its lines are separated by newlines."""

    start_ms: int
    end_ms: int
    text: str
    italic: bool = False


def plain(line: str) -> str:
    """The line without what no format can carry and nobody sees.

    Line breaks become spaces; control characters other than tabs, surrogates and noncharacters are
    left out. This is all that a text loses on its way through any of the formats.
    """
    return _NO_TEXT.sub("", _LINE_BREAKS.sub(" ", line))


def embed(line: str) -> str:
    """The line of a right-to-left language, so that any player shows it right.

    SubRip, WebVTT and ASS can't say a direction. Some players lay a line out from the left (Kodi,
    FFmpeg), others by its first letter (browsers, mpv); in either, the embedding (UAX #9) keeps the
    order of words, punctuation and dashes of right-to-left lines. Isolates do too, but are younger.
    """
    return f"{_EMBEDDING}{line}{_END}"


def is_embedded(line: str) -> bool:
    """Whether :func:`embed` made the line."""
    return len(line) > 1 and line.startswith(_EMBEDDING) and line.endswith(_END)


def strip_embedding(line: str) -> str:
    """The line as it was before :func:`embed`; any other line as it is."""
    return line[1:-1] if is_embedded(line) else line


def to_srt(cues: Iterable[TimedText], *, right_to_left: bool = False) -> str:
    """SubRip, numbered from 1. Text that looks like markup is shown as it is."""
    return srt.compose(  # pyright: ignore[reportUnknownMemberType]
        [
            srt.Subtitle(
                index=number,
                start=timedelta(milliseconds=cue.start_ms),
                end=timedelta(milliseconds=cue.end_ms),
                content=_content(cue, right_to_left, _escape_srt),
            )
            for number, cue in enumerate(cues, 1)
        ],
        reindex=False,
    )


def from_srt_line(line: str) -> str:
    """The text of a line that :func:`to_srt` wrote (without the tag of italics)."""
    return strip_embedding(_SET_APART.sub(r"\1", _unguarded(line)))


def to_vtt(
    cues: Iterable[TimedText],
    note: str = "",
    *,
    settings: str = "",
    right_to_left: bool = False,
) -> str:
    """WebVTT (W3C), numbered from 1, with a note at its head.

    Markup characters are escaped: all text is shown as it is, and ``-->`` never occurs in it.

    Args:
        cues: In order of time.
        note: One line, without ``-->``.
        settings: Cue settings that all cues have, ``align:center``.
        right_to_left: Whether the language is.
    """
    blocks = ["WEBVTT"]
    if note:
        blocks.append(f"NOTE {note}")
    settings = f" {settings}" if settings else ""
    blocks += [
        f"{number}\n{_vtt_time(cue.start_ms)} --> {_vtt_time(cue.end_ms)}{settings}\n"
        + _content(cue, right_to_left, _escape_vtt)
        for number, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n"


def from_vtt_line(line: str) -> str:
    """The text of a line that :func:`to_vtt` wrote (without the tag of italics)."""
    return strip_embedding(html.unescape(_unguarded(line)))


def _content(cue: TimedText, right_to_left: bool, escape: Callable[[str], str]) -> str:
    lines: list[str] = []
    for line in map(plain, cue.text.split("\n")) if cue.text else ():
        embedded = right_to_left or is_embedded(line)
        lines.append(_guarded(escape(embed(line) if embedded else line)))
    text = "\n".join(lines)
    return f"<i>{text}</i>" if cue.italic else text


def _escape_srt(line: str) -> str:
    return _MARKUP.sub(rf"\1{JOINER}", line)


def _escape_vtt(line: str) -> str:
    return html.escape(line, quote=False)


def _guarded(line: str) -> str:
    """A line that is neither empty, which would end the cue, nor loses spaces at its ends."""
    edged = not line or line.strip() != line or JOINER in {line[0], line[-1]}
    return f"{JOINER}{line}{JOINER}" if edged else line


def _unguarded(line: str) -> str:
    return line[1:-1] if len(line) > 1 and line[0] == line[-1] == JOINER else line


def _vtt_time(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"
