"""The length of a film, measured where subtitles end after it."""

from pathlib import Path

import pytest
from media import make_film

from indicsubs_media.film_length import end_if_before


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.ts", "film.avi"])
def test_the_end_is_measured_from_the_films_start(tmp_path: Path, name: str) -> None:
    film = make_film(tmp_path / name, audio=None, seconds=2.0, start_ms=0)
    assert end_if_before(film, 1_500) is None
    end_ms = end_if_before(film, 36_000_000)
    assert end_ms == pytest.approx(2_000, abs=50)


def test_a_film_whose_header_states_no_length(tmp_path: Path) -> None:
    options = {"live": "1"}
    film = make_film(
        tmp_path / "film.mkv", audio=None, seconds=2.0, start_ms=20_000, options=options
    )
    assert end_if_before(film, 1_500) is None
    assert end_if_before(film, 5_000) == pytest.approx(2_000, abs=50)


def test_a_damaged_film_ends_where_it_can_be_read(tmp_path: Path, monkeypatch) -> None:
    film = make_film(tmp_path / "film.mkv", audio=None, seconds=4.0)
    whole = film.read_bytes()
    film.write_bytes(whole[: len(whole) // 2])
    end_ms = end_if_before(film, 36_000_000)
    assert end_ms is not None
    assert 500 < end_ms < 3_900
