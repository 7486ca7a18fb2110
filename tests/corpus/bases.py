"""Writes small films in the containers and codecs that PyAV can write."""

from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av

RATE = 25
WIDTH, HEIGHT = 64, 48


@dataclass(frozen=True, kw_only=True)
class Base:
    """What a film is made of; ``None`` leaves a stream out."""

    suffix: str
    container: str | None = None
    video: str | None = "mpeg4"
    audio: str | None = "aac"
    sample_rate: int = 16_000
    seconds: float = 2.0
    start_ms: int = 0
    rate: Fraction = Fraction(RATE)
    language: str = "hin"
    title: str = "A film title"
    subtitle: bool = False
    streams: int = 1
    """The number of audio tracks."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of the container's writer."""


@cache
def film_bytes(base: Base) -> bytes:
    """Returns the content of a film of moving bars and silence."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"film{base.suffix}"
        _write(path, base)
        return path.read_bytes()


def _write(path: Path, base: Base) -> None:
    with av.open(
        str(path), "w", format=base.container, container_options=dict(base.options)
    ) as film:
        film.metadata["title"] = base.title
        streams = []
        if base.video:
            picture = film.add_stream(base.video, rate=base.rate, width=WIDTH, height=HEIGHT)
            formats = picture.codec.video_formats or []
            names = [each.name for each in formats]
            usual = (name for name in ("yuvj420p", "yuv420p") if name in names)
            picture.pix_fmt = (*usual, *names, "yuv420p")[0]
            streams.append((picture, _pictures(picture, base)))
        if base.audio:
            for _ in range(base.streams):
                sound = film.add_stream(base.audio, rate=base.sample_rate, layout="mono")
                sound.bit_rate = 64_000
                sound.metadata["language"] = base.language
                streams.append((sound, _silence(sound, base)))
        text = film.add_mux_stream("subrip") if base.subtitle else None
        film.start_encoding()
        if text is not None:
            packet = av.Packet(b"Namaste")
            packet.stream, packet.time_base = text, Fraction(1, 1000)
            packet.pts = packet.dts = base.start_ms
            packet.duration = 1000
            film.mux(packet)
        packets = [packet for _, made in streams for packet in made]
        for packet in sorted(packets, key=lambda packet: (packet.dts or 0) * packet.time_base):
            film.mux(packet)


def _pictures(stream, base):
    start = round(Fraction(base.start_ms, 1000) * base.rate)
    for number in range(max(2, round(base.seconds * base.rate))):
        shade = 40 + 90 * (number * 1000 // int(base.rate * 900) % 2)
        row = bytes(20 if abs(x - number % WIDTH) < 4 else shade for x in range(WIDTH))
        frame = av.VideoFrame(WIDTH, HEIGHT, "gray")
        (plane,) = frame.planes
        plane.update(row.ljust(plane.line_size, b"\0") * HEIGHT)
        frame = frame.reformat(format=stream.pix_fmt)
        frame.time_base, frame.pts = 1 / base.rate, number + start
        yield from stream.encode(frame)
    yield from stream.encode(None)


def _silence(stream, base):
    context = stream.codec_context
    context.open(strict=False)
    size = context.frame_size or 1024
    for number in range(int(base.seconds * base.sample_rate) // size):
        frame = av.AudioFrame(context.format.name, context.layout.name, size)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.time_base = base.sample_rate, Fraction(1, base.sample_rate)
        frame.pts = number * size + base.start_ms * base.sample_rate // 1000
        yield from stream.encode(frame)
    yield from stream.encode(None)
