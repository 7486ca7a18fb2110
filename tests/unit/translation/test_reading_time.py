"""Which translations can be read while their line is shown."""

from indicsubs_contract.transcript import Segment
from indicsubs_translation.reading_time import readable_in_time, reading_times


def test_a_line_is_shown_while_it_is_spoken_and_a_little_longer() -> None:
    spans = [(0, 1000), (1200, 2000), (9000, 9500), (9400, 9900)]
    segments = [Segment(start_ms=start, end_ms=end, text="x") for start, end in spans]
    assert reading_times(segments) == [1200, 1300, 500, 1000]
    assert reading_times([]) == []


def test_of_equal_lines_the_one_with_the_least_time_decides() -> None:
    is_readable = readable_in_time(["हाँ।", "नहीं।", "हाँ।"], [2000, 1000, 500], 10)
    assert is_readable("हाँ।", "12345")
    assert not is_readable("हाँ।", "123456")
    assert is_readable("नहीं।", "1234567890")
    # Nine code points, five letters as they are read.
    assert is_readable("हाँ।", "क्षत्रिय।")
