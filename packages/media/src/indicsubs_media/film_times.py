"""Gives the packets of a film their times on the film's clock.

Every stage reads packets through :class:`FilmTimes`, from the start of the file and in file order,
so that all stages agree on every time.
"""

from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from operator import attrgetter
from pathlib import Path
from typing import Final

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

from indicsubs_contract.messages.clock import ClockStretch, FilmClock
from indicsubs_media.clock import film_clock
from indicsubs_media.film import open_film
from indicsubs_media.packets import AnyPacket, read_packets, stop_invented_times
from indicsubs_media.runs import LONGEST_LEAD_US, PacketTimes, RunReader
from indicsubs_media.streams import is_cover, is_empty

_BROADCAST_FORMATS: Final = frozenset({"mpegts", "mpeg"})
"""FFmpeg's names for MPEG-TS and MPEG-PS, whose clock may start again at any place."""
_WAITING_FORMAT: Final = "mp4"
"""FFmpeg's name for MP4 and QuickTime. Their edit lists say from which time on a track is shown;
players (mpv and Chromium were tried) wait for one that starts late."""
_RESTARTS = 1000
"""The most damaged places in the container that are skipped."""
_MICROSECOND = Fraction(1, av.time_base)
_UNMOVED = (ClockStretch(first=0, shift_us=0),)


def read_clock(path: Path) -> FilmClock:
    """Reads all timestamps of a film, and finds its clock.

    Raises:
        IndicsubsError: As :func:`~indicsubs_media.film.open_film`.
        OSError: The file cannot be opened.
    """
    with open_film(path) as film:
        stop_invented_times(film)
        reader = RunReader()
        timed = {stream.index: _Tick(stream) for stream in film.streams if _is_timed(stream)}
        for packet in readable_packets(film):
            tick = timed.get(packet.stream_index)
            if tick is not None:
                reader.add(_times(packet, tick))
        names = {*film.format.name.split(",")}
        return film_clock(
            reader.runs,
            reader.late_us,
            broadcast=bool(_BROADCAST_FORMATS & names),
            waits_for_start=_WAITING_FORMAT in names,
        )


def readable_packets(
    film: InputContainer, stream: Stream | None = None, errors: list[str] | None = None
) -> Iterator[AnyPacket]:
    """All packets that can be read, in file order; damaged places are skipped.

    Packets that only mark the end of a stream are left out.

    Args:
        film: The film.
        stream: The only stream to read; None reads all.
        errors: A list that gets the message of each error.
    """
    for _ in range(_RESTARTS):
        try:
            for packet in read_packets(film, *([stream] if stream else [])):
                if packet.size or packet.pts is not None or packet.dts is not None:
                    yield packet
        except FFmpegError as error:
            if errors is not None:
                errors.append(error.strerror or str(error))
        else:
            return


