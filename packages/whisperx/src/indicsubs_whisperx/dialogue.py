"""Reads one audio track of a film as continuous 16 kHz mono samples on the film's clock."""

from collections.abc import Iterator

import av
import numpy as np
import numpy.typing as npt
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.filter import Graph

from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film_times import FilmTimes, readable_packets
from indicsubs_media.packets import AnyPacket
from indicsubs_media.streams import channel_names
from indicsubs_media.tracks import channel_weights
from indicsubs_text.clock import clock

Samples = npt.NDArray[np.int16]

TOLERANCE_S = 0.04
"""The largest deviation of a timestamp that counts as jitter and not as a gap. Matroska rounds to
1 ms; AVI and ASF are less exact."""
_SILENCE_BLOCK = 10 * RATE
_TRUNCATED_S = 2
"""A track that ends earlier than the film by more than this is reported."""
_SILENT_PEAK = 64
"""A track whose samples all stay below this magnitude (-54 dB) is reported as silent."""


class Dialogue:
    """An iterable of blocks of int16 samples at 16 kHz, which can be read only once.

    The first sample is at ``start_s`` on the film's clock. Gaps in the track are filled with
    silence and overlaps are dropped, so that every sample is at its correct time. After the
    iteration the attributes describe the whole track.

    Args:
        film: The open film.
        stream: The audio stream to read.
        choice: The channel to use: ``auto``, ``center``, ``left``, ``right`` or ``mix``.
        clock: The film's clock.
        stated_end_ms: The film's end as its header states it; 0 where it is unknown.
    """

    def __init__(
        self,
        film: InputContainer,
        stream: AudioStream,
        choice: str,
        clock: FilmClock,
        stated_end_ms: int = 0,
    ) -> None:
        self.start_s = 0.0
        self.samples = 0
        self.peak = 0
        """The greatest magnitude of a sample."""
        self.channel = choice
        """The channel used: ``center``, ``left``, ``right`` or ``mix``."""
        self._film, self._stream, self._choice, self._clock = film, stream, choice, clock
        self._end_s = clock.end_ms / 1000
        self._stated_end_s = max(clock.end_ms, stated_end_ms) / 1000
        self._graph: Graph | None = None
        self._format: tuple[str, str, int] | None = None
        # A run is the audio that one graph resamples.
        self._run_start = 0
        self._run_s = 0.0
        self._started = False
        self._errors: list[str] = []
        self._damaged = 0
        self._filled_s = 0.0

    def __iter__(self) -> Iterator[Samples]:
        for block in self._blocks():
            self.samples += len(block)
            self.peak = max(self.peak, int(block.max()), -int(block.min()))
            yield block

    @property
    def position_s(self) -> float:
        """The time after the last sample, on the film's clock."""
        return self.start_s + self.samples / RATE

    @property
    def warnings(self) -> list[str]:
        """The problems found in the track, for the user."""
        found: list[str] = []
        if damaged := self._damaged + len(self._errors):
            found.append(f"{damaged} damaged parts of the audio track were skipped.")
        if self._filled_s >= 1:
            found.append(
                f"{self._filled_s:.0f} s are missing in the audio track; they became silence."
            )
        if self._stated_end_s - self.position_s > _TRUNCATED_S:
            found.append(
                f"The audio track ends at {clock(round(self.position_s * 1000))}, the film at"
                f" {clock(round(self._stated_end_s * 1000))}. If the track should be longer, the"
                " file is truncated."
            )
        if self.samples and self.peak < _SILENT_PEAK:
            found.append(
                f"The audio track is silent (channel: {self.channel}). Try --channel mix, or"
                " another --audio-track."
            )
        return found

    def _blocks(self) -> Iterator[Samples]:
        for packet in self._packets():
            for frame in self._decode(packet):
                yield from self._place(frame)
        for frame in self._last_frames():
            yield from self._place(frame)
        yield from self._flush()

    def _packets(self) -> Iterator[AnyPacket]:
        times = FilmTimes(self._clock)
        for packet in readable_packets(self._film, self._stream, self._errors):
            times.move(packet)
            yield packet

    def _decode(self, packet: AnyPacket) -> list[AudioFrame]:
        if packet.has_sidedata("encryption_info"):
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                "The film is encrypted (DRM), so its audio cannot be read. Give an unprotected"
                " copy of it.",
            )
        try:
            return packet.decode()
        except FFmpegError:
            self._damaged += 1
            return []

    def _last_frames(self) -> list[AudioFrame]:
        """Returns the frames that the decoder still holds at the end."""
        try:
            return self._stream.codec_context.decode(None)
        except FFmpegError:
            return []

    def _place(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yields the samples that put a frame at its time, or after the last one if it has none."""
        if frame.time is not None:
            if not self._started:
                self.start_s = frame.time
            lead_s = frame.time - self._expected_s()
            if lead_s > TOLERANCE_S and frame.time < self._end_s:
                yield from self._flush()
                self._filled_s += lead_s
                yield from _silence(round(lead_s * RATE))
            elif lead_s < -max(TOLERANCE_S, frame.samples / frame.sample_rate / 2):
                return  # more than half of it repeats samples that are already there
        self._started = True
        frame_format = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._graph is None or frame_format != self._format:
            yield from self._flush()
            self._graph, self._format = self._new_graph(frame), frame_format
            self._run_start, self._run_s = self.samples, 0.0
        self._run_s += frame.samples / frame.sample_rate
        frame.pts = None
        self._graph.push(frame)
        yield from _resampled(self._graph)

    def _expected_s(self) -> float:
        """Returns the time on the film's clock at which the next frame begins if there is no gap.

        It is exact even while the graph still holds samples.
        """
        return self.start_s + self._run_start / RATE + self._run_s

    def _flush(self) -> Iterator[Samples]:
        """Yields the samples that the graph still holds, and ends the graph."""
        if self._graph is None:
            return
        self._graph.push(None)
        yield from _resampled(self._graph)
        self._graph = None

    def _new_graph(self, frame: AudioFrame) -> Graph:
        self.channel, weights = channel_weights(channel_names(frame.layout), self._choice)
        graph = Graph()
        terms = "+".join(f"{weight:.6f}*c{k}" for k, weight in enumerate(weights) if weight)
        chain = (
            graph.add_abuffer(
                sample_rate=frame.sample_rate,
                format=frame.format.name,
                layout=frame.layout.name,
                time_base=frame.time_base,
            ),
            graph.add("pan", f"mono|c0={terms}"),
            graph.add("aformat", f"sample_fmts=s16:sample_rates={RATE}:channel_layouts=mono"),
            graph.add("abuffersink"),
        )
        graph.link_nodes(*chain).configure()
        return graph


def _resampled(graph: Graph) -> Iterator[Samples]:
    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        if frame.samples:
            yield frame.to_ndarray()[0]


def _silence(samples: int) -> Iterator[Samples]:
    for start in range(0, samples, _SILENCE_BLOCK):
        yield np.zeros(min(_SILENCE_BLOCK, samples - start), np.int16)
