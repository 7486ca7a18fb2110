"""Opens a film, and finds its start and duration on its container's clock.

Every stage opens films through :func:`open_film`. All times are on the container's own clock, which
need not start at 0. The packets have their times on this clock, and a muxer copies them.
"""

import errno
import os
from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from io import FileIO
from pathlib import Path
from typing import Final

import av
import msgspec
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Stream

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_media.streams import is_empty

_NO_PROTOCOL: Final = "none"
"""The only protocol that FFmpeg may use to open files. No protocol has this name."""
_MP4, _MATROSKA = "mp4", "matroska"
"""Two of FFmpeg's names for formats."""
_PROGRAM_STREAM, _TRANSPORT_STREAM = "mpeg", "mpegts"
"""Formats without a header. In a program stream, FFmpeg finds a stream when its first packet comes;
a transport stream lists its streams, but not what is in them."""
_LONG_PROBING: Final = {"probesize": str(100 << 20), "analyzeduration": str(600 * av.time_base)}
"""How much of a format without a header is read to find its streams: 100 MiB, which is about two
minutes of a DVD, and 10 minutes at most. By default FFmpeg reads 5 MB and 7 seconds, and on most
DVDs the first subtitle is later."""


class FilmSpan(msgspec.Struct, frozen=True, kw_only=True):
    """The start and duration of a film on its container's clock, as the header states them."""

    start_ms: int
    duration_ms: int
    """0 where the header states no duration."""

    @property
    def end_ms(self) -> int:
        """The film's end; its start where the header states no duration."""
        return self.start_ms + self.duration_ms


@contextmanager
def open_film(path: Path) -> Generator[InputContainer]:
    """Opens for reading a film, or a file with streams of the film that a stage has written.

    FFmpeg reads only this file. It cannot follow playlists and references to other files, local or
    remote, because Python opens the file and FFmpeg is allowed no protocol to open another one.
    It would not be enough to allow only the protocol ``file``, because an HLS playlist could then
    name any local file.

    Metadata that is not UTF-8 is decoded with ``surrogateescape``, so that a copy of the film gets
    the same bytes. Use :mod:`indicsubs_media.streams` for text that goes into messages.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not a film, is damaged at its start, or has
            no stream, and where the path is a pipe, a device or a folder; ``NO_INPUT`` at the end
            of the block, where the disk could not read a part of the film.
        OSError: The file cannot be opened.
    """
    if path.exists() and not path.is_file():
        raise _not_a_film(path, "it is not a file but a pipe, a device or a folder")
    with _FilmFile(path) as file:
        try:
            film = _open_probed(file)
        except FFmpegError as error:
            _raise_read_error(path, file)
            raise _not_a_film(path, error.strerror or str(error)) from error
        with film:
            if not len(film.streams):
                raise _not_a_film(path, "it has no streams")
            try:
                yield film
            finally:
                _raise_read_error(path, file)


def film_span(film: InputContainer) -> FilmSpan:
    """The film's start and duration in ms, rounded, on the container's clock."""
    start_ms, duration_ms = _milliseconds(film.start_time), _milliseconds(film.duration)
    if _is_counted_from_zero(film, duration_ms):
        duration_ms = max(0, duration_ms - start_ms)
    return FilmSpan(start_ms=start_ms, duration_ms=duration_ms)


def is_mp4_family(film: InputContainer) -> bool:
    """Whether the film is in MP4 or QuickTime."""
    return _MP4 in _formats(film)


class _FilmFile(FileIO):
    """A file whose errors are like the errors of files that FFmpeg opens itself.

    FFmpeg treats a read error like the end of the film, so the error is kept for the user: a disk
    that was taken out does not make a film shorter. A seek to an impossible place, which damaged
    films ask for, is left to FFmpeg.
    """

    error: OSError | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        try:
            return super().read(size)
        except OSError as error:
            self.error = error
            raise FFmpegError(error.errno or errno.EIO, error.strerror or str(error)) from error

    def seek(self, position: int, whence: int = os.SEEK_SET, /) -> int:
        try:
            return super().seek(position, whence)
        except OSError as error:
            return -(error.errno or errno.EIO)


def _raise_read_error(path: Path, file: _FilmFile) -> None:
    """Raises the error of a disk that could not read the film, if there was one."""
    if file.error is not None:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"{path} could not be read to its end ({file.error.strerror}): its disk is damaged or"
            " was taken out. Connect it again, or copy the film to another disk, and run again.",
        ) from file.error


def _open_probed(file: FileIO) -> InputContainer:
    """Opens a film with the probing that finds most of its streams.

    A transport stream is probed for long only where that helps, because FFmpeg gives the times of
    one that was read to its end from another reference.
    """
    film = _open(file)
    unknown = sum(map(is_empty, film.streams))
    is_transport_stream = film.format.name == _TRANSPORT_STREAM
    if film.format.name != _PROGRAM_STREAM and not (is_transport_stream and unknown):
        return film
    film.close()
    film = _open(file, **_LONG_PROBING)
    if is_transport_stream and sum(map(is_empty, film.streams)) == unknown:
        film.close()
        film = _open(file)
    return film


def _open(file: FileIO, **options: str) -> InputContainer:
    file.seek(0)
    return av.open(
        file,
        "r",
        metadata_errors="surrogateescape",
        options={"protocol_whitelist": _NO_PROTOCOL, **options},
    )


def _is_counted_from_zero(film: InputContainer, duration_ms: int) -> bool:
    """Whether FFmpeg counts the film's duration from 0, even where the film starts later.

    FFmpeg does so in Matroska, whose header states the film's end, and in fragmented MP4. In other
    MP4 files it counts from the film's start. Their index then has frames that are later than the
    duration counted from 0 (seen with FFmpeg 8.1, whose MP4 files start late by an empty edit).
    """
    if is_mp4_family(film):
        return all(_last_indexed_ms(stream) < duration_ms for stream in film.streams)
    return _MATROSKA in _formats(film)


def _last_indexed_ms(stream: Stream) -> int:
    """The decoding time of the last frame in the container's index; 0 where there is no index."""
    entries = stream.index_entries
    tick_ms = 1000 * (stream.time_base or Fraction(1, 1000))
    return int(entries[-1].timestamp * tick_ms) if len(entries) else 0


def _not_a_film(path: Path, reason: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{path.name} is not a film that can be read ({reason}). Give one video or audio file;"
        " playlists are not films. If this is a film, it is damaged or was not copied to its end.",
    )


def _formats(film: InputContainer) -> list[str]:
    """FFmpeg's names for the format; ``mov,mp4,m4a,3gp,3g2,mj2`` gives six names."""
    return film.format.name.split(",")


def _milliseconds(microseconds: int | None) -> int:
    return round((microseconds or 0) * 1000 / av.time_base)
