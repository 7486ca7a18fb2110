"""Timed text as SubRip and WebVTT, for every stage that writes them."""

import html
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

import srt  # pyright: ignore[reportMissingTypeStubs]

_ARROW = re.compile(r"-[ -] *>")
"""What readers of SubRip take for the middle of a timing line; the format has no escape for it."""


class TimedText(NamedTuple):
    """What is shown from ``start_ms`` to ``end_ms``; its lines are separated by newlines."""

    start_ms: int
    end_ms: int
    text: str


def to_srt(cues: Iterable[TimedText]) -> str:
    """SubRip, numbered from 1. ``-->`` within a text becomes an arrow."""
    return srt.compose(  # pyright: ignore[reportUnknownMemberType]
        [
            srt.Subtitle(
                index=number,
                start=timedelta(milliseconds=cue.start_ms),
                end=timedelta(milliseconds=cue.end_ms),
                content=_ARROW.sub("→", cue.text),
            )
            for number, cue in enumerate(cues, 1)
        ],
        reindex=False,
    )


def to_vtt(cues: Iterable[TimedText], note: str = "") -> str:
    """WebVTT (W3C), numbered from 1, with a note at its head.

    Markup characters are escaped: all text is shown as it is, and ``-->`` never occurs in it.
    """
    blocks = ["WEBVTT"]
    if note:
        blocks.append(f"NOTE {note}")
    blocks += [
        f"{number}\n{_vtt_time(cue.start_ms)} --> {_vtt_time(cue.end_ms)}\n"
        + html.escape(cue.text, quote=False)
        for number, cue in enumerate(cues, 1)
    ]
    return "\n\n".join(blocks) + "\n"


def _vtt_time(ms: int) -> str:
    seconds, ms = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{ms:03}"