class FilmTimes:
    """Moves packets from the clock of the file to the film's clock.

    It counts packets, so it has to see every packet of a stream, in file order.
    """

    def __init__(self, clock: FilmClock) -> None:
        self._clock = clock
        self._streams = {stream.stream: stream for stream in clock.streams}
        self._packets: dict[int, int] = {}
        self._leads: dict[int, int] = {}
        self._known_ticks: dict[tuple[int, int], int] = {}
        self._part = 0

    def move(self, packet: AnyPacket) -> None:
        """Gives the next packet of its stream its times on the film's clock."""
        stream = self._streams.get(packet.stream_index)
        if stream is None:
            self._shift(packet, self._clock.shifts_us[self._part], 0)
            return
        number = self._packets.get(stream.stream, 0)
        self._packets[stream.stream] = number + 1
        index = bisect_right(stream.stretches, number, key=attrgetter("first")) - 1
        stretch = stream.stretches[index]
        self._part = max(self._part, stretch.part)
        shown = packet.pts
        self._shift(packet, stretch.shift_us, stream.late_us)
        if packet.dts is not None and shown is not None:
            around = {one.shift_us for one in stream.stretches[max(0, index - 1) : index + 2]}
            shifts_us = [stretch.shift_us, *sorted(around)]
            lead = self._lead(packet, shown - packet.dts, shifts_us, stream.late_us)
            packet.pts = packet.dts + lead

    def _shift(self, packet: AnyPacket, shift_us: int, late_us: int) -> None:
        shift = self._ticks(shift_us, packet)
        if packet.dts is not None:
            packet.dts += shift - self._ticks(late_us, packet)
        if packet.pts is not None:
            packet.pts += shift

    def _lead(self, packet: AnyPacket, lead: int, shifts_us: list[int], late_us: int) -> int:
        """The time from the decoding of a packet to its display, in the stream's ticks.

        One of the two times may be damaged alone. Where no shift gives a lead that suits, it is the
        lead of the packet before.

        Args:
            packet: The packet, whose decoding time is on the film's clock.
            lead: The time of display in the file less that decoding time.
            shifts_us: The shifts to try for the time of display.
            late_us: The most that decoding is after display in the file.
        """
        longest = self._ticks(LONGEST_LEAD_US + late_us, packet)
        leads = (lead + self._ticks(shift, packet) for shift in shifts_us)
        known = self._leads.get(packet.stream_index, 0)
        # Shifts are rounded to whole ticks, so a packet may seem to be shown a tick too early.
        found = next((max(0, lead) for lead in leads if -1 <= lead <= longest), known)
        self._leads[packet.stream_index] = found
        return found

    def _ticks(self, time_us: int, packet: AnyPacket) -> int:
        """A time in the unit of the packet's timestamps, rounded; most times come often."""
        key = (packet.stream_index, time_us)
        ticks = self._known_ticks.get(key)
        if ticks is None:
            ticks = self._known_ticks[key] = round(time_us * _MICROSECOND / packet.time_base)
        return ticks


def constant_shift_us(clock: FilmClock, stream: int) -> int | None:
    """The shift of all packets of a stream, in microseconds; None where there are several."""
    stretches = next((one.stretches for one in clock.streams if one.stream == stream), _UNMOVED)
    return stretches[0].shift_us if len(stretches) == 1 else None


def has_own_clock(clock: FilmClock, stream: int) -> bool:
    """Whether a stream's timestamps in the file differ from its times on the film's clock."""
    return constant_shift_us(clock, stream) != 0


def _is_timed(stream: Stream) -> bool:
    return stream.type in {"video", "audio"} and not (is_empty(stream) or is_cover(stream))


class _Tick:
    """The unit of a stream's timestamps. Whole numbers are much faster than fractions."""

    def __init__(self, stream: Stream) -> None:
        tick_us = (stream.time_base or _MICROSECOND) / _MICROSECOND
        self._numerator, self._denominator = tick_us.numerator, tick_us.denominator
        self.has_delay = stream.type == "audio"
        """Whether a packet may say how much of it is not played."""

    def us(self, ticks: int) -> int:
        """A time in microseconds, rounded."""
        return (2 * ticks * self._numerator + self._denominator) // (2 * self._denominator)


def _times(packet: AnyPacket, tick: _Tick) -> PacketTimes:
    dts, pts = packet.dts, packet.pts
    return PacketTimes(
        packet.stream_index,
        None if dts is None else tick.us(dts),
        None if pts is None else tick.us(pts),
        tick.us(packet.duration or 0),
        packet.is_discard,
        _skipped_us(packet) if tick.has_delay else 0,
    )


def _skipped_us(packet: AnyPacket) -> int:
    """The length of the encoder's delay at a packet's start, which FFmpeg tells with the packet.

    The packet's side data begins with the number of samples as a 32-bit number (libavcodec's
    ``AV_PKT_DATA_SKIP_SAMPLES``).
    """
    if not packet.has_sidedata("skip_samples"):
        return 0
    samples = int.from_bytes(bytes(packet.get_sidedata("skip_samples"))[:4], "little")
    rate = packet.stream.rate if isinstance(packet.stream, AudioStream) else 0
    return samples * av.time_base // rate if rate else 0
