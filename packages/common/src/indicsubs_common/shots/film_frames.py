"""Decodes a film's frames from given times on, with as little work as possible."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

from collections.abc import Iterator
from fractions import Fraction
from typing import cast

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film_times import FilmTimes, constant_shift_us, readable_packets
from indicsubs_media.packets import AnyPacket, read_packets, stop_invented_times

_UNREFERENCED_IS_EXACT = ("h264", "mpeg1video", "mpeg2video", "mpeg4")
"""Codecs in which a picture marked as unreferenced is not needed to decode any other picture. In
HEVC the mark is valid for one temporal layer alone, so all pictures are decoded."""
_REORDER_MS = 250
"""An index has decoding times, which are two to four frames before the times of display with the
usual encoders. A seek to a keyframe nearer than this may land on the keyframe before it."""
_USUAL_KEYFRAME_MS = 3_000
"""The assumed time since the last keyframe where a container has no index."""
_UNTIMED_FORMATS = frozenset({"avi", "asf"})
"""Formats that state times of decoding alone."""
_LONGEST_GROUP = 1_000
"""The most packets that are kept until it is known whether they are needed."""


class FilmFrames:
    """Yields a film's frames from given times on, which must not go back.

    It seeks to a time, or continues to decode up to it if that is less work. Where the film's clock
    jumps, a seek would find another part of the film: the file is then read from its start, and
    decoded from the last keyframe before each time.
    """

    def __init__(self, film: InputContainer, stream: VideoStream, clock: FilmClock) -> None:
        stream.thread_type = "AUTO"
        self._is_untimed = film.format.name in _UNTIMED_FORMATS
        if self._is_untimed:
            stop_invented_times(film)
            # Threads for whole frames would delay a frame by their number (see _frames_of).
            stream.thread_type = "SLICE"
        # The loop filter smooths edges, which is not visible in a width of 64 pixels.
        stream.codec_context.options = {"skip_loop_filter": "all"}
        self._film = film
        self._stream = stream
        self._clock = clock
        self._tick_ms = 1000 * (stream.time_base or Fraction(1, 1000))
        shift_us = constant_shift_us(clock, stream.index)
        self._can_seek = shift_us is not None
        self._shift_ms = Fraction(shift_us or 0, 1000)
        self._frames: Iterator[VideoFrame] = iter(()) if self._can_seek else self._decode_groups()
        self._from_ms = 0
        self._last_ms: int | None = None
        self._may_skip = stream.codec_context.name in _UNREFERENCED_IS_EXACT

    def starting_at(self, from_ms: int) -> Iterator[tuple[int, VideoFrame]]:
        """Yields the frames from a time on, each with its time, in ms on the film's clock."""
        self._from_ms = from_ms
        if self._can_seek:
            self._seek_before(from_ms)
        for frame in self._frames:
            if frame.pts is None:
                continue
            self._last_ms = round(frame.pts * self._tick_ms + self._shift_ms)
            if self._last_ms >= from_ms:
                yield self._last_ms, frame

    def _seek_before(self, from_ms: int) -> None:
        keyframe_ms = self._keyframe_before(from_ms)
        begins_ms = from_ms - _USUAL_KEYFRAME_MS if keyframe_ms is None else keyframe_ms
        if self._last_ms is not None and begins_ms <= self._last_ms:
            return
        # Without an index a seek may land after a keyframe; decoding starts at the next one.
        to_ms = begins_ms if keyframe_ms is None else from_ms
        # A seek to a time before the film's start fails, and the film is at its start already.
        if self._last_ms is not None or to_ms > 0:
            try:
                self._film.seek(int((to_ms - self._shift_ms) / self._tick_ms), stream=self._stream)
            except FFmpegError:
                if self._last_ms is not None:
                    return  # decoding goes on to the time, which takes longer
        self._frames = self._decode()

    def _keyframe_before(self, at_ms: int) -> int | None:
        """The earliest time at which decoding would start after a seek; None without an index.

        If decoding has already passed that time, to continue decoding is less work than a seek.
        """
        entries = self._stream.index_entries
        file_ms = at_ms - self._shift_ms
        index = entries.search_timestamp(int((file_ms - _REORDER_MS) / self._tick_ms))
        return None if index < 0 else int(entries[index].timestamp * self._tick_ms + self._shift_ms)

    def _decode(self) -> Iterator[VideoFrame]:
        """Yields the next frames; skips some frames before the range that no other frame needs."""
        for packet in read_packets(self._film, self._stream):
            self._skip_unless_needed(self._is_early(packet.pts, self._shift_ms))
            yield from self._frames_of(packet)

    def _decode_groups(self) -> Iterator[VideoFrame]:
        """Yields frames from the film's start on; a group of pictures before the range is skipped.

        A group is a keyframe and the packets up to the next one.
        """
        times = FilmTimes(self._clock)
        group: list[AnyPacket] = []
        context = self._stream.codec_context
        for packet in readable_packets(self._film, self._stream):
            times.move(packet)
            if packet.is_keyframe and group:
                group.clear()
                context.flush_buffers()
            group.append(packet)
            if self._is_early(packet.pts) and len(group) < _LONGEST_GROUP:
                continue
            for one in group:
                self._skip_unless_needed(self._is_early(one.pts))
                yield from self._frames_of(one)
            group = []
        for one in group:
            yield from self._frames_of(one)
        yield from context.decode(None)

    def _frames_of(self, packet: "AnyPacket | Packet[VideoStream]") -> Iterator[VideoFrame]:
        for frame in cast("list[VideoFrame]", packet.decode()):
            if self._is_untimed and frame.pts is None:
                # Its time is that of the packet with which the decoder shows it, as in stage mux.
                frame.pts = packet.dts
            yield frame

    def _is_early(self, pts: int | None, shift_ms: Fraction = Fraction(0)) -> bool:
        """Whether a packet is shown before the range; ``shift_ms`` leads to the film's clock."""
        return pts is not None and pts * self._tick_ms + shift_ms < self._from_ms

    def _skip_unless_needed(self, early: bool) -> None:
        skip = early and self._may_skip
        self._stream.codec_context.skip_frame = "NONREF" if skip else "DEFAULT"
