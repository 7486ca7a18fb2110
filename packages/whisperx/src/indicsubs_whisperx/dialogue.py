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
from av.packet import Packet

from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.packets import read_packets
from indicsubs_media.streams import channel_names
from indicsubs_media.tracks import channel_weights
from indicsubs_text.clock import clock

Samples = npt.NDArray[np.int16]

TOLERANCE_S = 0.04
"""The largest deviation of a timestamp that counts as jitter and not as a gap. Matroska rounds to
1 ms; AVI and ASF are less exact."""
LONGEST_STEP_BACK_S = 10.0
"""The longest step back of timestamps that counts as an overlap. After a longer one the clock was
reset, as in joined recordings."""
_LATEST_S, _LONGEST_GAP_S = 60.0, 3600.0
"""A gap that ends more than 60 s after the film's end, or one of more than 3600 s in a film whose
end is unknown, comes from broken timestamps."""
_SILENCE_BLOCK = 10 * RATE
_RESTARTS = 1000
"""The most damaged places in the container that are skipped."""
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
        end_s: The film's end on its clock; None where it is unknown.
    """

    def __init__(
        self, film: InputContainer, stream: AudioStream, choice: str, end_s: float | None
    ) -> None:
        self.start_s = 0.0
        self.samples = 0
        self.peak = 0
        """The greatest magnitude of a sample."""
        self.channel = choice
        """The channel used: ``center``, ``left``, ``right`` or ``mix``."""
        self._film, self._stream, self._choice, self._end_s = film, stream, choice, end_s
        self._graph: Graph | None = None
        self._format: tuple[str, str, int] | None = None
        # A run is the audio that one graph resamples.
        self._run_start = 0
        self._run_s = 0.0
        self._started = False
        self._shift_s = 0.0
        self._damaged = 0
        self._filled_s = 0.0
        self._jumps_s: list[float] = []

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
        if self._jumps_s:
            found.append(
                f"The timestamps of the audio track jump {len(self._jumps_s)} times, first at"
                f" {clock(round(self._jumps_s[0] * 1000))}. The jumps were ignored."
            )
        if self._damaged:
            found.append(f"{self._damaged} damaged parts of the audio track were skipped.")
        if self._filled_s >= 1:
            found.append(
                f"{self._filled_s:.0f} s are missing in the audio track; they became silence."
            )
        if self._end_s is not None and self._end_s - self.position_s > _TRUNCATED_S:
            found.append(
                f"The audio track ends at {clock(round(self.position_s * 1000))}, the film at"
                f" {clock(round(self._end_s * 1000))}. If the track should be longer, the file is"
                " truncated."
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
        yield from self._flush()

    def _packets(self) -> Iterator[Packet]:
        for _ in range(_RESTARTS):
            try:
                yield from read_packets(self._film, self._stream)
            except FFmpegError:
                self._damaged += 1
            else:
                return

    def _decode(self, packet: Packet) -> list[AudioFrame]:
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

    def _place(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yields the samples that put a frame at its time, or after the last one if it has none."""
        if frame.time is not None:
            if not self._started:
                self.start_s = frame.time
            lead_s = frame.time - self._shift_s - self._expected_s()
            if lead_s < -LONGEST_STEP_BACK_S or lead_s > self._longest_gap_s():
                self._jumps_s.append(self._expected_s())
                self._shift_s += lead_s
            elif lead_s > TOLERANCE_S:
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

    def _longest_gap_s(self) -> float:
        if self._end_s is None:
            return _LONGEST_GAP_S
        return max(0.0, self._end_s - self._expected_s()) + _LATEST_S

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
