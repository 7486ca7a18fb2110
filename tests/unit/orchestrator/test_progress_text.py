"""Progress in units that people understand, and the time that is left."""

import pytest

from indicsubs.cli.progress_text import progress_text, time_left_text
from indicsubs.run.stage_speed import Speed
from indicsubs_contract.messages.progress import Progress


def film(done: int, total: int = 7_200_000, unit: str = "film_ms", note: str = "") -> Progress:
    return Progress(stage="asr", done=done, total=total, unit=unit, note=note)


@pytest.mark.parametrize(
    ("done", "total", "unit", "note", "text"),
    [
        (61_000, 7_200_000, "film_ms", "", "0:01:01 of 2:00:00 of film"),
        (3_599_999, 10_800_000, "film_ms", "burning in", "0:59:59 of 3:00:00 of film (burning in)"),
        (312, 1204, "sentences", "English", "312 of 1,204 sentences (English)"),
        (20, 1100, "cues", "", "20 of 1,100 cues"),
        (7, 40, "windows", "looking for cuts", "7 of 40 parts of the film (looking for cuts)"),
        (1, 3, "languages", "", "1 of 3 languages"),
        (2, 9, "chunks", "", "2 of 9 chunks"),
        (120_400_000, 1_700_000_000, "bytes", "", "120 of 1,700 MB"),
        (61_000, 0, "film_ms", "", "0:01:01 of film"),
        (312, 0, "sentences", "", "312 sentences"),
        (3, 4, "pages", "", "3 of 4 pages"),
    ],
)
def test_amounts_are_shown_in_the_unit_of_the_work(done, total, unit, note, text) -> None:
    message = Progress(stage="asr", done=done, total=total, unit=unit, note=note)
    assert progress_text(message) == text


def test_the_time_left_follows_from_the_speed_since_the_first_message() -> None:
    speed = Speed()
    assert speed.seconds_left(film(0), 100.0) is None
    assert speed.seconds_left(film(720_000), 190.0) == pytest.approx(810.0)
    assert speed.seconds_left(film(1_440_000), 300.0) == pytest.approx(800.0)
    assert speed.seconds_left(film(7_200_000), 900.0) == 0


def test_cached_work_does_not_count_as_speed() -> None:
    """Half of the film is there at once, from the job's cache; the rest takes as long as ever."""
    speed = Speed()
    speed.seconds_left(film(3_600_000), 0.0)
    assert speed.seconds_left(film(3_960_000), 60.0) == pytest.approx(540.0)


@pytest.mark.parametrize(
    ("done", "seconds"),
    [
        (3_600_000, 9.0),  # the first seconds
        (30_000, 600.0),  # under a hundredth of the work
        (0, 600.0),
    ],
)
def test_no_time_is_given_before_the_speed_is_known(done: int, seconds: float) -> None:
    speed = Speed()
    speed.seconds_left(film(0), 0.0)
    assert speed.seconds_left(film(done), seconds) is None


def test_loading_a_model_does_not_count_as_slow_work() -> None:
    speed = Speed()
    speed.seconds_left(film(0, 100, "sentences", "loading a model"), 0.0)
    speed.seconds_left(film(10, 100, "sentences", "English"), 600.0)
    left = speed.seconds_left(film(20, 100, "sentences", "English"), 620.0)
    assert left == pytest.approx(160.0)


def test_no_time_is_given_without_a_total() -> None:
    speed = Speed()
    speed.seconds_left(film(0, total=0), 0.0)
    assert speed.seconds_left(film(50_000, total=0), 60.0) is None


@pytest.mark.parametrize(
    "message",
    [
        film(0, 3, "languages"),
        film(1_000_000, 9_000_000),
        film(100_000),
        film(1_000_000, note="burning in"),
    ],
    ids=["another unit", "another total", "begun again", "another note"],
)
def test_a_stage_that_counts_something_else_is_measured_again(message: Progress) -> None:
    speed = Speed()
    speed.seconds_left(film(200_000), 0.0)
    assert speed.seconds_left(film(800_000), 60.0) is not None
    assert speed.seconds_left(message, 61.0) is None


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0, "less than a minute left"),
        (29, "less than a minute left"),
        (45, "about 1 minute left"),
        (700, "about 12 minutes left"),
        (3599, "about 1 hour left"),
        (3660, "about 1 hour 1 minute left"),
        (7900, "about 2 hours 12 minutes left"),
    ],
)
def test_the_time_left_is_rounded_to_minutes(seconds: float | None, text: str) -> None:
    assert time_left_text(seconds) == text
