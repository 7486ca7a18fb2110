"""Opening films of every kind, and nothing but the one file."""

import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from av.error import FFmpegError
from media import make_film

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.film import FilmSpan, _FilmFile, film_span, is_mp4_family, open_film


def refusal(path: Path) -> IndicsubsError:
    with pytest.raises(IndicsubsError) as caught, open_film(path):
        pass
    assert caught.value.code is FailureCode.BAD_INPUT
    return caught.value


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.mov", "film.ts", "film.avi"])
def test_opens_films(tmp_path: Path, name: str):
    path = make_film(tmp_path / name, video="mpeg2video", audio="mp2")
    with open_film(path) as film:
        assert [stream.type for stream in film.streams] == ["video", "audio"]
        sizes = [packet.size for packet in film.demux() if packet.size]
    with av.open(str(path)) as reference:
        assert sizes == [packet.size for packet in reference.demux() if packet.size]


def test_a_name_may_look_like_a_protocol_or_be_of_another_encoding(tmp_path: Path):
    film = make_film(tmp_path / "film.mkv")
    for name in ("concat:film.mkv", "फ़िल्म 100%.mkv", os.fsdecode(b"caf\xe9.mkv")):
        path = tmp_path / name
        path.write_bytes(film.read_bytes())
        with open_film(path) as opened:
            assert opened.format.name == "matroska,webm"


def test_closes_the_file_whatever_happens(tmp_path: Path):
    path = make_film(tmp_path / "film.mkv")
    for fails in (False, True):
        before = sorted(Path("/dev/fd").iterdir())
        try:
            with open_film(path) as film:
                if fails:
                    raise KeyboardInterrupt
        except KeyboardInterrupt:
            pass
        assert sorted(Path("/dev/fd").iterdir()) == before
        with pytest.raises(AssertionError, match="not open"):
            next(film.demux())


# --- only the one file is read ----------------------------------------------------------------


def hls(target: Path) -> bytes:
    lines = ("#EXTM3U", "#EXT-X-TARGETDURATION:10", "#EXTINF:10,", str(target), "#EXT-X-ENDLIST")
    return "\n".join(lines).encode() + b"\n"


def concatenation(target: Path) -> bytes:
    return f"ffconcat version 1.0\nfile {target}\n".encode()


def dash(target: Path) -> bytes:
    return f"""<?xml version="1.0"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" mediaPresentationDuration="PT3S"
  profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet mimeType="video/mp4">
<Representation id="1" bandwidth="1"><BaseURL>{target}</BaseURL></Representation>
</AdaptationSet></Period></MPD>
""".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [("list.m3u8", hls), ("list.ffconcat", concatenation), ("list.mpd", dash)],
)
@pytest.mark.parametrize("relative", [True, False])
def test_a_list_does_not_reach_other_local_files(
    tmp_path: Path, name: str, content: Callable[[Path], bytes], relative: bool
):
    other = tmp_path / "elsewhere" / "other.ts"
    other.parent.mkdir()
    make_film(other, video="mpeg2video", audio="mp2")
    path = tmp_path / name
    path.write_bytes(content(other.relative_to(tmp_path) if relative else other))
    assert "playlists are not films" in refusal(path).message


def test_a_list_that_points_to_the_standard_input_does_not_read_it(tmp_path: Path):
    path = tmp_path / "list.m3u8"
    for target in ("fd:", "pipe:0", "data:,x", "http://127.0.0.1:9/a.ts", "crypto:a.ts"):
        path.write_bytes(hls(Path(target)))
        refusal(path)


def with_external_sound(film: bytes, target: Path) -> bytes:
    """A QuickTime film whose first data reference names another file, which has the media.

    The reference "this file" (``url `` with flag 1) becomes an alias record with the absolute path
    of the other file (QuickTime File Format Specification, "Data Reference Atoms").
    """
    place = str(target).encode()
    alias = bytearray(150)
    alias[6:8] = struct.pack(">H", 2)  # version
    alias += struct.pack(">HH", 2, len(place)) + place + b"\0" * (len(place) % 2)
    alias += struct.pack(">HH", 0xFFFF, 0)
    alias[4:6] = struct.pack(">H", len(alias))
    old = struct.pack(">I4sI", 12, b"url ", 1)
    new = struct.pack(">I4sI", 12 + len(alias), b"alis", 0) + alias
    at = film.index(old)
    changed = bytearray(film[:at] + new + film[at + len(old) :])
    for atom in (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref"):
        place_of = changed.index(atom) - 4
        (size,) = struct.unpack_from(">I", changed, place_of)
        struct.pack_into(">I", changed, place_of, size + len(new) - len(old))
    return bytes(changed)


def filled(film: bytes, level: int) -> bytes:
    """The same film with all its media of one byte value."""
    at = film.index(b"mdat")
    (size,) = struct.unpack_from(">I", film, at - 4)
    return film[: at + 4] + bytes([level]) * (size - 8) + film[at - 4 + size :]


def test_a_reference_in_quicktime_does_not_reach_another_local_file(tmp_path: Path):
    silent = make_film(tmp_path / "silent.mov", video=None, audio="pcm_s16le").read_bytes()
    other = tmp_path / "other.mov"
    other.write_bytes(filled(silent, 0x55))
    path = tmp_path / "film.mov"
    path.write_bytes(with_external_sound(filled(silent, 0), other))
    with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}) as followed:
        assert {*b"".join(map(bytes, followed.demux()))} == {0x55}
    with open_film(path) as film:
        assert {*b"".join(map(bytes, film.demux()))} <= {0}


