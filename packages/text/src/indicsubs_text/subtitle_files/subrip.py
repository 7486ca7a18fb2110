r"""Writes SubRip with the library ``srt``, and reads it with a parser of this module.

``srt`` and FFmpeg read the fraction of ``00:00:01,5`` as 5 ms (``pysubs2`` and subtitle editors
read half a second). ``srt`` joins a cue whose times it cannot read to the text of the cue before,
raises ``OverflowError`` for large hours, and gives no line numbers. This parser reads line by line:

* A line of two times with an arrow begins a cue. A number directly above it is the cue's number,
  whose value and length have no meaning. Blank lines between cues may be missing; blank lines
  within a text are kept.
* Hours may be missing or have more than two digits. A fraction may be short or missing, and begins
  with a comma, a point or a colon. Text after the times (``X1:100``) is skipped.
* An arrow without times is text. A cue with times that cannot be read, and text above the first
  cue, are left out with a warning; negative times are cut off at 0 (see :func:`in_order`).
* Captions that roll up are read once (see :mod:`rolling_captions`).
* Tags and overrides of ASS are removed from the text. A literal ``\N`` becomes a line break, as in
  editors and in players built on FFmpeg.
"""

# pyright: reportUnknownMemberType=false
# srt has no annotations.

import re
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

import srt

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
    parse_times,
)
from indicsubs_text.subtitle_files.timed_text import (
    JOINER,
    marked_text,
    strip_embedding,
    trimmed_lines,
    unguarded,
    without_italics,
)

_ARROW = r"[ \t]*-[ -] *>[ \t]*"
_SIGN = f"[{MINUS_SIGNS}]?"
_TIME = rf"(?:({_SIGN}\d+)[:：])?({_SIGN}\d+)[:：]({_SIGN}\d+)(?:[,.:，．。：] ?({_SIGN}\d+|\d*))?"
_TIMES = re.compile(rf"\s*{_TIME}{_ARROW}{_TIME}(?:[\sA-Za-z].*)?")
_DAMAGED = r"(?=\S*\d)[^\s:：]*[:：]\S*"
_LIKE_TIMES = re.compile(
    r"\s*-?\d+(?:[:;：]\d|[,.]\d+[,.]\d)[\d:;：,. \t]*-[ -] *>[ \t]*-?\d.*"
    rf"|\s*{_DAMAGED}{_ARROW}{_TIME}(?:\s.*)?|\s*{_TIME}{_ARROW}{_DAMAGED}(?:\s.*)?"
    r"|\s*-\d+ days?, \d[^>]*-[ -] *>.*"
)
"""A line of times that cannot be read: two damaged times, a time and a damaged time, or a negative
time as Python writes it (``-1 day, 23:59:58``)."""
_OTHER_ARROW_TIMES = re.compile(rf"\s*{_TIME}[ \t]*(?:[-=–—]+(?:>|&gt;)|→)[ \t]*{_TIME}\s*")
"""Times with an arrow that SubRip does not have. They count below a number after a blank line."""
_FRACTION = re.compile(rf"\d[,.，．。] ?{_SIGN}\d")
_NUMBER = re.compile(r"\s*-?[0-9]+(?:\.[0-9]*)?\s*")
_TAG = re.compile(
    r"</?(?:b|big|c|em|font|lang|rt|ruby|s|small|span|strike|strong|u|v)(?:[ .=\t][^<>]*)?>"
    r"|<i[ .\t][^<>]*>|\{\\[^{}]*\}",
    re.IGNORECASE,
)
"""The tags that editors write, except ``<i>``, and overrides of ASS. Another word in angle brackets
is text."""
_BREAK = re.compile(r"\\N|<[bB][rR] ?/?>")


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """Returns SubRip, numbered from 1; songs are in italics. Text like markup is shown as it is."""
    return srt.compose(
        [
            srt.Subtitle(
                index=number,
                start=timedelta(milliseconds=cue.start_ms),
                end=timedelta(milliseconds=cue.end_ms),
                content=marked_text(cue, style, _escape),
            )
            for number, cue in enumerate(cues, 1)
        ],
        reindex=False,
    )


