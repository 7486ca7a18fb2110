"""Reads a film's packets in file order, with times on the film's clock."""

from collections.abc import Iterator, Mapping

from av.container import InputContainer
from av.stream import Stream

from indicsubs_common.muxing.frame_times import presentation_times
from indicsubs_common.muxing.hidden_pictures import without_hidden_pictures
from indicsubs_common.muxing.subtitle_tracks import ContainerName
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film import film_span
from indicsubs_media.film_times import FilmTimes, readable_packets
from indicsubs_media.packets import AnyPacket, late_streams, read_packets
from indicsubs_media.streams import is_cover

_MISSING_END_MS = 2_000
"""A film that ends this much before the end in its header is reported as truncated. Smaller
differences are usual."""


def film_packets(
    film: InputContainer,
    copies: Mapping[int, Stream],
    clock: FilmClock,
    container: ContainerName,
    warnings: list[str],
) -> Iterator[tuple[int, AnyPacket]]:
    """Each packet of the copied streams, assigned to its copy, with its time in ms.

    Packets come in file order. When the iteration ends, the parts of the film that could not be
    read are added to ``warnings``.

    Args:
        film: The film, at its start.
        copies: The copy of each stream, by the stream's index in the film.
        clock: The film's clock.
        container: The container of the copies.
        warnings: A list that the function adds to.
    """
    packets = presentation_times(film, _moved_packets(film, clock, warnings))
    if container == "mkv":
        packets = without_hidden_pictures(packets, warnings)
    untimed = damaged = 0
    last_dts: dict[int, int] = {}
    for packet in packets:
        copy = copies.get(packet.stream_index)
        if copy is None:
            continue
        if not _has_time(packet):
            untimed += 1
            continue
        damaged += packet.is_corrupt
        _keep_order(packet, last_dts)
        now_ms = _time_ms(packet)
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
    stated_ms = film_span(film).end_ms - round(clock.start_us / 1000)
    # Where timestamps are wrong, the end in the header is of no use.
    if clock.end_us and not clock.warnings and stated_ms - clock.end_ms > _MISSING_END_MS:
        warnings.append(
            f"The film ends at {clock.end_ms / 1000:.1f} s, but its header states an end at"
            f" {stated_ms / 1000:.1f} s: it seems to be truncated."
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


def _moved_packets(
    film: InputContainer, clock: FilmClock, warnings: list[str]
) -> Iterator[AnyPacket]:
    """All packets that can be read, on the film's clock; what cannot is added to ``warnings``."""
    times = FilmTimes(clock)
    errors: list[str] = []
    for packet in readable_packets(film, errors=errors):
        times.move(packet)
        yield packet
    if errors:
        warnings.append(
            f"The film can be read only in part ({errors[0]}); what can be read was copied."
        )


def _has_time(packet: AnyPacket) -> bool:
    """Whether the packet has a timestamp; a cover gets the film's start time."""
    if is_cover(packet.stream):
        packet.pts = packet.dts = 0
    if packet.pts is None:
        packet.pts = packet.dts
    return packet.pts is not None


def _keep_order(packet: AnyPacket, last_dts: dict[int, int]) -> None:
    """Increases a decoding time that is not later than the one before it in the same stream.

    Only in subtitle streams do containers accept a decoding time that does not increase. None of
    them accepts a packet that is shown before it is decoded.
    """
    if packet.dts is None or packet.stream.type == "subtitle":
        return
    last = last_dts.get(packet.stream_index)
    if last is not None and packet.dts <= last:
        packet.dts = last + 1
    packet.pts = max(packet.dts if packet.pts is None else packet.pts, packet.dts)
    last_dts[packet.stream_index] = packet.dts