# --- what is not a film -----------------------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"Shopping list: onions, dal, rice\n" * 40, bytes(5_000)])
def test_refuses_other_files(tmp_path: Path, content: bytes):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    error = refusal(path)
    assert error.message.startswith("clip.mp4 is not a film that can be read (")
    assert "Give one video or audio file" in error.message


def test_refuses_a_film_without_streams(tmp_path: Path):
    path = tmp_path / "empty.mp4"
    header = struct.pack(">I4s", 108, b"mvhd") + bytes(100)
    brand = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom")
    path.write_bytes(brand + struct.pack(">I4s", 8 + len(header), b"moov") + header)
    assert "it has no streams" in refusal(path).message


def test_an_absent_file_is_an_error_of_the_file_system(tmp_path: Path):
    with pytest.raises(FileNotFoundError), open_film(tmp_path / "nowhere.mkv"):
        pass


@pytest.fixture
def unplug(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes every later read of the film that was opened last fail."""
    opened: list[_FilmFile] = []

    class Recorded(_FilmFile):
        def __init__(self, path: Path) -> None:
            super().__init__(path)
            opened.append(self)

    def fail() -> None:
        broken = os.open(os.devnull, os.O_WRONLY)  # reading it fails
        os.dup2(broken, opened[-1].fileno())
        os.close(broken)

    monkeypatch.setattr("indicsubs_media.film._FilmFile", Recorded)
    return fail


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_disk_that_is_taken_out_makes_no_film_shorter(
    goes_on: bool, tmp_path: Path, unplug: Callable[[], None]
):
    def read(path: Path) -> None:
        with open_film(path) as film:
            packets = film.demux()
            assert next(packets).size
            unplug()
            try:
                list(packets)
            except FFmpegError:
                if not goes_on:
                    raise

    with pytest.raises(IndicsubsError, match="could not be read to its end") as caught:
        read(make_film(tmp_path / "film.mkv", audio="pcm_s16le"))
    assert caught.value.code is FailureCode.NO_INPUT
    assert "Bad file descriptor" in caught.value.message


def test_a_disk_that_fails_at_once_is_not_the_film_s_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    class WriteOnly(_FilmFile):
        def __init__(self, path: Path) -> None:
            super().__init__(os.open(path, os.O_WRONLY))

        def readable(self) -> bool:
            return True

    path = make_film(tmp_path / "film.mkv")
    monkeypatch.setattr("indicsubs_media.film._FilmFile", WriteOnly)
    with pytest.raises(IndicsubsError, match="could not be read") as caught, open_film(path):
        pass
    assert caught.value.code is FailureCode.NO_INPUT


# --- the film's clock -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["film.mkv", "film.mp4", "film.mov", "film.ts", "film.avi"])
@pytest.mark.parametrize("start_ms", [0, 5_000])
def test_span_is_on_the_clock_of_the_packets(tmp_path: Path, name: str, start_ms: int):
    path = make_film(tmp_path / name, video="mpeg2video", audio="mp2", start_ms=start_ms)
    with open_film(path) as film:
        span = film_span(film)
        packets = [packet for packet in film.demux() if packet.pts is not None]
        starts = [packet.pts * packet.time_base * 1000 for packet in packets]
        ends = [(p.pts + (p.duration or 0)) * p.time_base * 1000 for p in packets]
    priming_ms = 30  # what the encoder of the sound puts before the film's start
    assert span.start_ms == pytest.approx(float(min(starts)), abs=priming_ms)
    assert span.end_ms == pytest.approx(float(max(ends)), abs=60)
    assert span.end_ms == span.start_ms + span.duration_ms


@pytest.mark.parametrize("flags", ["faststart", "cmaf+frag_discont", "empty_moov+frag_keyframe"])
def test_span_of_mp4_whether_fragmented_or_not(tmp_path: Path, flags: str):
    late = make_film(tmp_path / "late.mkv", start_ms=5_000)
    path = tmp_path / "film.mp4"
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-copyts", "-i", str(late)]
    subprocess.run([*command, "-c", "copy", "-movflags", flags, str(path)], check=True)
    with open_film(path) as film:
        span = film_span(film)
        times = [packet.pts * packet.time_base * 1000 for packet in film.demux() if packet.size]
    assert span.start_ms == pytest.approx(float(min(times)), abs=1)
    assert span.end_ms == pytest.approx(float(max(times)) + 40, abs=60)


def test_a_film_that_states_no_duration_ends_at_its_start(tmp_path: Path):
    path = tmp_path / "live.mkv"
    make_film(path, start_ms=5_000, options={"live": "1"})
    with open_film(path) as film:
        span = film_span(film)
    assert span == FilmSpan(start_ms=span.start_ms, duration_ms=0)
    assert span.end_ms == span.start_ms == pytest.approx(5_000, abs=50)


@pytest.mark.parametrize(
    ("name", "mp4"), [("film.mp4", True), ("film.mov", True), ("film.mkv", False)]
)
def test_mp4_and_quicktime_are_one_family(tmp_path: Path, name: str, mp4: bool):
    with open_film(make_film(tmp_path / name)) as film:
        assert is_mp4_family(film) is mp4


def test_refuses_what_is_not_a_file_without_waiting(tmp_path: Path):
    pipe = tmp_path / "film.mp4"
    os.mkfifo(pipe)
    assert "not a file but a pipe" in refusal(pipe).message
    assert "not a file but a pipe" in refusal(tmp_path).message


def test_a_concat_script_opens_no_other_file(tmp_path: Path):
    make_film(tmp_path / "other.mkv")
    script = tmp_path / "film.mkv"
    script.write_text("ffconcat version 1.0\nfile other.mkv\n")
    assert "playlists are not films" in refusal(script).message
