"""The hours of the day in which no film is begun."""

import re
from datetime import datetime, time

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import shortened

_LONGEST = 60
"""The most characters of a value in an error."""
_SPAN = re.compile(r"(\d{1,2}):(\d\d)-(\d{1,2}):(\d\d)", re.ASCII)


class QuietHours(msgspec.Struct, frozen=True):
    """Spans of the day, on the clock of the wall.

    A span over midnight ends before it begins. Where summer time skips an hour or repeats one, the
    clock on the wall decides too: 22:00-06:00 ends at six, after nine hours or seven.
    """

    spans: tuple[tuple[time, time], ...] = ()
    """Beginnings and ends; the end does not belong to the span."""

    def end(self, now: datetime) -> time | None:
        """Returns when the quiet hours end in which a moment lies; None where it is in none."""
        for begin, end in self.spans:
            at = now.time()
            is_inside = begin <= at < end if begin < end else at >= begin or at < end
            if is_inside:
                return end
        return None


def read_quiet_hours(text: str) -> QuietHours:
    """Reads spans such as ``08:00-12:30,22:00-06:00``; an empty text has none.

    Raises:
        IndicsubsError: ``USAGE`` where a span cannot be read, or is empty.
    """
    spans: list[tuple[time, time]] = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        found = _SPAN.fullmatch(part)
        begin, end = _times(found) if found else (None, None)
        if begin is None or end is None or begin == end:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"--quiet-hours {shortened(part, _LONGEST)}: give the beginning and the end, such"
                " as 08:00-23:00; several are separated by commas.",
            )
        spans.append((begin, end))
    return QuietHours(tuple(spans))


def _times(found: re.Match[str]) -> tuple[time | None, time | None]:
    hours = [int(group) for group in found.groups()]
    return _time(hours[0], hours[1]), _time(hours[2], hours[3])


def _time(hour: int, minute: int) -> time | None:
    if (hour, minute) == (24, 0):
        return time()  # the end of a day is the beginning of the next
    try:
        return time(hour, minute)
    except ValueError:
        return None
