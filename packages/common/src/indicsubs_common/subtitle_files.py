"""Cues as the text of a subtitle file: SubRip and WebVTT."""

# pyright: reportUnknownMemberType=false
# srt has no annotations.

import html
import re
from collections.abc import Iterable
from datetime import timedelta

import srt

from indicsubs_common.cues import Cue
from indicsubs_contract.languages import Language

_ARROW = re.compile(r"-[ -] *>")
"""What readers of SubRip take for the middle of a timing line; the format has no escape for it."""


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip, numbered from 1. ``-->`` within a text becomes an arrow."""
    return srt.compose(
        [
            srt.Subtitle(
                index=number,
                start=timedelta(milliseconds=cue.start_ms),
                end=timedelta(milliseconds=cue.end_ms),
                content=_ARROW.sub("→", "\n".join(cue.lines)),
            )
            for number, cue in enumerate(cues, 1)
        ],
        reindex=False,
    )


def from_srt(text: str) -> list[Cue]:
    """Read SubRip, in order of time.

    Raises:
        ValueError: It is none; the message shows the place.
    """
    try:
        subtitles = list(srt.parse(text.removeprefix("\ufeff")))
    except srt.SRTParseError as error:
        raise ValueError(str(error)) from error
    return [
        Cue(
            start_ms=subtitle.start // timedelta(milliseconds=1),
            end_ms=subtitle.end // timedelta(milliseconds=1),
            lines=tuple(subtitle.content.splitlines()),
        )
        for subtitle in sorted(subtitles)
    ]


def to_vtt(cues: Iterable[Cue], language: Language | None = None) -> str:
    """WebVTT (W3C), numbered from 1, with a note of its language.

    Markup characters are escaped: all text is shown as it is, and ``-->`` never occurs in it.
    """
    blocks = ["WEBVTT"]
    if language is not None:
        blocks.append(f"NOTE Language: {language.name} ({language.tag})")
    blocks += [
        f"{number}\n{_vtt_time(cue.start_ms)} --> {_vtt_time(cue.end_ms)}\n"
        + html.escape("\n".join(cue.lines), quote=False)
        for number, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n"


def _vtt_time(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"
