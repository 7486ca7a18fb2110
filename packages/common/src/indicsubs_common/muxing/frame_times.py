"""Works out when each frame is shown, for containers that state only times of decoding.

AVI, ASF and Matroska's old ``V_MS/VFW/FOURCC`` tracks have one time for each packet, in the order
of decoding. B-frames are shown in another order, which only a decoder knows.
"""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import re
from collections import deque
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, cast

from av.bitstream import BitStreamFilterContext
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from indicsubs_media.packets import AnyPacket, stop_invented_times
from indicsubs_media.streams import has_codec, is_cover

_UNPACK: Final = "mpeg4_unpack_bframes"
"""FFmpeg's filter for files of DivX and Xvid that have two frames in one packet."""
_PACKED: Final = re.compile(rb"DivX\d+(?:b|Build)\d+p")
_PENDING: Final = 64
"""A packet without a frame after this many more packets has none: the decoder could not read it.
H.264 delays a frame by 16 packets at most."""
_FASTER: Final = {"skip_loop_filter": "all", "skip_idct": "all"}
"""Only the order of the frames is wanted, not their content."""


def presentation_times(film: InputContainer, packets: Iterable[AnyPacket]) -> Iterator[AnyPacket]:
    """The packets, with presentation times in video streams whose container states none.

    The frame that is shown as the one with number *k* gets the decoding time of packet *k* + *d*,
    where *d* is the number of packets that the decoder takes before it shows its first frame. These
    are the times at which players with FFmpeg show such a film. Decoding times are unchanged.

    Packets of such a stream come later than in the file, when their frames are known; the packets
    of other streams pass at once.

    Args:
        film: The film; its demuxer stops inventing times.
        packets: The packets of ``film`` in file order, which must not have been read yet.
    """
    if not stop_invented_times(film):
        yield from packets
        return
    unpackers = {
        stream.index: BitStreamFilterContext(_UNPACK, in_stream=stream)
        for stream in film.streams.video
        if _may_be_packed(stream)
    }
    orders: dict[int, _FrameOrder] = {}
    for packet in packets:
        if not packet.size:
            yield packet  # it marks the end of a stream, or states that nothing changes
            continue
        stream = packet.stream
        for part in _unpacked(packet, stream, unpackers.get(stream.index)):
            if (
                isinstance(stream, VideoStream)
                and stream.index not in orders
                and _lacks_times(part, stream)
            ):
                orders[stream.index] = _FrameOrder(stream)
            order = orders.get(stream.index)
            yield from [part] if order is None else order.add(part)
    for index, unpacker in unpackers.items():
        for part in _unpacked(None, film.streams[index], unpacker):
            yield from orders[index].add(part) if index in orders else [part]
    for order in orders.values():
        yield from order.finish()


def unpack_description(template: Stream, copy: Stream) -> None:
    """Removes DivX's mark of packed frames from a copy, whose packets have one frame each."""
    if isinstance(template, VideoStream) and _may_be_packed(template):
        marked = _PACKED.search(template.codec_context.extradata or b"")
        if marked:
            BitStreamFilterContext(_UNPACK, in_stream=template, out_stream=copy)


def _may_be_packed(stream: VideoStream) -> bool:
    """Whether packets may have two frames each, as DivX and Xvid wrote them into AVI."""
    return has_codec(stream) and stream.codec_context.name == "mpeg4" and not is_cover(stream)


def _unpacked(
    packet: "AnyPacket | None", stream: Stream, unpacker: BitStreamFilterContext | None
) -> Iterator[AnyPacket]:
    """The packets of one frame each; None at the end of the film."""
    if unpacker is None:
        if packet is not None:
            yield packet
        return
    base = packet.time_base if packet is not None else stream.time_base
    for part in cast("list[AnyPacket]", unpacker.filter(packet)):
        part.stream = stream
        if base is not None:
            part.time_base = base
        yield part


def _lacks_times(packet: AnyPacket, stream: VideoStream) -> bool:
    return packet.pts is None and has_codec(stream) and not is_cover(stream)


