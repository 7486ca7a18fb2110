"""The hours in which no film is begun, on the clock of the wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from indicsubs.library.quiet_hours import read_quiet_hours
from indicsubs_contract.errors import FailureCode, IndicsubsError


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-27T{text}")


@pytest.mark.parametrize(
    ("spans", "now", "end"),
    [
        ("08:00-23:00", "07:59:59", None),
        ("08:00-23:00", "08:00:00", time(23)),
        ("08:00-23:00", "22:59:59", time(23)),
        ("08:00-23:00", "23:00:00", None),
        ("22:00-06:00", "23:30:00", time(6)),
        ("22:00-06:00", "05:59:00", time(6)),
        ("22:00-06:00", "06:00:00", None),
        ("22:00-06:00", "12:00:00", None),
        ("07:00-09:00, 18:30-24:00", "08:00:00", time(9)),
        ("07:00-09:00, 18:30-24:00", "23:59:59", time()),
        ("07:00-09:00, 18:30-24:00", "00:00:00", None),
        ("7:05-7:06", "07:05:30", time(7, 6)),
        ("", "12:00:00", None),
    ],
)
def test_quiet_hours(spans: str, now: str, end: time | None) -> None:
    assert read_quiet_hours(spans).end(at(now)) == end


@pytest.mark.parametrize("text", ["8-23", "08:00", "25:00-26:00", "08:60-09:00", "08:00-08:00"])
def test_hours_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(IndicsubsError, match=f"--quiet-hours {text}: give") as refused:
        read_quiet_hours(f"22:00-23:00,{text}")
    assert refused.value.code is FailureCode.USAGE


@pytest.mark.parametrize(
    ("evening", "hours"),
    [("2026-03-28", 7), ("2026-10-24", 9), ("2026-11-27", 8)],
)
def test_summer_time_shortens_or_lengthens_the_night(evening: str, hours: int) -> None:
    """The hours from 22:00 to 06:00 in Berlin, where the clocks change at night."""
    zone = ZoneInfo("Europe/Berlin")
    quiet = read_quiet_hours("22:00-06:00")
    begin = datetime.fromisoformat(f"{evening}T20:00").replace(tzinfo=zone).astimezone(UTC)
    minutes = range(0, 14 * 60, 5)
    inside = [
        quiet.end((begin + timedelta(minutes=minute)).astimezone(zone)) == time(6)
        for minute in minutes
    ]
    assert sum(inside) * 5 == hours * 60
