"""Films and voices that tests make, and the context of a stage."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from stage_context import stage_context

from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

Sound = npt.NDArray[np.float32]
RATE = 48_000

_VOWELS = np.array(
    [(730, 1090, 2440), (270, 2290, 3010), (300, 870, 2240), (530, 1840, 2480), (570, 840, 2410)]
)
"""First three formants (Hz) of five vowels (Peterson and Barney, 1952)."""


def voice(seconds: float, rate: int = RATE, seed: int = 0) -> Sound:
    """Vowels at 2.5 syllables a second, which Silero takes for speech; peak 0.5."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 120 + 20 * np.sin(2 * np.pi * 1.3 * time)
    phase = np.cumsum(pitch) / rate
    order = np.random.default_rng(seed).integers(0, 5, int(seconds * 5) + 2)
    formants = _VOWELS[order][(time * 5).astype(int)]
    smooth = np.ones(rate // 20) / (rate // 20)
    formants = np.stack([np.convolve(row, smooth, "same") for row in formants.T])
    sound = np.zeros(len(time))
    for harmonic in range(1, 40):
        distances = (harmonic * pitch - formants) / np.array([[80], [100], [140]])
        gains = np.array([[1], [0.6], [0.3]]) / (1 + distances**2)
        sound += gains.sum(0) / harmonic**0.3 * np.sin(2 * np.pi * harmonic * phase)
    sound *= 0.15 + 0.85 * np.abs(np.sin(np.pi * 2.5 * time)) ** 0.7
    return (0.5 * sound / np.abs(sound).max()).astype(np.float32)


def clicks(seconds: float, at: Iterable[float], rate: int = RATE) -> Sound:
    """Silence with a 10 ms burst of 1 kHz at each of the times ``at`` (s)."""
    sound = np.zeros(round(seconds * rate), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(rate // 100) / rate)
    for start in at:
        sound[round(start * rate) : round(start * rate) + len(burst)] = burst
    return sound


@dataclass(frozen=True, kw_only=True)
class Track:
    """An audio track to encode; ``sound`` is float32 [channels, samples] at 48 kHz."""

    sound: Sound
    layout: str = "mono"
    codec: str = "aac"
    language: str | None = None
    title: str | None = None
    flags: int = 0
    start_s: float = 0.0
    gap: tuple[float, float] | None = None
    """Seconds (from, to) whose packets are left out."""


def write_film(path: Path, *tracks: Track, **options: str) -> Path:
    """Writes a film of these tracks; the suffix names the container, whose options follow."""
    with av.open(str(path), "w", options=options) as container:
        streams = [_add(container, track) for track in tracks]
        for stream, track in zip(streams, tracks, strict=True):
            for packet in _encode(stream, track):
                container.mux(packet)
    return path


def _add(container: av.container.OutputContainer, track: Track) -> av.AudioStream:
    stream = container.add_stream(track.codec, rate=RATE, layout=track.layout)
    if track.language:
        stream.metadata["language"] = track.language
    if track.title:
        stream.metadata["title"] = track.title
    stream.disposition = av.stream.Disposition(track.flags)
    return stream


def _encode(stream: av.AudioStream, track: Track) -> Iterable[av.Packet]:
    sound = np.atleast_2d(track.sound)
    cut = av.AudioResampler(
        format=stream.codec_context.format.name,
        layout=track.layout,
        rate=RATE,
        frame_size=stream.codec_context.frame_size or 1024,
    )
    frame = av.AudioFrame.from_ndarray(
        sound.T.reshape(1, -1).copy(), format="flt", layout=track.layout
    )
    frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
    frame.pts = round(track.start_s * RATE)
    packets = [
        packet
        for some in (frame, None)
        for piece in cut.resample(some)
        for packet in stream.encode(piece)
    ]
    packets += stream.encode(None)
    for packet in packets:
        time = float(packet.pts * packet.time_base)
        if track.gap is None or not track.gap[0] <= time < track.gap[1]:
            yield packet


def source(path: Path) -> SourceFile:
    return SourceFile(path=str(path), fingerprint="")


FilmMaker = Callable[..., Path]


class Job:
    """A job's folder, and the context of one stage in it."""

    def __init__(self, stage: StageName, folder: Path) -> None:
        self.folder = folder
        self.progress: list[Progress] = []
        self.context = stage_context(stage, folder, f"stages/{stage}", progress=self.progress)
