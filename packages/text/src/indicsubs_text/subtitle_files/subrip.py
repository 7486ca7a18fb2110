"""SubRip, through the library ``srt``."""

# pyright: reportUnknownMemberType=false
# srt has no annotations.

import re
from collections.abc import Sequence
from datetime import timedelta

import srt

from indicsubs_text.cues import Cue
from indicsubs_text.subtitle_files import timed_text as subtitle_text
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.timed_text import TimedText, from_srt_line

_ITALIC = re.compile(r"<i>(.*)</i>", re.DOTALL)
_MARKUP = re.compile(r"</?(?:b|font|i|s|u)(?:[ =][^>]*)?>|\{\\[^}]*\}", re.IGNORECASE)
"""The tags that editors write, and overrides of ASS: nothing that a person reads."""


def write(cues: Sequence[Cue], style: FileStyle) -> str:
    """SubRip, numbered from 1; songs in italics."""
    return subtitle_text.to_srt(
        (timed_text(cue, style) for cue in cues), right_to_left=style.language.right_to_left
    )


def read(text: str) -> list[Cue]:
    """Cues in order of time: text in italics throughout is a song, other markup is taken out.

    Raises:
        ValueError: It is no SubRip; the message shows the place.
    """
    cues: list[Cue] = []
    for subtitle in read_marked(text):
        italic = _ITALIC.fullmatch(subtitle.text)
        lines = _MARKUP.sub("", italic[1] if italic else subtitle.text).split("\n")
        cues.append(
            Cue(
                start_ms=subtitle.start_ms,
                end_ms=subtitle.end_ms,
                lines=tuple(map(from_srt_line, lines)) if lines != [""] else (),
                kind="song" if italic else "speech",
            )
        )
    return cues


def read_marked(text: str) -> list[TimedText]:
    """Texts in order of time as they stand in the file, markup and all.

    Raises:
        ValueError: It is no SubRip; the message shows the place.
    """
    try:
        subtitles = sorted(srt.parse(text))
    except srt.SRTParseError as error:
        raise ValueError(str(error)) from error
    return [
        TimedText(
            subtitle.start // timedelta(milliseconds=1),
            subtitle.end // timedelta(milliseconds=1),
            subtitle.content,
        )
        for subtitle in subtitles
    ]


def timed_text(cue: Cue, style: FileStyle) -> TimedText:
    """The cue as the writers of SubRip and WebVTT take it."""
    return TimedText(cue.start_ms, cue.end_ms, "\n".join(cue.lines), italic=style.is_italic(cue))
