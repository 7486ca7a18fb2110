"""Small films that tests make with PyAV, and a second program to inspect films with.

The second program is ``ffprobe`` where it is on the PATH, otherwise the ``ffmpeg`` of the package
imageio-ffmpeg. Subtitle tracks are read back with the ``ffmpeg`` of imageio-ffmpeg.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, TypeAlias

import av
import imageio_ffmpeg
from pictures import grey_picture

FONT = b"\x00\x01\x00\x00 not a real font, but no test opens it"
RATE = 25
SAMPLE_RATE = 48_000
_PIXELS = {"prores_ks": "yuv422p10le"}


class Chapter(NamedTuple):
    start_ms: int
    end_ms: int
    title: str


def make_film(
    path: Path,
    *,
    container: str | None = None,
    video: str | None = "mpeg4",
    audio: str | None = "aac",
    layout: str = "stereo",
    language: str = "hin",
    seconds: float = 3.0,
    start_ms: int = 0,
    subtitles: Sequence[tuple[str, str]] = (),
    font: bool = False,
    chapters: Sequence[Chapter] = (),
    options: dict[str, str] | None = None,
) -> Path:
    """Writes a film of grey frames and silence.

    Args:
        path: The file to write; its suffix names the container unless ``container`` does.
        container: FFmpeg's name of the format.
        video: Codec, or None.
        audio: Codec, or None.
        layout: Channel layout of the audio: ``stereo``, ``5.1``.
        language: Language of the audio, ISO 639-2.
        seconds: Length of the film.
        start_ms: Time of the first frame and sample.
        subtitles: SubRip tracks, each of one cue in the first second, as language and text; the
            first is flagged default.
        font: Whether a font is attached.
        chapters: Chapters of the film.
        options: Options of the container's writer.
    """
    with av.open(str(path), "w", format=container, container_options=options or {}) as film:
        film.metadata["title"] = "A film"
        film.set_chapters(
            [
                {
                    "id": number,
                    "start": chapter.start_ms,
                    "end": chapter.end_ms,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": chapter.title},
                }
                for number, chapter in enumerate(chapters, 1)
            ]
        )
        streams = []
        if video:
            picture = film.add_stream(
                video, rate=RATE, width=64, height=48, pix_fmt=_PIXELS.get(video, "yuv420p")
            )
            streams.append(_pictures(picture, seconds, start_ms))
        if audio:
            sound = film.add_stream(audio, rate=SAMPLE_RATE, layout=layout)
            sound.metadata.update(language=language, title="Dialogue")
            streams.append(_silence(sound, seconds, start_ms))
        tracks = [film.add_mux_stream("subrip") for _ in subtitles]
        for track, (code, _) in zip(tracks, subtitles, strict=True):
            track.metadata["language"] = code
            track.disposition = av.stream.Disposition.default if track is tracks[0] else 0
        if font:
            film.add_attachment("Script.ttf", "application/x-truetype-font", FONT)
        film.start_encoding()
        for track, (_, text) in zip(tracks, subtitles, strict=True):
            film.mux(_text_packet(track, text, start_ms))
        packets = [packet for stream in streams for packet in stream]
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            film.mux(packet)
    return path


AnyPacket: TypeAlias = "av.Packet"


def joined(
    path: Path, container: str, starts_ms: Sequence[int], *, seconds: float = 3.0, **options
) -> Path:
    """Writes films one after the other into one file, whose clock starts again with each.

    Args:
        path: The file to write.
        container: FFmpeg's name of a format that can be joined: ``mpegts`` or ``vob``.
        starts_ms: The time of the first frame of each film.
        seconds: Length of each film.
        options: As for :func:`make_film`.
    """
    options = {"video": "mpeg2video", "audio": "mp2"} | options
    parts = [
        make_film(
            path.with_suffix(f".{number}"),
            container=container,
            seconds=seconds,
            start_ms=start_ms,
            **options,
        )
        for number, start_ms in enumerate(starts_ms)
    ]
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def rewritten(
    source: Path, target: Path, change: Callable[[AnyPacket, int], None], **options: str
) -> Path:
    """Copies a film packet by packet in file order, and changes some of them.

    Args:
        source: The film.
        target: The file to write; its suffix names the container.
        change: Changes a packet; it gets the packet's number in its stream.
        options: Options of the container's writer.
    """
    container_options = {"avoid_negative_ts": "disabled"} | options
    with (
        av.open(str(source)) as old,
        av.open(str(target), "w", container_options=container_options) as new,
    ):
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        numbers = dict.fromkeys(copies, 0)
        new.start_encoding()
        for packet in old.demux():
            if packet.size:
                change(packet, numbers[packet.stream.index])
                numbers[packet.stream.index] += 1
                packet.stream = copies[packet.stream.index]
                new.mux_one(packet)
    return target


_PES_KINDS = {"video": 0xE0, "audio": 0xC0}


def damage_times(
    path: Path, kind: str, numbers: Iterable[int], by_s: float, *, only_dts: bool = False
) -> Path:
    """Changes timestamps in a transport stream, byte by byte (ISO 13818-1, 2.4.3.6).

    Args:
        path: The file, which is changed.
        kind: The stream: ``video`` or ``audio``.
        numbers: The numbers of its packets (PES packets with timestamps), from 0.
        by_s: Seconds to add to their timestamps.
        only_dts: Whether the times of display stay.
    """
    data = bytearray(path.read_bytes())
    wanted, number = set(numbers), -1
    for at in range(0, len(data), 188):
        begins, adapted = data[at + 1] & 0x40, data[at + 3] & 0x20
        pes = at + 4 + (1 + data[at + 4] if adapted else 0)
        if not begins or data[pes : pes + 4] != bytes([0, 0, 1, _PES_KINDS[kind]]):
            continue
        flags = data[pes + 7] >> 6
        number += bool(flags)
        if number not in wanted:
            continue
        if not only_dts:
            _add_time(data, pes + 9, by_s)
        if flags == 3:
            _add_time(data, pes + 14, by_s)
    assert number >= max(wanted)
    path.write_bytes(data)
    return path


def _add_time(data: bytearray, at: int, by_s: float) -> None:
    """Adds to a timestamp of 33 bits in 5 bytes."""
    bits = int.from_bytes(data[at : at + 5], "big")
    time = bits >> 33 & 7, bits >> 17 & 0x7FFF, bits >> 1 & 0x7FFF
    ticks = (time[0] << 30 | time[1] << 15 | time[2]) + round(by_s * 90_000)
    ticks %= 1 << 33
    marks = bits & 0xF1_0001_0001
    moved = (ticks >> 30) << 33 | (ticks >> 15 & 0x7FFF) << 17 | (ticks & 0x7FFF) << 1
    data[at : at + 5] = (marks | moved).to_bytes(5, "big")


def make_shots(
    path: Path,
    *,
    cuts_ms: Sequence[int],
    seconds: float,
    rate: Fraction = Fraction(RATE),
    start_ms: int = 0,
    keyframe_every: int = 250,
    codec: str = "mpeg4",
) -> Path:
    """Writes a film without sound whose shots differ in their shade of grey; in each a bar moves.

    Args:
        path: The file to write.
        cuts_ms: The start of each shot but the first, from the film's start.
        seconds: Length of the film.
        rate: Frames a second.
        start_ms: Time of the first frame.
        keyframe_every: Frames from one keyframe to the next.
        codec: FFmpeg's name of the encoder.
    """
    with av.open(str(path), "w") as film:
        picture = film.add_stream(codec, rate=rate, width=96, height=64, pix_fmt="yuv420p")
        picture.gop_size = keyframe_every
        for number in range(round(seconds * rate)):
            now_ms = number * 1000 / rate
            shade = 40 + 67 * sum(cut <= now_ms for cut in cuts_ms) % 200
            row = bytes(20 if abs(x - number % 96) < 4 else shade for x in range(96))
            frame = av.VideoFrame(96, 64, "yuv420p")
            for index, plane in enumerate(frame.planes):
                wide = bytes([128]) * plane.width if index else row
                line = wide[: plane.width].ljust(plane.line_size, b"\0")
                plane.update(line * (plane.buffer_size // plane.line_size))
            frame.time_base = 1 / rate
            frame.pts = number + round(Fraction(start_ms, 1000) * rate)
            for packet in picture.encode(frame):
                film.mux(packet)
        for packet in picture.encode(None):
            film.mux(packet)
    return path


def make_program_stream(path: Path, times_s: tuple[float, float], *, padded: bool = False) -> Path:
    """Writes 16 seconds in the format of a DVD, whose second audio has packets for a time only.

    Args:
        path: The file to write.
        times_s: The time of the second audio's packets.
        padded: Whether padding separates the middle from the start and the end of the file, which
            FFmpeg reads when it opens the film.
    """
    source = make_film(path.with_name("source.mkv"), video="mpeg2video", audio="mp2", seconds=16)
    with av.open(str(source)) as old, av.open(str(path), "w", format="mpeg") as new:
        copies = {s.index: new.add_stream_from_template(s, opaque=True) for s in old.streams}
        late = new.add_stream_from_template(old.streams.audio[0], opaque=True)
        for packet in old.demux():
            if packet.size:
                again = av.Packet(bytes(packet))
                again.time_base, again.pts, again.dts = packet.time_base, packet.pts, packet.dts
                is_audio = packet.stream.type == "audio"
                packet.stream = copies[packet.stream.index]
                new.mux(packet)
                if is_audio and times_s[0] <= again.pts * again.time_base < times_s[1]:
                    again.stream = late
                    new.mux(again)
    if padded:
        padding = (b"\x00\x00\x01\xbe" + (60_000).to_bytes(2, "big") + b"\xff" * 60_000) * 30
        data = path.read_bytes()
        for share in (0.9, 0.2):
            pack = data.index(b"\x00\x00\x01\xba", round(share * len(data)))
            data = data[:pack] + padding + data[pack:]
        path.write_bytes(data)
    return path


def _pictures(stream, seconds, start_ms):
    base = Fraction(1, RATE)
    for number in range(round(seconds * RATE)):
        frame = grey_picture(level=number % 200)
        frame.time_base = base
        frame.pts = number + round(Fraction(start_ms, 1000) / base)
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _silence(stream, seconds, start_ms):
    context = stream.codec_context
    context.open(strict=False)
    size = context.frame_size or 1024
    base = Fraction(1, SAMPLE_RATE)
    for number in range(int(seconds * SAMPLE_RATE) // size):
        frame = av.AudioFrame(context.format.name, context.layout.name, size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = base
        frame.pts = number * size + start_ms * SAMPLE_RATE // 1000
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _text_packet(stream, text, start_ms):
    packet = av.Packet(text.encode())
    packet.stream = stream
    packet.time_base = Fraction(1, 1000)
    packet.pts = packet.dts = start_ms
    packet.duration = 1000
    return packet


class Track(NamedTuple):
    """A stream as the second program describes it."""

    index: int
    kind: str
    codec: str
    language: str | None
    title: str | None
    default: bool


def tracks_of(film: Path) -> list[Track]:
    """All streams of a film; the details of covers and attachments are not compared."""
    return _by_ffprobe(film) if shutil.which("ffprobe") else _by_ffmpeg(film)


def read_back(film: Path, track: Track, file_format: str = "srt") -> str:
    """A subtitle track, converted by ffmpeg to SRT or another format, on the film's own clock."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-copyts", "-i", str(film)]
    command += ["-map", f"0:{track.index}", "-f", file_format, "-"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _by_ffprobe(film: Path) -> list[Track]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(film)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    tracks = []
    for stream in json.loads(answer)["streams"]:
        tags = {key.lower(): value for key, value in stream.get("tags", {}).items()}
        tracks.append(
            Track(
                index=stream["index"],
                kind=stream["codec_type"],
                codec=stream.get("codec_name", "none"),
                language=tags.get("language"),
                title=tags.get("title") or tags.get("handler_name"),
                default=bool(stream["disposition"]["default"]),
            )
        )
    return tracks


_STREAM = re.compile(
    r"^  Stream #0:(?P<index>\d+)(?:\[\w+\])?(?:\((?P<language>\w+)\))?: (?P<kind>\w+): "
    r"(?P<codec>\w+)(?P<rest>.*)$(?P<tags>(?:\n    .*)*)",
    re.MULTILINE,
)
_TITLE = re.compile(r"^ +(?:title|name|handler_name) *: (.*)$", re.MULTILINE | re.IGNORECASE)


def _by_ffmpeg(film: Path) -> list[Track]:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-i", str(film)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True).stderr
    tracks = []
    for found in _STREAM.finditer(answer):
        title = _TITLE.search(found["tags"])
        tracks.append(
            Track(
                index=int(found["index"]),
                kind=found["kind"].lower(),
                codec=found["codec"],
                language=found["language"],
                title=title[1] if title else None,
                default="(default)" in found["rest"],
            )
        )
    return tracks
