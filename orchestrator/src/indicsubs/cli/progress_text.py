"""Texts for people: the progress of a stage, and the time until it ends."""

from collections.abc import Callable
from typing import NamedTuple

from indicsubs.run.stage_speed import Speed
from indicsubs_contract.messages.progress import Progress

_SHORT = "less than a minute"


class _Unit(NamedTuple):
    """The text form of amounts in one unit."""

    number: Callable[[int], str]
    noun: str


def _clock(milliseconds: int) -> str:
    """Returns a duration as hours, minutes and seconds.

    >>> _clock(3_661_999)
    '1:01:01'
    """
    minutes, seconds = divmod(milliseconds // 1000, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _count(number: int) -> str:
    return f"{number:,}"


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.0f}"


_UNITS: dict[str, _Unit] = {
    "film_ms": _Unit(_clock, "of film"),
    "sentences": _Unit(_count, "sentences"),
    "cues": _Unit(_count, "cues"),
    "languages": _Unit(_count, "languages"),
    "chunks": _Unit(_count, "chunks"),
    "windows": _Unit(_count, "parts of the film"),
    "bytes": _Unit(_megabytes, "MB"),
}
"""The text forms, by the unit of progress messages. Other units are shown by their own names."""


def progress_text(message: Progress) -> str:
    """Returns the progress of a stage as a text.

    >>> progress_text(Progress(stage="asr", done=61_000, total=7_200_000, unit="film_ms"))
    '0:01:01 of 2:00:00 of film'
    >>> progress_text(Progress(stage="mux", done=3, total=0, unit="languages", note="loading"))
    '3 languages (loading)'
    """
    unit = _UNITS.get(message.unit, _Unit(_count, message.unit))
    amount = unit.number(message.done)
    if message.total:
        amount += f" of {unit.number(message.total)}"
    note = f" ({message.note})" if message.note else ""
    return f"{amount} {unit.noun}{note}"


def resumed_text(message: Progress) -> str:
    """Returns what an interrupted run has done of the stage.

    >>> resumed_text(Progress(stage="asr", done=61_000, total=7_200_000, unit="film_ms"))
    'goes on from 0:01:01 of 2:00:00 of film, which an interrupted run has done'
    """
    return f"goes on from {progress_text(message)}, which an interrupted run has done"


def time_left_text(seconds: float | None) -> str:
    """Returns the rounded time left as a text, which is empty where the time is not known.

    >>> time_left_text(700), time_left_text(20)
    ('about 12 minutes left', 'less than a minute left')
    """
    if seconds is None:
        return ""
    text = duration_text(seconds)
    return f"{text} left" if text == _SHORT else f"about {text} left"


def progress_and_time_left(message: Progress, speed: Speed, now_s: float) -> str:
    """Returns the progress of a stage as a text, with the time left where it is known.

    Args:
        message: The newest message.
        speed: How fast the stage works.
        now_s: Time of the message on a clock that never goes back.
    """
    time_left = time_left_text(speed.seconds_left(message, now_s))
    return ", ".join(filter(None, (progress_text(message), time_left)))


def duration_text(seconds: float) -> str:
    """Returns a duration in hours and minutes, rounded to minutes.

    >>> duration_text(7900), duration_text(20)
    ('2 hours 12 minutes', 'less than a minute')
    """
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [_plural(hours, "hour"), _plural(minutes, "minute")]
    return " ".join(filter(None, parts)) or _SHORT


def _plural(number: int, noun: str) -> str:
    """Returns the number with the noun in singular or plural; an empty text for 0."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
