"""Films as people have them: containers without times, old codecs, streams without packets."""

import re
import struct
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from io import FileIO
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import pytest
from av.stream import Disposition
from av.video.frame import PictureType
from media import make_film, make_program_stream, read_back, tracks_of
from stage_context import stage_context

from indicsubs_common import mux
from indicsubs_common.muxing import frame_times
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.mux import MuxCheck, MuxRequest, MuxResult
from indicsubs_contract.stages import StageName
from indicsubs_media import film as film_module

SUBTITLES = "1\n00:00:00,500 --> 00:00:01,500\nHello.\n"
OVERLAPPING = (
    "1\n00:00:00,200 --> 00:00:02,500\nDELHI, 1975\n\n"
    "2\n00:00:01,000 --> 00:00:02,000\nLeave me alone.\n"
)
FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def run(film: Path, container: str = "auto", text: str = SUBTITLES, **fields) -> MuxResult:
    context = stage_context(StageName.MUX, film.parent, "mux")
    (film.parent / "en.srt").write_text(text, encoding="utf-8")
    subtitles = (Artifact(path="en.srt", kind="srt", sha256="", bytes=0, language="en"),)
    source = SourceFile(path=str(film), fingerprint="")
    request = MuxRequest(source=source, subtitles=subtitles, container=container, **fields)
    return mux.run(request, context)


def written(film: Path, result: MuxResult) -> Path:
    assert result.film is not None
    return film.parent / result.film.path


def by_ffmpeg(film: Path, *arguments: str) -> str:
    """The output of a second program that reads the film."""
    command = [FFMPEG, "-v", "error", "-i", str(film), *arguments, "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pictures(film: Path) -> list[tuple[int, str]]:
    """The time in ms and the content of each frame that the second program shows."""
    out = by_ffmpeg(film, "-copyts", "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framemd5")
    base = Fraction(re.search(r"#tb 0: (\S+)", out)[1])
    rows = [line.split(",") for line in out.splitlines() if not line.startswith("#")]
    return [(round(int(row[2]) * base * 1000), row[5].strip()) for row in rows]


def description(film: Path) -> str:
    command = [FFMPEG, "-hide_banner", "-i", str(film)]
    return subprocess.run(command, check=False, capture_output=True, text=True).stderr


# --- times of frames --------------------------------------------------------------------------


def film_with_b_frames(path: Path, codec: str) -> Path:
    with av.open(str(path), "w") as film:
        stream = film.add_stream(codec, rate=25, width=96, height=64, pix_fmt="yuv420p")
        stream.codec_context.max_b_frames = 2
        for number in range(75):
            frame = av.VideoFrame(96, 64, "yuv420p")
            for index, plane in enumerate(frame.planes):
                shade = 128 if index else 16 + 3 * number
                plane.update(bytes([shade]) * plane.buffer_size)
            frame.pts = number
            frame.time_base = Fraction(1, 25)
            film.mux(stream.encode(frame))
        film.mux(stream.encode(None))
    return path


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("film.avi", "libx264"),
        ("film.avi", "mpeg4"),
        ("film.asf", "libx264"),
        ("film.h264", "libx264"),
    ],
)
@pytest.mark.parametrize("container", ["mkv", "mp4"])
def test_frames_are_shown_in_order_where_the_container_states_no_times(
    tmp_path: Path, name: str, codec: str, container: str
):
    film = film_with_b_frames(tmp_path / name, codec)
    with av.open(str(film)) as source:
        assert PictureType.B in {frame.pict_type for frame in source.decode(video=0)}
    result = run(film, container)
    assert result.warnings == ()
    shown = pictures(written(film, result))
    assert [content for _, content in shown] == [content for _, content in pictures(film)]
    times = [time for time, _ in shown]
    assert len(times) == 75
    assert all(39 <= later - time <= 41 for time, later in pairwise(times)), times
    assert 0 <= times[0] <= 120, "at most the delay of the decoder"


def test_packets_that_no_decoder_reads_keep_the_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    film = film_with_b_frames(tmp_path / "film.avi", "libx264")
    data = bytearray(film.read_bytes())
    chunks = [found.start() for found in re.finditer(rb"00dc", data[: data.rfind(b"idx1")])]
    for start in chunks[30:36]:
        size = int.from_bytes(data[start + 4 : start + 8], "little")
        data[start + 8 : start + 8 + size] = bytes(size)
    film.write_bytes(data)
    monkeypatch.setattr(frame_times, "_PENDING", 20)
    shown = pictures(written(film, run(film)))
    times = [time for time, _ in shown]
    assert times == sorted(set(times))
    assert times[-1] == pytest.approx(75 * 40, abs=160)


N_VOP = bytes.fromhex("000001b65600")
"""MPEG-4's picture that repeats the one before: P, no seconds, time 5, not coded."""


