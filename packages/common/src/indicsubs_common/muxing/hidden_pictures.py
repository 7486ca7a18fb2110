"""Leaves out what an edit list hides, for a container that cannot hide it.

An edit list in MP4 can hide the film's first pictures and sounds, which are needed only to decode
those after them. Their times on the film's clock are before 0. Matroska has no edit lists.
"""

from collections.abc import Iterable, Iterator

from indicsubs_media.packets import AnyPacket

_PRIMING_MS = 100
"""Hidden sound this short before the start is encoder delay, which Matroska can carry."""


def without_hidden_pictures(
    packets: Iterable[AnyPacket], warnings: list[str]
) -> Iterator[AnyPacket]:
    """The packets without those that are hidden and needed for no other packet.

    Hidden pictures since the last keyframe are needed. They get the time 0, so that players show
    them for no time at all, and a warning tells of them.
    """
    waiting: dict[int, list[AnyPacket]] = {}
    kept = 0
    for packet in packets:
        if _is_hidden(packet):
            if packet.stream.type == "video":
                group = waiting.setdefault(packet.stream_index, [])
                if packet.is_keyframe:
                    group.clear()
                group.append(packet)
            continue
        group = waiting.pop(packet.stream_index, [])
        if group and not packet.is_keyframe:
            kept += len(group)
            for hidden in group:
                hidden.pts = hidden.dts = 0
                yield hidden
        yield packet
    if kept:
        warnings.append(
            f"The film hides its first {kept} picture(s), which Matroska cannot do. They are needed"
            " to decode the next ones, so they are shown for an instant. `--container mp4` hides"
            " them."
        )


def _is_hidden(packet: AnyPacket) -> bool:
    """Whether a packet is marked as hidden and is before the film's start."""
    if not packet.is_discard or packet.pts is None:
        return False
    limit_ms = -_PRIMING_MS if packet.stream.type == "audio" else 0
    return packet.pts * packet.time_base * 1000 < limit_ms
