"""Subtitle tracks of films, read as a transcript."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from media import make_film

from indicsubs_common.muxing.subtitle_tracks import TextTrack, add_track, text_packets
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.text_tracks import read_text_track
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import FORMATS
from indicsubs_text.subtitle_files.style import FileStyle
from indicsubs_text.subtitle_files.timed_text import TimedText

CUES = (
    Cue(start_ms=1000, end_ms=2000, lines=("तुम यहाँ", "{क्या} कर रहे हो?")),
    Cue(start_ms=2500, end_ms=4000, lines=("दरवाज़ा",)),
)


def film_with(path: Path, script: Path | None = None) -> Path:
    """A film with the cues as our own mux writes them."""
    container = "mp4" if path.suffix == ".mp4" else "mkv"
    track = TextTrack(
        language=find_language("hi"),
        texts=[TimedText(cue.start_ms, cue.end_ms, "\n".join(cue.lines)) for cue in CUES],
        script=script,
        default=True,
    )
    with av.open(str(path), "w") as film:
        stream = add_track(film, container, track)
        film.start_encoding()
        for _, packet in text_packets([(track, stream)], container):
            film.mux(packet)
    return path


def raw_film(path: Path, codec: str, *packets: tuple[int, int, str], **given: object) -> Path:
    """A film with one track of packets, as start, duration and text."""
    with av.open(str(path), "w") as film:
        stream = film.add_mux_stream(codec)
        stream.time_base = Fraction(1, 1000)
        stream.metadata.update({"language": "hin", **given})
        film.start_encoding()
        for start_ms, duration_ms, text in packets:
            packet = av.Packet(text.encode())
            packet.stream = stream
            packet.time_base = Fraction(1, 1000)
            packet.pts = packet.dts = start_ms
            packet.duration = duration_ms
            film.mux(packet)
    return path


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "ass.mkv"])
def test_a_track_has_the_text_and_times_of_its_cues(tmp_path: Path, name: str) -> None:
    script = None
    if name == "ass.mkv":
        script = tmp_path / "film.ass"
        script.write_bytes(FORMATS["ass"].encode(CUES, FileStyle(language=find_language("hi"))))
    track = read_text_track(film_with(tmp_path / name, script), "hi")
    assert [(cue.start_ms, cue.end_ms, cue.lines) for cue in track.file.cues] == [
        (cue.start_ms, cue.end_ms, cue.lines) for cue in CUES
    ]
    assert (track.language, track.file.warnings) == ("hi", ())


def test_webvtt_in_matroska_keeps_its_speakers(tmp_path: Path) -> None:
    path = raw_film(tmp_path / "film.mkv", "webvtt", (1000, 500, "<v राम>कौन &amp; कहाँ?"))
    (cue,) = read_text_track(path, None).file.cues
    assert (cue.lines, cue.speaker) == (("कौन & कहाँ?",), "राम")


def test_a_cue_without_a_duration_ends_at_the_next_one(tmp_path: Path) -> None:
    path = raw_film(
        tmp_path / "film.mkv", "subrip", (1000, 0, "एक"), (2000, 0, "दो"), (9000, 0, "<i></i>")
    )
    cues = read_text_track(path, None).file.cues
    assert [(cue.start_ms, cue.end_ms) for cue in cues] == [(1000, 2000), (2000, 7000)]
    path = raw_film(tmp_path / "last.mkv", "subrip", (1000, 0, "एक"))
    (cue,) = read_text_track(path, None).file.cues
    assert (cue.start_ms, cue.end_ms) == (1000, 6000)


def test_damage_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def damaged(film, errors):
        errors.append("Invalid data")
        yield from film.demux()

    path = raw_film(tmp_path / "film.mkv", "subrip", (1000, 500, "एक"))
    monkeypatch.setattr("indicsubs_media.text_tracks.readable_packets", damaged)
    file = read_text_track(path, None).file
    assert len(file.cues) == 1
    assert file.warnings == ("The film is damaged, so subtitles may be missing (Invalid data).",)


def test_times_are_from_the_films_start(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", start_ms=1500, subtitles=[("hin", "एक")])
    (cue,) = read_text_track(path, "hi").file.cues
    assert abs(cue.start_ms) <= 50
    assert cue.lines == ("एक",)


def test_the_track_of_the_language_is_read_and_named(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", subtitles=[("eng", "One"), ("hin", "एक")])
    track = read_text_track(path, "hi")
    assert [cue.lines for cue in track.file.cues] == [("एक",)]
    assert track.file.warnings == ("film.mkv: the subtitle track 1: hin was read.",)
    assert [cue.lines for cue in read_text_track(path, None).file.cues] == [("One",)]


def test_a_track_without_a_language_is_read_where_no_other_is(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", subtitles=[("und", "एक")])
    track = read_text_track(path, "hi")
    assert ([cue.lines for cue in track.file.cues], track.language) == ([("एक",)], None)


def test_a_code_that_is_no_language_of_ours_gives_no_language(tmp_path: Path) -> None:
    path = make_film(tmp_path / "film.mkv", subtitles=[("tlh", "nuqneH")])
    assert read_text_track(path, None).language is None


@pytest.mark.parametrize(
    ("subtitles", "message"),
    [
        ((), "has no subtitle track in Hindi that is text. It has no subtitle tracks. Give"),
        ((("eng", "One"),), "in Hindi that is text. Its tracks are 0: eng. Give a subtitle file"),
    ],
)
def test_a_film_without_the_track_is_refused_with_its_tracks(
    tmp_path: Path, subtitles: tuple[tuple[str, str], ...], message: str
) -> None:
    path = make_film(tmp_path / "film.mkv", subtitles=subtitles)
    with pytest.raises(IndicsubsError) as caught:
        read_text_track(path, "hi")
    assert caught.value.code is FailureCode.BAD_INPUT
    assert message in caught.value.message


def test_pictures_are_not_text(tmp_path: Path) -> None:
    path = raw_film(tmp_path / "film.mkv", "dvd_subtitle", (0, 1000, "x"), title="Full")
    with pytest.raises(IndicsubsError, match=r"0: hin, 'Full' \(pictures, not text\)"):
        read_text_track(path, None)