def test_two_frames_in_one_packet_are_taken_apart(tmp_path: Path):
    """DivX and Xvid put a B-frame into the packet of the next frame, then an empty packet."""
    plain = film_with_b_frames(tmp_path / "plain.avi", "mpeg4")
    film = tmp_path / "packed.avi"
    with av.open(str(plain)) as source, av.open(str(film), "w") as packed:
        copy = packed.add_stream_from_template(source.streams.video[0], opaque=True)
        parts = [bytes(packet) for packet in source.demux() if packet.size]
        chunks: list[bytes] = []
        at = 0
        while at < len(parts):
            following = parts[at + 1 : at + 2]
            if following and _is_b(following[0]) and not _is_b(parts[at]):
                chunks += [parts[at] + following[0], N_VOP]
                at += 2
            else:
                chunks.append(parts[at])
                at += 1
        assert chunks.count(N_VOP) > 10
        for number, chunk in enumerate(chunks):
            packet = av.Packet(chunk)
            packet.stream = copy
            packet.time_base = Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = number == 0
            packed.mux(packet)
    path = written(film, run(film))
    with av.open(str(path)) as new:
        sizes = [packet.size for packet in new.demux(video=0) if packet.size]
    assert len(sizes) == len(parts)
    assert [content for _, content in pictures(path)] == [c for _, c in pictures(plain)]
    times = [time for time, _ in pictures(path)]
    assert all(39 <= later - time <= 41 for time, later in pairwise(times)), times


def _is_b(packet: bytes) -> bool:
    at = packet.find(b"\x00\x00\x01\xb6")
    return packet[at + 4] >> 6 == 2


# --- what MP4 states ---------------------------------------------------------------------------


def boxes(data: bytes) -> Iterator[tuple[str, int, int]]:
    at = 0
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield name.decode("latin-1"), at, size
        at += max(size, 8)


def with_dolby_vision(film: Path) -> Path:
    """Adds a Dolby Vision configuration of profile 9 to the only video track of an MP4 film."""
    data = film.read_bytes()
    # version 1.0; profile 9, level 1; RPU and base layer present; compatible with SDR (2)
    content = bytes([1, 0, 9 << 1, 1 << 3 | 0b101, 2 << 4]) + bytes(19)
    box = struct.pack(">I4s", 8 + len(content), b"dvvC") + content
    sizes = []
    for name in (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"):
        sizes.append(data.index(name, sizes[-1] + 4 if sizes else 0) - 4)
    end = sizes[-1] + int.from_bytes(data[sizes[-1] : sizes[-1] + 4], "big")
    patched = bytearray(data[:end] + box + data[end:])
    for at in sizes:
        size = int.from_bytes(patched[at : at + 4], "big") + len(box)
        patched[at : at + 4] = size.to_bytes(4, "big")
    film.write_bytes(patched)
    return film


def test_mp4_keeps_dolby_vision_and_has_its_index_first(tmp_path: Path):
    film = with_dolby_vision(make_film(tmp_path / "film.mp4", video="libx264", audio=None))
    assert "DOVI configuration record" in description(film)
    for container in ("mp4", "mkv"):
        path = written(film, run(film, container))
        assert "DOVI configuration record" in description(path), container
        if container == "mp4":
            names = [name for name, _, _ in boxes(path.read_bytes())]
            assert names.index("moov") < names.index("mdat")


def test_hevc_gets_the_tag_that_all_players_know(tmp_path: Path):
    film = tmp_path / "film.mkv"
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "color=gray:s=320x180:d=1"]
    command += ["-c:v", "libx265", "-x265-params", "log-level=none", str(film)]
    subprocess.run(command, check=True, capture_output=True)
    path = written(film, run(film, "mp4"))
    assert "(hvc1 /" in description(path)
    assert pictures(path) == pictures(film)


def test_overlapping_cues_share_a_sample(tmp_path: Path):
    film = make_film(tmp_path / "film.mp4")
    path = written(film, run(film, text=OVERLAPPING))
    (track,) = [track for track in tracks_of(path) if track.kind == "subtitle"]
    assert read_back(path, track).split("\n\n") == [
        "1\n00:00:00,200 --> 00:00:01,000\nDELHI, 1975",
        "2\n00:00:01,000 --> 00:00:02,000\nDELHI, 1975\nLeave me alone.",
        "3\n00:00:02,000 --> 00:00:02,500\nDELHI, 1975",
        "",
    ]