def read(text: str) -> SubtitleFile:
    """Reads cues. A cue whose text is all in italics is a song; other markup is removed.

    Raises:
        MalformedSubtitlesError: The text is not SubRip.
    """
    lines = text.split("\n")
    filled = [at for at, line in enumerate(lines) if line and not line.isspace()]
    times = {at: found for at in filled if (found := _times(lines, at))}
    starts = list(times)
    first = starts[0] if starts else len(lines)
    before = (at for at in filled if at < first)
    stray = next((at for at in before if not (starts and _NUMBER.fullmatch(lines[at]))), None)
    entries: list[FileCue | MalformedSubtitlesError] = []
    if stray is not None:
        entries.append(
            MalformedSubtitlesError(
                f"line {stray + 1}",
                "is not the number or the times of a SubRip cue",
                lines[stray],
            )
        )
    for at, following in pairwise([*starts, len(lines)]):
        has_number = following < len(lines) and _NUMBER.fullmatch(lines[following - 1])
        content = lines[at + 1 : following - 1 if has_number else following]
        cue_times = times[at]
        if isinstance(cue_times, MalformedSubtitlesError):
            entries.append(cue_times)
        else:
            entries.append(read_cue(f"line {at + 1}", cue_times, content))
    return in_order(*unrolled(entries))


def _times(lines: Sequence[str], at: int) -> tuple[int, int] | MalformedSubtitlesError | None:
    """Returns the times, in milliseconds, of the cue that begins on a line; None for other lines.

    The result is an error where the line has times that cannot be read.
    """
    line = lines[at]
    place = f"line {at + 1}"
    times = find_times(line, place, times=_TIMES, like_times=_LIKE_TIMES)
    if times is None and at and _NUMBER.fullmatch(lines[at - 1]):
        other = _OTHER_ARROW_TIMES.fullmatch(line) if at == 1 or not lines[at - 2].strip() else None
        if other:
            return parse_times(other, place)
    above = lines[at - 1].strip() if times and at else ""
    if not above or _NUMBER.fullmatch(above):
        return times
    # "9:30 --> 10:15" below other text is a timetable.
    return times if _FRACTION.search(line) else None


def read_cue(place: str, times: tuple[int, int], content: Sequence[str]) -> FileCue:
    """Returns a cue.

    Args:
        place: The place of the cue in messages.
        times: Its start and its end, in ms.
        content: The lines of its text, with their markup.
    """
    raw_text = "\n".join(trimmed_lines(_BREAK.sub("\n", "\n".join(content))))
    text, tags = _TAG.subn("", raw_text)
    upright = without_italics(text)
    return FileCue(
        cue=Cue(
            start_ms=times[0],
            end_ms=times[1],
            lines=tuple(map(_unescaped, trimmed_lines(upright.text))),
            kind="song" if upright.is_song else "speech",
        ),
        place=place,
        raw_text=raw_text,
        dropped_tags=tags + upright.dropped,
    )


def _markup(apart: str) -> re.Pattern[str]:
    """Matches text that SubRip readers take for a tag, an ASS override or line break, or an arrow.

    The format cannot escape any of these (FFmpeg, libavcodec/htmlsubtitles.c).

    Args:
        apart: The text that separates the characters of the markup: empty, or a word joiner.
    """
    follows = f"{apart}{JOINER}*"
    tag = f"<(?={follows}[A-Za-z/])"
    override = rf"\{{(?={follows}(?:\\|[A-Za-z]:))"
    line_break = rf"\\(?={follows}[Nnh])"
    arrow = f"-[ -] *(?={follows}>)"
    return re.compile(f"({tag}|{override}|{line_break}|{arrow}){apart}")


_MARKUP = _markup("")
_SET_APART = _markup(JOINER)


def _escape(line: str) -> str:
    return _MARKUP.sub(rf"\1{JOINER}", line)


def _unescaped(line: str) -> str:
    return strip_embedding(_SET_APART.sub(r"\1", unguarded(line)))


FORMAT = FileFormat(write=write, read=read)
