"""Measures the length of a film, which a container may not state, or state wrongly."""

from pathlib import Path

from av.error import FFmpegError

from indicsubs_media.film import film_span, open_film
from indicsubs_media.packets import read_packets


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
        span = film_span(film)
        if latest_ms <= span.duration_ms:
            return None
        end_ms = 0
        try:
            for packet in read_packets(film):
                if packet.stream.type in ("video", "audio") and packet.pts is not None:
                    end = (packet.pts + (packet.duration or 0)) * packet.time_base
                    end_ms = max(end_ms, round(end * 1000) - span.start_ms)
        except FFmpegError:
            pass  # the film is damaged; what can be read counts
    return end_ms if 0 < end_ms < latest_ms else None