def test_a_text_too_long_for_mp4_is_shortened_with_a_word(tmp_path: Path):
    film = make_film(tmp_path / "film.mp4")
    text = "ஆ" * 30_000
    cue = f"1\n00:00:00,500 --> 00:00:01,500\n{text}\n"
    result = run(film, text=cue)
    (warning,) = result.warnings
    assert "shortened" in warning
    path = written(film, result)
    (track,) = [track for track in tracks_of(path) if track.kind == "subtitle"]
    shown = read_back(path, track).split("\n")[2]
    assert shown == "ஆ" * (0xFFFF // 3)
    assert run(film, "mkv", text=cue).warnings == ()


def test_mov_text_becomes_subrip_in_matroska(tmp_path: Path):
    film = make_film(tmp_path / "plain.mp4")
    (tmp_path / "own.srt").write_text(
        "1\n00:00:00,500 --> 00:00:01,500\n<i>नमस्ते</i> there <b>bold</b>\n\n"
        "2\n00:00:02,000 --> 00:00:02,500\na < b {x}\n",
        encoding="utf-8",
    )
    own = tmp_path / "film.mp4"
    command = [FFMPEG, "-v", "error", "-i", str(film), "-i", str(tmp_path / "own.srt")]
    command += ["-map", "0", "-map", "1", "-c", "copy", "-c:s", "mov_text"]
    subprocess.run([*command, "-metadata:s:s", "language=hin", str(own)], check=True)
    result = run(own, "mkv")
    (warning,) = result.warnings
    assert warning.startswith("Converted to SubRip")
    path = written(own, result)
    first = next(track for track in tracks_of(path) if track.kind == "subtitle")
    assert (first.codec, first.language) == ("subrip", "hin")
    assert "<i>नमस्ते</i> there <b>bold</b>" in read_back(path, first)
    assert "a < b {x}" in read_back(path, first)
    assert read_back(path, first).count("-->") == 2


# --- codecs of Windows -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "video", "audio"),
    [
        ("film.wmv", "wmv2", "wmav2"),
        ("film.asf", "wmv1", "wmav1"),
        ("film.flv", "flv", "adpcm_swf"),
        ("film.flv", "flv", "mp3"),
        ("film.avi", "msmpeg4v2", "pcm_mulaw"),
        ("film.mov", "png", "pcm_alaw"),
        ("film.mkv", "png", "pcm_s16le"),
        ("film.avi", "rawvideo", "pcm_s16le"),
    ],
)
def test_matroska_takes_the_codecs_of_windows(tmp_path: Path, name: str, video: str, audio: str):
    film = tmp_path / name
    layout = ["-pix_fmt", "rgb24" if video == "png" else "yuv420p"]
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x240:d=1"]
    command += ["-f", "lavfi", "-i", "sine=d=1:r=44100", "-c:v", video, "-c:a", audio, *layout]
    subprocess.run([*command, str(film)], check=True)
    if audio == "adpcm_swf":
        with pytest.raises(IndicsubsError, match=r"audio stream 1 \(adpcm_swf\)"):
            run(film, "mkv")
        return
    path = written(film, run(film, "mkv"))
    assert [content for _, content in pictures(path)] == [c for _, c in pictures(film)]
    raw = ("-map", "0:a", "-f", "md5")
    assert by_ffmpeg(path, *raw) == by_ffmpeg(film, *raw)


def test_pictures_stored_upside_down_are_refused(tmp_path: Path):
    film = tmp_path / "film.avi"
    command = [FFMPEG, "-v", "error", "-f", "lavfi", "-i", "testsrc=s=320x240:d=1"]
    subprocess.run([*command, "-c:v", "rawvideo", "-pix_fmt", "bgr24", str(film)], check=True)
    with pytest.raises(IndicsubsError, match=r"video stream 0 \(rawvideo\)"):
        run(film)


# --- streams that are only declared, or come late ----------------------------------------------


def test_a_declared_audio_stream_without_packets_is_left_out(tmp_path: Path):
    film = tmp_path / "film.ts"
    source = make_film(tmp_path / "film.mkv", video="libx264")
    with av.open(str(source)) as old, av.open(str(film), "w") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        silent = new.add_stream_from_template(old.streams.audio[0], opaque=True)
        silent.metadata["language"] = "tam"
        for packet in old.demux():
            if packet.size:
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
    result = run(film)
    assert result.warnings == (
        "Left out, as nothing of it was found near the film's start: audio stream 2 (aac, tam).",
    )
    kinds = [track.kind for track in tracks_of(written(film, result))]
    assert kinds == ["video", "audio", "subtitle"]


def test_a_stream_that_appears_late_is_kept(tmp_path: Path):
    film = make_program_stream(tmp_path / "film.vob", (12, 16))
    result = run(film)
    assert result.warnings == ()
    kinds = [track.kind for track in tracks_of(written(film, result))]
    assert kinds.count("audio") == 2


def test_a_stream_that_appears_later_than_is_searched_is_left_out_with_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    film = make_program_stream(tmp_path / "film.vob", (7, 9), padded=True)
    monkeypatch.setattr(film_module, "_LONG_PROBING", {"probesize": "20000"})
    result = run(film)
    assert result.warnings == (
        "Left out, as it first appears in the middle of the film: audio: mp2.",
    )
    assert len(pictures(written(film, result))) == len(pictures(film))


