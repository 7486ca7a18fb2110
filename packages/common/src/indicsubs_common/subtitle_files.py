"""Cues as the text of a subtitle file: SubRip and WebVTT."""

# pyright: reportUnknownMemberType=false
# srt has no annotations.

from collections.abc import Iterable
from datetime import timedelta

import srt

from indicsubs_common.cues import Cue
from indicsubs_contract import subtitle_text
from indicsubs_contract.languages import Language
from indicsubs_contract.subtitle_text import TimedText


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip, numbered from 1. ``-->`` within a text becomes an arrow."""
    return subtitle_text.to_srt(map(_text, cues))


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
    """WebVTT, numbered from 1, with a note of its language. Text is shown as it is."""
    note = f"Language: {language.name} ({language.tag})" if language else ""
    return subtitle_text.to_vtt(map(_text, cues), note)


def _text(cue: Cue) -> TimedText:
    return TimedText(cue.start_ms, cue.end_ms, "\n".join(cue.lines))
