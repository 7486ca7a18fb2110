"""Reads a film's packets, also where streams appear that were not there at its start.

A DVD's program stream and a transport stream have no list of their streams: FFmpeg finds one when
its first packet comes. :func:`~indicsubs_media.film.open_film` reads far into such files, but a
subtitle may be first shown after an hour.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, TypeAlias, TypeVar, overload

import av.logging
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

AnyPacket: TypeAlias = "Packet[Stream]"
"""The type is in quotes because PyAV's packets take a type parameter in annotations only."""

_GENERATED_TIMES: Final = 0x0001
"""``AVFMT_FLAG_GENPTS`` of FFmpeg's avformat.h, which PyAV sets. With it FFmpeg invents the
presentation times that a container does not state; for H.264 they are wrong."""
_WITHOUT: Final = frozenset({"avi", "asf", "matroska", "h264", "hevc", "m4v"})
"""FFmpeg's names of the formats that state no presentation times, or not for every track. In
others a packet may lack one, and FFmpeg infers it from its neighbours."""

S = TypeVar("S", bound=Stream)
_DUMPED_STREAM = re.compile(r"Stream #0:(\d+)\S*: (\w+: \w+)")


@overload
def read_packets(film: InputContainer) -> Iterator["Packet[Stream]"]: ...
@overload
def read_packets(film: InputContainer, *streams: S) -> Iterator["Packet[S]"]: ...
def read_packets(film: InputContainer, *streams: Stream) -> Iterator["Packet[Any]"]:
    """The film's packets in file order, of all streams or of some; empty ones mark streams' ends.

    Streams that appeared after the film was opened have no packets (:func:`late_streams`).

    Raises:
        FFmpegError: The file is damaged here. The next call continues after the damage.
    """
    packets = film.demux(*streams)
    while True:
        try:
            packet = next(packets)
        except (IndexError, StopIteration):
            # At the end PyAV 18 looks up every stream that FFmpeg knows by now. Those that were
            # not there when the film was opened are not in its list.
            return
        yield packet


def stop_invented_times(film: InputContainer) -> bool:
    """Makes FFmpeg state no times of display that the container does not state.

    Returns:
        Whether the film's format is one of those that state none, or not for every track. In other
        formats nothing changes.
    """
    if _WITHOUT.isdisjoint(film.format.name.split(",")):
        return False
    film.flags &= ~_GENERATED_TIMES
    return True


def late_streams(film: InputContainer) -> list[str]:
    """Streams that appeared after the film was opened, as ``subtitle: dvd_subtitle``.

    PyAV does not list them, but FFmpeg's description of the film does.
    """
    level = av.logging.get_level()
    try:
        av.logging.set_level(av.logging.INFO)  # at other levels the description is empty
        # PyAV's annotations lack this method.
        description = str(film.dumps_format())  # pyright: ignore[reportAttributeAccessIssue, reportUnknownArgumentType, reportUnknownMemberType]
    finally:
        av.logging.set_level(level)
    return [
        found[2].lower()
        for found in _DUMPED_STREAM.finditer(description)
        if int(found[1]) >= len(film.streams)
    ]
