"""Changes the time stamps in the PES headers of a transport stream (ISO/IEC 13818-1, 2.4.3.7)."""

from collections.abc import Callable, Iterator

_PACKET = 188
WRAP = 1 << 33
"""Time stamps have 33 bits and count 90 kHz, so they start again after 26.5 hours."""


def with_times(data: bytes, change: Callable[[int, int], int]) -> bytes:
    """Returns a transport stream whose time stamps are changed.

    Args:
        data: The transport stream.
        change: Gets the number of the PES packet and a time stamp, and returns the new one.
    """
    changed = bytearray(data)
    for number, place in enumerate(_time_fields(data)):
        for at in place:
            value = change(number, _read(data[at : at + 5])) % WRAP
            changed[at : at + 5] = _written(data[at] & 0xF0, value)
    return bytes(changed)


def _time_fields(data: bytes) -> Iterator[tuple[int, ...]]:
    """Yields the places of the PTS, and of the DTS where there is one, of each PES packet."""
    for start in range(0, len(data) - _PACKET + 1, _PACKET):
        if data[start] != 0x47 or not data[start + 1] & 0x40:
            continue
        pes = start + 4
        if data[start + 3] & 0x20:
            pes += 1 + data[pes]
        if data[pes : pes + 3] != b"\0\0\1" or pes + 19 > start + _PACKET:
            continue
        flags = data[pes + 7] >> 6
        if flags & 2:
            yield (pes + 9, pes + 14) if flags & 1 else (pes + 9,)


def _read(field: bytes) -> int:
    return (
        (field[0] >> 1 & 7) << 30
        | field[1] << 22
        | field[2] >> 1 << 15
        | field[3] << 7
        | field[4] >> 1
    )


def _written(prefix: int, value: int) -> bytes:
    return bytes(
        (
            prefix | (value >> 30 & 7) << 1 | 1,
            value >> 22 & 0xFF,
            (value >> 15 & 0x7F) << 1 | 1,
            value >> 7 & 0xFF,
            (value & 0x7F) << 1 | 1,
        )
    )