class _FrameOrder:
    """The presentation times of one stream, which is decoded to find the order of its frames."""

    def __init__(self, stream: VideoStream) -> None:
        self._decoder = stream.codec_context
        # Threads for whole frames would delay the first frame by their number.
        self._decoder.thread_type = "SLICE"
        self._decoder.options = dict(_FASTER)
        rate = stream.average_rate or Fraction(25)
        self._frame_ticks = max(1, round(1 / rate / (stream.time_base or Fraction(1, 1000))))
        self._delay: int | None = None
        """The number of packets that the decoder takes before it shows its first frame."""
        self._read = 0
        self._last = (0, 0)
        """The number and the decoding time of the packet that was read last."""
        self._times: dict[int, int] = {}
        """The decoding times that frames may still get, by the packet's number."""
        self._packets: dict[int, AnyPacket] = {}
        """The packets that were not returned yet, by number."""
        self._waiting: set[int] = set()
        """The numbers of the packets whose frames are not known yet."""
        self._placed: dict[int, int] = {}
        """The packets that wait for the time of a later packet: number of the later one, number."""
        self._next = 0
        """The first number that is free for the next frame."""
        self._recent: deque[int] = deque(maxlen=_PENDING)
        """The numbers of the packets whose frames were shown last."""

    def add(self, packet: AnyPacket) -> Iterator[AnyPacket]:
        """Takes the next packet, and yields the packets whose times are known by now."""
        number = self._read
        self._read += 1
        if packet.dts is None:
            packet.dts = self._time_of(number)
        self._last = (number, packet.dts)
        self._times[number] = packet.dts
        self._packets[number] = packet
        self._waiting.add(number)
        packet.pts = number  # the decoder gives it to the frame
        for frame in self._decode(packet):
            self._place(frame)
        self._give_up(number - _PENDING)
        yield from self._timed()

    def finish(self) -> Iterator[AnyPacket]:
        """Yields the packets that are left at the film's end."""
        for frame in self._decode(None):
            self._place(frame)
        self._give_up(self._read)
        for number in self._placed:
            self._times.setdefault(number, self._time_of(number))
        yield from self._timed()

    def _decode(self, packet: "AnyPacket | None") -> list[VideoFrame]:
        try:
            return self._decoder.decode(packet)
        except FFmpegError:
            return []

    def _place(self, frame: VideoFrame) -> None:
        """Gives the packet of the frame that is shown next its place in the order of times."""
        number = -1 if frame.pts is None else frame.pts
        if number not in self._waiting:
            return
        if self._delay is None:
            self._delay = self._read - 1 - number
            self._next = number + self._delay
        # A frame is not shown before its packet is decoded.
        place = max(self._next, number)
        if frame.key_frame:
            # All packets before it have frames that are shown before it. Those that the decoder
            # could not read took no place, which is corrected here.
            self._give_up(number)
            later = sum(shown > number for shown in self._recent)
            place = max(place, number + later + self._delay)
        self._waiting.discard(number)
        self._placed[place] = number
        self._recent.append(number)
        self._next = place + 1

    def _give_up(self, end: int) -> None:
        """Lets the waiting packets before number ``end``, which have no frames, keep one time."""
        for number in [number for number in self._waiting if number < end]:
            self._waiting.discard(number)
            self._packets[number].pts = self._packets[number].dts

    def _timed(self) -> Iterator[AnyPacket]:
        """Yields the packets with known presentation times, in the order of decoding."""
        for place in [place for place in self._placed if place in self._times]:
            self._packets[self._placed.pop(place)].pts = self._times[place]
        oldest = min(self._placed, default=self._next)
        for number in [number for number in self._times if number < oldest]:
            del self._times[number]
        unknown = min([*self._waiting, *self._placed.values()], default=self._read)
        for number in [number for number in self._packets if number < unknown]:
            yield self._packets.pop(number)

    def _time_of(self, number: int) -> int:
        """The decoding time of a packet that states none, or that would follow the last one."""
        last, time = self._last
        return time + (number - last) * self._frame_ticks
