"""Writes and reads WebVTT (W3C, https://www.w3.org/TR/webvtt1/).

For the reader, as for browsers, every line of two times begins a cue, so blank lines between cues
may be missing. An arrow without times is text; a browser would end the cue there.
"""

import html
import re
from collections.abc import Sequence

from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files.file_format import FileFormat
from indicsubs_text.subtitle_files.rolling_captions import unrolled
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.subtitle_file import (
    MINUS_SIGNS,
    FileCue,
    MalformedSubtitlesError,
    SubtitleFile,
    find_times,
    in_order,
)
from indicsubs_text.subtitle_files.timed_text import (
    marked_text,
    strip_embedding,
    trimmed_lines,
    unguarded,
    without_italics,
)

_SETTINGS = " position:50% size:90% align:center"
"""Centres the text, away from the picture's sides. Players choose a height above their controls."""
_SIGN = f"[{MINUS_SIGNS}]?"
_TIME = rf"(?:({_SIGN}\d+):)?({_SIGN}[0-5]?\d):({_SIGN}[0-5]?\d)[.,]({_SIGN}\d+)"
_TIMES = re.compile(rf"\s*{_TIME}[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?")
_LIKE_TIMES = re.compile(
    rf"\s*-?\d+[:;]-?\d[\d:;,. ]*-->.*|\s*(?=\S*\d)[^\s:]*:\S*[ \t]*-->[ \t]*{_TIME}(?:[ \t].*)?"
    rf"|\s*{_TIME}[ \t]*-->[ \t]*(?=\S*\d)[^\s:]*:.*"
)
"""A line of times that cannot be read: two damaged times, or a time and a damaged time."""
_BLOCKS = ("NOTE", "STYLE", "REGION")
"""The first words of blocks that contain no cue."""
_HEADER = re.compile(r"WEBVTT(?:[ \t].*)?")
"""The first line. Segments of a stream that were put together have it again before each segment."""
_LONG_NUMBER = re.compile(r"&#0*[1-9][0-9]{7,}")
"""The number of a character with more digits than any character has; Python cannot convert
thousands of digits."""
_NUMBER = re.compile(r"\s*[0-9]+\s*")
_VOICE = re.compile(r"<v(?:\.[^ \t<>]*)?(?:[ \t]([^<>]*))?>")
_DASH = re.compile(r"[-–—](?!\d)[ \t]*")
"""A dialogue dash at the beginning of a text; before a digit, a dash is a minus."""
_WORD_TIME = re.compile(r"<\d[\d:.]*>")
_TAG = re.compile(rf"(?!</?i>)</?(?:[A-Za-z][^<>]*)?>|{_WORD_TIME.pattern}")


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """Returns WebVTT, numbered from 1, with a note of its language and with songs in italics.

    Markup characters are escaped, so all text is shown as it is, and ``-->`` never occurs in it.
    """
    language = style.language
    direction = ", right to left" if language.right_to_left else ""
    blocks = ["WEBVTT"]
    if not style.for_editing:
        blocks.append(f"NOTE Language: {language.name} ({language.tag}){direction}")
    settings = "" if style.for_editing else _SETTINGS
    blocks += [
        f"{number}\n{_clock(cue.start_ms)} --> {_clock(cue.end_ms)}{settings}\n"
        + marked_text(cue, style, _escape)
        for number, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n"


def read(text: str) -> SubtitleFile:
    """Reads cues. A cue whose text is all in italics is a song; other tags are removed.

    Identifiers, cue settings, notes, styles, regions and repeated headers are skipped. A cue with
    several voices gets a line with a dialogue dash for each voice. Where captions roll up, each
    line is read once. A cue with times that cannot be read, and text outside of cues, are left out
    with a warning.

    Raises:
        MalformedSubtitlesError: The text is not WebVTT.
    """
    lines = text.split("\n")
    if not _HEADER.fullmatch(lines[0]):
        raise MalformedSubtitlesError(
            "line 1", "is not 'WEBVTT', with which a WebVTT file begins", lines[0] or "(empty)"
        )
    found: list[FileCue | MalformedSubtitlesError] = []
    at = _end_of_header(lines, 1)
    while at < len(lines):
        if not lines[at].strip():
            at += 1
        elif _HEADER.fullmatch(lines[at]):
            at = _end_of_header(lines, at + 1)
        elif lines[at].split(maxsplit=1)[0] in _BLOCKS:
            at = _end_of_block(lines, at)
        else:
            has_identifier = (
                "-->" not in lines[at] and at + 1 < len(lines) and lines[at + 1].strip()
            )
            times_at = at + 1 if has_identifier else at
            place = f"line {times_at + 1}"
            times = _times(lines, times_at)
            if times is None:
                damage = MalformedSubtitlesError(place, "has no times of a cue", lines[times_at])
                found.append(damage)
                at = _end_of_block(lines, times_at, ends_at_cue=True)
                continue
            at = _end_of_cue(lines, times_at + 1)
            content = lines[times_at + 1 : at]
            is_damaged = isinstance(times, MalformedSubtitlesError)
            found.append(times if is_damaged else read_cue(place, times, content))
    return in_order(*unrolled(found, has_word_times=bool(_WORD_TIME.search(text))))


def _end_of_header(lines: Sequence[str], at: int) -> int:
    """Returns the index of the line after a header, which may have lines of its own."""
    while at < len(lines) and lines[at].strip() and "-->" not in lines[at]:
        at += 1
    return at


def _end_of_block(lines: Sequence[str], at: int, *, ends_at_cue: bool = False) -> int:
    """Returns the index of the blank line after a block, or of the first times below it."""
    while at < len(lines) and lines[at].strip() and not (ends_at_cue and _times(lines, at)):
        at += 1
    return at


def _times(lines: Sequence[str], at: int) -> tuple[int, int] | MalformedSubtitlesError | None:
    return find_times(lines[at], f"line {at + 1}", times=_TIMES, like_times=_LIKE_TIMES)


def _end_of_cue(lines: Sequence[str], start: int) -> int:
    """Returns the index of the line after a cue's text: an empty line, or the start of another cue.

    Lines of spaces do not end a cue (YouTube writes them), unless a cue begins below them.
    """
    for at in range(start, len(lines)):
        if not lines[at]:
            return at
        if _times(lines, at):
            is_identifier = at > start and (
                _NUMBER.fullmatch(lines[at - 1])
                or (at > start + 1 and lines[at - 1].strip() and not lines[at - 2].strip())
            )
            return at - 1 if is_identifier else at
    return len(lines)


def read_cue(place: str, times: tuple[int, int], content: Sequence[str]) -> FileCue:
    """Returns a cue.

    Args:
        place: The place of the cue in messages.
        times: Its start and its end, in ms.
        content: The lines of its text, with their markup.
    """
    raw_text = "\n".join(trimmed_lines("\n".join(content)))
    voices = [_character_references(name).strip() for name in _VOICE.findall(raw_text)]
    turns = _with_dashes(raw_text) if len(voices) > 1 else raw_text
    upright = without_italics(_TAG.sub("", turns))
    speaker = voices[0] if len(voices) == 1 and raw_text.startswith("<v") else ""
    return FileCue(
        cue=Cue(
            start_ms=times[0],
            end_ms=times[1],
            lines=tuple(map(_unescaped, trimmed_lines(upright.text))),
            kind="song" if upright.is_song else "speech",
            speaker=speaker or None,
        ),
        place=place,
        raw_text=raw_text,
        dropped_tags=len(_TAG.findall(raw_text)) + upright.dropped,
    )


def _with_dashes(raw_text: str) -> str:
    """Returns a text of several voices with a line and a dialogue dash for each voice."""
    before, *voices = _VOICE.split(raw_text)
    turns = [text.strip() for text in voices[1::2]]
    dashed = [f"- {text[dash.end() :] if (dash := _DASH.match(text)) else text}" for text in turns]
    return "\n".join([before, *dashed])


def _escape(line: str) -> str:
    return html.escape(line, quote=False)


def _unescaped(line: str) -> str:
    return strip_embedding(_character_references(unguarded(line)))


def _character_references(text: str) -> str:
    """Replaces references such as ``&amp;``; one that names no character becomes U+FFFD."""
    return html.unescape(_LONG_NUMBER.sub("&#xfffd", text))


def _clock(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"


FORMAT = FileFormat(write=write, read=read)
