"""Takes back that MP4 tracks are enabled, which FFmpeg does to the first track of each kind.

Players show an enabled subtitle track by default, also over a picture with burned-in subtitles.
"""

import struct
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import BinaryIO

_HEADER = 8
_ENABLED = 1
"""The flag ``track_enabled`` of a track's header (ISO/IEC 14496-12, 8.3.2)."""


def disable_tracks(film: Path, tracks: Collection[int]) -> None:
    """Clears the flag of some tracks of an MP4 film, which are counted from 0 in their order."""
    with film.open("r+b") as file:
        end = film.stat().st_size
        for index_start, index_end in _boxes(file, 0, end, b"moov"):
            found = list(_boxes(file, index_start, index_end, b"trak"))
            for number in tracks:
                for start, _ in _boxes(file, *found[number], b"tkhd"):
                    file.seek(start)
                    (version_and_flags,) = struct.unpack(">I", file.read(4))
                    file.seek(start)
                    file.write(struct.pack(">I", version_and_flags & ~_ENABLED))


def _boxes(file: BinaryIO, start: int, end: int, kind: bytes) -> Iterator[tuple[int, int]]:
    """The start and the end of the content of each box of a kind between two places."""
    while start + _HEADER <= end:
        file.seek(start)
        size, name = struct.unpack(">I4s", file.read(_HEADER))
        content = start + _HEADER
        if size == 1:  # the size is too large for 32 bits
            (size,) = struct.unpack(">Q", file.read(8))
            content += 8
        if size < _HEADER:  # the last box, to the end of the file
            size = end - start
        if name == kind:
            yield content, start + size
        start += size
