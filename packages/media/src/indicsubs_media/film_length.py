"""Measures the length of a film, which a container may not state, or state wrongly."""

from pathlib import Path

from indicsubs_media.film import film_span, open_film
from indicsubs_media.film_times import read_clock


def end_if_before(path: Path, latest_ms: int) -> int | None:
    """The film's end in ms from its start, if something that is to be shown ends after it.

    The film is read to its end only where the container's header states no length, or one before
    ``latest_ms``: headers may state too little, but hardly ever hours too much.

    Args:
        path: The film.
        latest_ms: The time at which the last subtitle ends.

    Returns:
        None where the film is as long as its subtitles.

    Raises:
        IndicsubsError: As :func:`~indicsubs_media.film.open_film`.
    """
    with open_film(path) as film:
        if latest_ms <= film_span(film).duration_ms:
            return None
    end_ms = read_clock(path).end_ms
    return end_ms if 0 < end_ms < latest_ms else None
