"""Texts for people: the progress of a stage, and the time until it ends."""

from collections.abc import Callable
from typing import NamedTuple

from indicsubs_contract.messages.progress import Progress

_MEASURED_S = 10.0
"""The shortest time in seconds over which a stage's speed is measured."""
_MEASURED_SHARE = 0.01
"""The smallest share of a stage's work over which its speed is measured."""


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


class Speed:
    """Measures how fast a stage works, from its progress messages.

    The measurement begins with the first message. It begins again when the stage starts other work:
    its amount falls, or its unit, total or note changes, for example after a model has been loaded.
    """

    def __init__(self) -> None:
        self._first: tuple[float, Progress] | None = None

    def seconds_left(self, message: Progress, now_s: float) -> float | None:
        """Returns the seconds until the stage reaches its total.

        Args:
            message: The newest message.
            now_s: Time of the message on a clock that never goes back.

        Returns:
            The seconds, or None where the total is unknown or the speed has not been measured long
            enough.
        """
        if self._first is None or _is_other_work(self._first[1], message):
            self._first = (now_s, message)
        start_s, first = self._first
        done, remaining = message.done - first.done, message.total - message.done
        is_measured = now_s - start_s >= _MEASURED_S and done >= _MEASURED_SHARE * message.total > 0
        return max(0, remaining) * (now_s - start_s) / done if is_measured else None


def _is_other_work(earlier: Progress, message: Progress) -> bool:
    return message.done < earlier.done or (
        (earlier.unit, earlier.total, earlier.note) != (message.unit, message.total, message.note)
    )


def time_left_text(seconds: float | None) -> str:
    """Returns the rounded time left as a text, which is empty where the time is not known.

    >>> time_left_text(700), time_left_text(7900), time_left_text(20)
    ('about 12 minutes left', 'about 2 hours 12 minutes left', 'less than a minute left')
    """
    if seconds is None:
        return ""
    hours, minutes = divmod(round(seconds / 60), 60)
    if not hours and not minutes:
        return "less than a minute left"
    parts = [_plural(hours, "hour"), _plural(minutes, "minute")]
    return f"about {' '.join(filter(None, parts))} left"


def _plural(number: int, noun: str) -> str:
    """Returns the number with the noun in singular or plural; an empty text for 0."""
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""
