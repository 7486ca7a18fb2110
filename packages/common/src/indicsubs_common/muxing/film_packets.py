"""Reads a film's packets in file order up to the first damage, with times on the film's clock."""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

from indicsubs_common.muxing.frame_times import presentation_times
from indicsubs_media.film import film_span
from indicsubs_media.packets import AnyPacket, late_streams, read_packets
from indicsubs_media.streams import is_cover

_MISSING_END_MS = 2_000
"""A film that ends this much before the end in its header is reported as truncated. Smaller
differences are usual."""


def film_packets(
    film: InputContainer, copies: Mapping[int, Stream], warnings: list[str]
) -> Iterator[tuple[int, AnyPacket]]:
    """Each packet of the copied streams, assigned to its copy, with its time in ms.

    Packets come in file order. Only decoding times that go back are changed. When the iteration
    ends, the parts of the film that could not be read are added to ``warnings``.

    Args:
        film: The film.
        copies: The copy of each stream, by the stream's index in the film.
        warnings: A list that the function adds to.
    """
    span = film_span(film)
    last_ms = span.start_ms
    untimed = damaged = 0
    last_dts: dict[int, int] = {}
    for packet in presentation_times(film, _readable_packets(film, warnings)):
        copy = copies.get(packet.stream_index)
        if copy is None:
            last_ms = max(last_ms, _time_ms(packet))
            continue
        if not _has_time(packet, span.start_ms):
            untimed += 1
            continue
        damaged += packet.is_corrupt
        _keep_order(packet, last_dts)
        now_ms = _time_ms(packet)
        last_ms = max(last_ms, now_ms)
        packet.stream = copy
        yield now_ms, packet
    warnings += [
        f"Left out, as it first appears in the middle of the film: {stream}."
        for stream in late_streams(film)
    ]
    if untimed:
        warnings.append(f"{untimed} packet(s) of the film have no timestamp and were left out.")
    if damaged:
        warnings.append(f"{damaged} packet(s) of the film are damaged; they were copied unchanged.")
    if span.end_ms - last_ms > _MISSING_END_MS:
        warnings.append(
            f"The film ends at {last_ms / 1000:.1f} s, but its header states an end at"
            f" {span.end_ms / 1000:.1f} s: it seems to be truncated."
        )


def stream_packets(film: InputContainer, copy: Stream) -> Iterator[tuple[int, AnyPacket]]:
    """Each packet of a film's only stream, assigned to its copy, with its time in ms."""
    for packet in read_packets(film):
        if packet.size:
            now_ms = _time_ms(packet)
            packet.stream = copy
            yield now_ms, packet


def _time_ms(packet: AnyPacket) -> int:
    """The packet's decoding time; 0 where it has no timestamp."""
    time = packet.pts if packet.dts is None else packet.dts
    return int((time or 0) * packet.time_base * 1000)


def _readable_packets(film: InputContainer, warnings: list[str]) -> Iterator[AnyPacket]:
    """All packets up to the first read error, which is added to ``warnings``."""
    packets = read_packets(film)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except FFmpegError as error:
            warnings.append(
                f"The film can be read only in part ({error.strerror}); that part was copied."
            )
            return
        if packet.size or packet.pts is not None or packet.dts is not None:
            yield packet  # the others only mark the ends of streams


def _has_time(packet: AnyPacket, start_ms: int) -> bool:
    """Whether the packet has a timestamp; a cover without one gets the film's start time."""
    if packet.pts is None and packet.dts is None and is_cover(packet.stream):
        packet.pts = packet.dts = round(Fraction(start_ms, 1000) / packet.time_base)
    if packet.pts is None:
        packet.pts = packet.dts
    return packet.pts is not None


def _keep_order(packet: AnyPacket, last_dts: dict[int, int]) -> None:
    """Increases a decoding time that is not later than the one before it in the same stream.

    Only in subtitle streams do containers accept a decoding time that does not increase.
    """
    if packet.dts is None or packet.stream.type == "subtitle":
        return
    last = last_dts.get(packet.stream_index)
    if last is not None and packet.dts <= last:
        packet.dts = last + 1
        packet.pts = max(packet.pts or packet.dts, packet.dts)
    last_dts[packet.stream_index] = packet.dts