def test_a_phantom_video_stream_is_left_out(tmp_path: Path):
    film = make_film(tmp_path / "film.vob", container="vob", video="mpeg2video", audio="mp2")
    data = film.read_bytes()
    pack = data.index(b"\x00\x00\x01\xba", 1)
    phantom = b"\x00\x00\x01\xe3" + struct.pack(">H", 23) + b"\x80\x00\x00" + b"\x55" * 20
    film.write_bytes(data[:pack] + phantom + data[pack:])
    result = run(film)
    (warning,) = result.warnings
    assert re.fullmatch(r"Left out, .* start: video stream \d \(unknown\)\.", warning)
    assert len(pictures(written(film, result))) == 75


# --- flags and checks --------------------------------------------------------------------------


def test_the_film_s_own_default_tracks_stay_default(tmp_path: Path):
    film = make_film(tmp_path / "film.mkv", subtitles=[("fra", "Bonjour"), ("deu", "Hallo")])
    path = written(film, run(film))
    flags = [track.default for track in tracks_of(path) if track.kind == "subtitle"]
    assert flags == [True, False, True]


def test_mp4_enables_no_track_that_is_not_default(tmp_path: Path):
    """FFmpeg's writer enables the first track of a kind, and players would show it."""
    first = make_film(tmp_path / "plain.mp4")
    film = tmp_path / "film.mp4"
    written(first, run(first)).rename(film)
    data = film.read_bytes()
    with av.open(str(film)) as opened:
        assert opened.streams.subtitles[0].disposition & Disposition.default
    context = stage_context(StageName.MUX, tmp_path, "mux")
    source = SourceFile(path=str(first), fingerprint="")
    subtitles = tuple(
        Artifact(path="en.srt", kind="srt", sha256="", bytes=0, language=language)
        for language in ("hi", "en")
    )
    request = MuxRequest(source=source, subtitles=subtitles, default_language="en")
    path = written(first, mux.run(request, context))
    tracks = tracks_of(path)
    assert [track.default for track in tracks] == [True, True, False, True]
    assert data != path.read_bytes()


def check(film: Path, **fields) -> MuxResult:
    context = stage_context(StageName.MUX, film.parent, "check")
    source = SourceFile(path=str(film), fingerprint="")
    result = mux.run(MuxRequest(source=source, subtitles=(), **fields), context)
    assert list((film.parent / "check").iterdir()) == []
    return result


def test_a_check_writes_nothing_and_finds_what_mux_would_refuse(tmp_path: Path):
    film = make_film(tmp_path / "film.webm", video="libvpx", audio="libopus")
    asked = MuxCheck()
    assert check(film, only_check=asked).film is None
    with pytest.raises(IndicsubsError, match=r"cannot carry video stream 0.*-w translate"):
        check(film, container="mp4", only_check=asked)


def test_a_question_for_languages_reads_the_head_of_a_film_alone(tmp_path: Path, monkeypatch):
    """Also of a film that no container can carry."""
    film = make_film(
        tmp_path / "film.mkv", video="libvpx", audio="libopus", subtitles=(("hin", "घर"),)
    )
    with film.open("ab") as file:
        file.truncate(1 << 30)
    read = []
    whole = FileIO.read
    monkeypatch.setattr(
        "indicsubs_media.film._FilmFile.read",
        lambda file, size=-1: read.append(data := whole(file, size)) or data,
    )
    asked = MuxCheck(only_languages=True)
    assert check(film, container="mp4", only_check=asked).languages == {"full": ("hi",)}
    assert sum(map(len, read)) < 20 << 20
    (tmp_path / "text.mkv").write_text("no film")
    with pytest.raises(IndicsubsError, match="is not a film"):
        check(tmp_path / "text.mkv", only_check=asked)


def test_a_missing_font_stops_burning_in_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    film = make_film(tmp_path / "film.mkv")
    monkeypatch.setattr(mux, "find_ffmpeg", lambda: Path("ffmpeg"))
    monkeypatch.setattr(mux, "find_font", lambda family: None)
    asked = MuxCheck(burned_in="hi")
    with pytest.raises(IndicsubsError, match=r"Noto Sans Devanagari is not.*--font") as caught:
        check(film, only_check=asked)
    assert caught.value.code is FailureCode.BROKEN_ENVIRONMENT
    monkeypatch.setattr(mux, "find_font", lambda family: Path("Font.ttf"))
    assert check(film, only_check=asked).film is None
    (tmp_path / "no.ttf").write_text("no font")
    own = SourceFile(path=str(tmp_path / "no.ttf"), fingerprint="")
    with pytest.raises(IndicsubsError, match="not a font"):
        check(film, only_check=asked, font=own)
