"""Times for people."""

from indicsubs_text.clock import clock


def test_clock() -> None:
    assert [clock(ms) for ms in (0, 999, 61_000, 36_000_000, -1500, -20)] == [
        "0:00:00",
        "0:00:00",
        "0:01:01",
        "10:00:00",
        "-0:00:01",
        "0:00:00",
    ]
