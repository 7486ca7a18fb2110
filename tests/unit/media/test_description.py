"""Films described as their containers describe them, in text that can always be sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import pytest
from av.container import InputContainer
from av.stream import Disposition
from media import make_film
from pictures import grey_picture

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.demux import MediaInfo, StreamInfo
from indicsubs_media.description import audio_tracks, describe_film
from indicsubs_media.film import open_film
from indicsubs_media.film_times import read_clock
from indicsubs_media.streams import channel_names, film_picture, has_codec, is_cover
from indicsubs_media.tracks import AudioTrack

CP1252_TITLE = "Café – Acte 1".encode("cp1252")


def described(path: Path) -> MediaInfo:
    """The description, sent as JSON and received."""
    with open_film(path) as film:
        data = msgspec.json.encode(describe_film(film, read_clock(path)))
    data.decode("utf-8")
    return msgspec.json.decode(data, type=MediaInfo)


def test_describes_every_stream(tmp_path: Path):
    path = make_film(
        tmp_path / "film.mkv", subtitles=[("tam", "வணக்கம்")], font=True, layout="5.1", start_ms=2_000
    )
    media = described(path)
    assert media.container == "matroska,webm"
    assert media.start_ms == pytest.approx(2_000, abs=50)
    assert media.duration_ms == pytest.approx(3_000, abs=50)
    assert media.streams == (
        StreamInfo(
            index=0,
            kind="video",
            codec="mpeg4",
            default=media.streams[0].default,
            width=64,
            height=48,
            frame_rate="25/1",
        ),
        StreamInfo(
            index=1,
            kind="audio",
            codec="aac",
            language="hin",
            title="Dialogue",
            default=media.streams[1].default,
            channels=6,
            layout="5.1",
            sample_rate=48_000,
        ),
        StreamInfo(index=2, kind="subtitle", codec="subrip", language="tam", default=True),
        StreamInfo(index=3, kind="attachment", codec=media.streams[3].codec),
    )


def test_streams_that_ffmpeg_does_not_know(tmp_path: Path):
    path = make_film(tmp_path / "film.mkv")
    data = path.read_bytes()
    assert data.count(b"V_MPEG4/ISO/ASP") == data.count(b"A_AAC") == 1
    path.write_bytes(
        data.replace(b"V_MPEG4/ISO/ASP", b"V_NOBODY/KNOWS!").replace(b"A_AAC", b"A_XYZ")
    )
    picture, sound = described(path).streams
    assert (picture.kind, picture.codec, picture.width) == ("video", "unknown", None)
    assert (sound.kind, sound.codec, sound.channels) == ("audio", "unknown", None)
    with open_film(path) as film:
        assert not any(has_codec(stream) for stream in film.streams)
        assert film_picture(film) is None


def test_data_streams(tmp_path: Path):
    path = tmp_path / "film.ts"
    with av.open(str(path), "w") as film:
        data = film.add_data_stream("klv")
        picture = film.add_stream("mpeg2video", rate=25, width=64, height=48, pix_fmt="yuv420p")
        film.start_encoding()
        note = av.Packet(bytes(20))
        note.stream, note.time_base, note.pts, note.dts = data, Fraction(1, 25), 0, 0
        film.mux(note)
        for level in range(25):  # FFmpeg does not see the data stream of a shorter film
            film.mux(picture.encode(grey_picture(level=level)))
        film.mux(picture.encode(None))
    assert [stream.kind for stream in described(path).streams] == ["data", "video"]


def test_a_picture_of_no_known_rate(tmp_path: Path):
    path = make_film(tmp_path / "film.mkv")
    with open_film(path) as film:

        class Still:
            """The stream of a film whose rate neither container nor codec tells."""

            average_rate = guessed_rate = None

            def __getattr__(self, name: str) -> object:
                return getattr(film.streams.video[0], name)

            __class__ = av.VideoStream

        class Film:
            streams = (Still(),)

            def __getattr__(self, name: str) -> object:
                return getattr(film, name)

        (picture,) = describe_film(Film(), FilmClock()).streams
    assert (picture.width, picture.frame_rate) == (64, None)


# --- text of any encoding ---------------------------------------------------------------------


@contextmanager
def writing(path: Path) -> Iterator[tuple[av.container.OutputContainer, av.AudioStream]]:
    """A second of silence whose metadata may be any bytes, escaped."""
    with av.open(str(path), "w", metadata_errors="surrogateescape") as film:
        sound = film.add_stream("pcm_s16le", rate=8_000, layout="mono")
        yield film, sound
        frame = av.AudioFrame("s16", "mono", 8_000)
        frame.sample_rate = 8_000
        for packet in [*sound.encode(frame), *sound.encode(None)]:
            film.mux(packet)


def escaped(data: bytes) -> str:
    return data.decode(errors="surrogateescape")


def bytes_of(film: InputContainer, name: str) -> tuple[bytes, bytes]:
    """A field of the film's metadata, and of its first stream's."""
    return tuple(
        metadata.get(name, "").encode(errors="surrogateescape")
        for metadata in (film.metadata, film.streams[0].metadata)
    )


def test_a_title_in_an_old_encoding_is_cleaned_and_passed_through(tmp_path: Path):
    path = tmp_path / "film.avi"
    with writing(path) as (film, sound):
        film.metadata["title"] = sound.metadata["title"] = escaped(CP1252_TITLE)
    assert CP1252_TITLE in path.read_bytes()
    with open_film(path) as film:
        assert bytes_of(film, "title") == (CP1252_TITLE, CP1252_TITLE)
        (track,) = audio_tracks(film)
    assert track.title == "Caf\ufffd \ufffd Acte 1"
    assert described(path).streams[0].title == "Caf\ufffd \ufffd Acte 1"


def test_a_language_that_is_not_utf_8_is_cleaned(tmp_path: Path):
    path = tmp_path / "film.mkv"
    with writing(path) as (_, sound):
        sound.metadata["language"] = escaped(b"fr\xe7")
    assert described(path).streams[0].language == "fr\ufffd"
    with open_film(path) as film:
        assert str(audio_tracks(film)[0]) == "0: fr\ufffd"
        assert bytes_of(film, "language")[1] == b"fr\xe7"


@pytest.mark.parametrize("language", ["und", ""])
def test_a_language_that_is_not_named(tmp_path: Path, language: str):
    path = tmp_path / "film.mkv"
    with writing(path) as (_, sound):
        sound.metadata["language"] = language
    assert described(path).streams[0].language is None


@pytest.mark.parametrize(
    ("handler", "title"),
    [
        ("SoundHandler", None),
        ("Core Media Audio Handler", None),
        ("हिन्दी", "हिन्दी"),
        ("Hindi 5.1", "Hindi 5.1"),
    ],
)
def test_the_title_in_mp4_is_the_handler_s_name(tmp_path: Path, handler: str, title: str | None):
    path = tmp_path / "film.mov"
    with writing(path) as (_, sound):
        sound.metadata["handler_name"] = handler
    assert described(path).streams[0].title == title


# --- tracks and channels ----------------------------------------------------------------------


def test_audio_tracks_have_their_flags(tmp_path: Path):
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as film:
        streams = [film.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(3)]
        streams[0].disposition = Disposition.default
        streams[1].disposition = Disposition.comment
        streams[1].metadata.update(language="eng", title="Director")
        streams[2].disposition = Disposition.visual_impaired
        for stream in streams:
            frame = av.AudioFrame("s16", "mono", 800)
            frame.sample_rate = 8_000
            film.mux([*stream.encode(frame), *stream.encode(None)])
    with open_film(path) as film:
        assert audio_tracks(film) == [
            AudioTrack(number=0, default=True),
            AudioTrack(number=1, language="eng", title="Director", secondary=True),
            AudioTrack(number=2, secondary=True),
        ]


def test_the_picture_is_not_the_cover(tmp_path: Path):
    path = tmp_path / "film.mp4"
    picture = av.CodecContext.create("mjpeg", "w")
    picture.width, picture.height, picture.pix_fmt = 64, 48, "yuvj420p"
    picture.time_base = Fraction(1, 25)
    (still,) = picture.encode(grey_picture(pixels="yuvj420p"))
    with av.open(str(path), "w") as film:
        cover = film.add_mux_stream("mjpeg", width=64, height=48)
        cover.disposition = Disposition.attached_pic
        video = film.add_stream("mpeg4", rate=25, width=96, height=64, pix_fmt="yuv420p")
        film.start_encoding()
        packet = av.Packet(bytes(still))
        packet.stream, packet.pts, packet.dts = cover, 0, 0
        film.mux(packet)
        for frame in (grey_picture(96, 64), None):
            film.mux(video.encode(frame))
    with open_film(path) as film:
        assert sorted(is_cover(stream) for stream in film.streams) == [False, True]
        chosen = film_picture(film)
        assert chosen is not None
        assert chosen.width == 96
    with open_film(make_film(tmp_path / "sound.mkv", video=None)) as film:
        assert film_picture(film) is None


@pytest.mark.parametrize(
    ("layout", "names"),
    [
        ("mono", ("FC",)),
        ("stereo", ("FL", "FR")),
        ("5.1", ("FL", "FR", "FC", "LFE", "BL", "BR")),
        ("2 channels", ("FL", "FR")),
        ("6 channels", ("FL", "FR", "FC", "LFE", "BL", "BR")),
        ("3 channels", ("NONE", "NONE", "NONE")),
    ],
)
def test_channels_without_names_get_the_usual_ones(layout: str, names: tuple[str, ...]):
    assert channel_names(av.AudioLayout(layout)) == names
