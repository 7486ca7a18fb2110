"""Small films that tests make with PyAV, and a second program to inspect films with.

The second program is ``ffprobe`` where it is on the PATH, otherwise the ``ffmpeg`` of the package
imageio-ffmpeg. Subtitle tracks are read back with the ``ffmpeg`` of imageio-ffmpeg.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

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
