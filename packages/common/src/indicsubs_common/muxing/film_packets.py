"""Reading a film's packets on its own clock, as far as it reads."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

from indicsubs_common.muxing.stream_copy import is_cover, is_mp4_family
from indicsubs_common.muxing.subtitle_tracks import AnyPacket

_MISSING_END_MS = 2_000
"""A film that ends this much before its header says is reported as truncated; less is usual."""


def film_span(source: InputContainer) -> tuple[int, int]:
    """Start and end of the film on its own clock, in ms, as its header has them.

    The end is the start where the header does not tell. Matroska and MP4 count a film's duration
    from 0, others from its start.
    """
    start_ms = (source.start_time or 0) // 1000
    duration_ms = (source.duration or 0) // 1000
    counts_from_zero = is_mp4_family(source) or "matroska" in source.format.name
    return start_ms, max(start_ms, duration_ms + (0 if counts_from_zero else start_ms))


def film_packets(
    source: InputContainer, copies: Mapping[int, Stream], warnings: list[str]
) -> Iterator[tuple[int, AnyPacket]]:
    """Each packet of the streams that are copied, bound to its copy, with its time in ms.

    Packets come as they lie in the file; only decoding times that go back are mended. What could
    not be read is added to ``warnings`` at the end.

    Args:
        source: The film.
        copies: The copy of each stream, by the stream's index.
        warnings: Added to.
    """
    start_ms, end_ms = film_span(source)
    last_ms = start_ms
    untimed = damaged = 0
    last_dts: dict[int, int] = {}
    for packet in _read(source, warnings):
        copy = copies.get(packet.stream_index)
        if copy is None:
            last_ms = max(last_ms, _time_ms(packet))
            continue
        if not _has_time(packet, start_ms):
            untimed += 1
            continue
        damaged += packet.is_corrupt
        _keep_order(packet, last_dts)
        now_ms = _time_ms(packet)
        last_ms = max(last_ms, now_ms)
        packet.stream = copy
        yield now_ms, packet
    if untimed:
        warnings.append(f"{untimed} packet(s) of the film tell no time and were left out.")
    if damaged:
        warnings.append(
            f"{damaged} packet(s) of the film are damaged; they were copied as they are."
        )
    if end_ms - last_ms > _MISSING_END_MS:
        warnings.append(
            f"The film ends at {last_ms / 1000:.1f} s, but its header promises {end_ms / 1000:.1f}"
            " s: it seems to be truncated."
        )


def stream_packets(source: InputContainer, copy: Stream) -> Iterator[tuple[int, AnyPacket]]:
    """Each packet of a film's only stream, bound to its copy, with its time in ms."""
    for packet in source.demux():
        if packet.size:
            now_ms = _time_ms(packet)
            packet.stream = copy
            yield now_ms, packet


def _time_ms(packet: AnyPacket) -> int:
    """When a packet is decoded; 0 if it does not tell."""
    time = packet.pts if packet.dts is None else packet.dts
    return int((time or 0) * packet.time_base * 1000)


def _read(source: InputContainer, warnings: list[str]) -> Iterator[AnyPacket]:
    packets = source.demux()
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            warnings.append(f"The film reads only in part ({error.strerror}): copied up to there.")
            return
        if packet.size or packet.pts is not None or packet.dts is not None:
            yield packet  # the others only mark the streams' ends


def _has_time(packet: AnyPacket, start_ms: int) -> bool:
    """Whether the packet has a time; a cover picture without one gets the film's start."""
    if packet.pts is None and packet.dts is None and is_cover(packet.stream):
        packet.pts = packet.dts = round(Fraction(start_ms, 1000) / packet.time_base)
    if packet.pts is None:
        packet.pts = packet.dts
    return packet.pts is not None


def _keep_order(packet: AnyPacket, last_dts: dict[int, int]) -> None:
    """Mend a decoding time that goes back or stands still, which no container takes."""
    if packet.dts is None or packet.stream.type == "subtitle":
        return
    last = last_dts.get(packet.stream_index)
    if last is not None and packet.dts <= last:
        packet.dts = last + 1
        packet.pts = max(packet.pts or packet.dts, packet.dts)
    last_dts[packet.stream_index] = packet.dts
