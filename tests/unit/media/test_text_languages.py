"""The languages of the subtitles inside films."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.stream import Disposition
from media import make_film

from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_media.film import open_film
from indicsubs_media.text_languages import text_languages


def tracks(
    path: Path, *given: tuple[str, str, str, Disposition]
) -> dict[SubtitlePurpose, tuple[str, ...]]:
    """Returns the languages of a film with tracks of a codec, a language, a title and flags."""
    with av.open(str(path), "w") as film:
        for codec, language, title, flags in given:
            stream = film.add_mux_stream(codec)
            stream.time_base = Fraction(1, 1000)
            stream.metadata.update({"language": language, "title": title})
            stream.disposition = flags
        film.start_encoding()
        for stream in film.streams:
            packet = av.Packet("घर".encode())
            packet.stream, packet.time_base = stream, Fraction(1, 1000)
            packet.pts = packet.dts = packet.duration = 1000
            film.mux(packet)
    with open_film(path) as film:
        return text_languages(film)


@pytest.mark.parametrize(
    ("codec", "language", "title", "flags", "found"),
    [
        ("subrip", "hin", "", Disposition.default, {"full": ("hi",)}),
        ("ass", "tam", "Full", Disposition(0), {"full": ("ta",)}),
        ("webvtt", "eng", "", Disposition.hearing_impaired, {"sdh": ("en",)}),
        ("subrip", "eng", "English [SDH]", Disposition(0), {"sdh": ("en",)}),
        ("subrip", "hi-IN", "", Disposition(0), {"full": ("hi",)}),
        ("subrip", "eng", "", Disposition.forced, {"forced": ("en",)}),
        ("subrip", "eng", "English (Forced)", Disposition(0), {"forced": ("en",)}),
        ("subrip", "eng", "Signs & Songs", Disposition(0), {"forced": ("en",)}),
        ("subrip", "eng", "", Disposition.comment, {}),
        ("subrip", "eng", "Director's commentary", Disposition(0), {}),
        ("subrip", "eng", "The Assigned Reinforced", Disposition(0), {"full": ("en",)}),
        ("subrip", "und", "", Disposition(0), {}),
        ("subrip", "tlh", "Klingon", Disposition(0), {}),
        ("dvd_subtitle", "hin", "", Disposition(0), {}),
        ("hdmv_pgs_subtitle", "hin", "", Disposition(0), {}),
    ],
)
def test_the_languages_of_text_tracks_count(
    tmp_path: Path,
    codec: str,
    language: str,
    title: str,
    flags: Disposition,
    found: dict[str, tuple[str]],
) -> None:
    assert tracks(tmp_path / "film.mkv", (codec, language, title, flags)) == found


def test_each_language_counts_once_and_in_mp4_too(tmp_path: Path) -> None:
    track = ("subrip", "hin", "", Disposition(0))
    forced = ("subrip", "eng", "", Disposition.forced)
    english = ("ass", "eng", "", Disposition(0))
    found = tracks(tmp_path / "film.mkv", track, forced, track, english)
    assert found == {"full": ("hi", "en"), "forced": ("en",)}
    assert tracks(tmp_path / "film.mp4", ("mov_text", *track[1:])) == {"full": ("hi",)}
    with open_film(make_film(tmp_path / "none.mkv")) as film:
        assert text_languages(film) == {}
