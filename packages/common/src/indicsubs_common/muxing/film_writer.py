"""Writes the new film: the copied streams, the subtitle tracks, covers and fonts."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import errno
import heapq
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from pathlib import Path

import av
import msgspec
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream

from indicsubs_common.muxing.film_packets import film_packets, stream_packets
from indicsubs_common.muxing.stream_copy import (
    CopiedStream,
    StreamMapping,
    add_copy,
    add_covers,
    add_font,
    copy_description,
    is_attached,
    loses_aspect_ratio,
    open_output,
    stream_label,
)
from indicsubs_common.muxing.subtitle_tracks import (
    ContainerName,
    TextTrack,
    add_track,
    packets_until,
    text_packets,
)
from indicsubs_common.muxing.text_samples import as_subrip
from indicsubs_common.muxing.track_flags import disable_tracks
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film import open_film
from indicsubs_media.packets import AnyPacket
from indicsubs_media.streams import is_cover

_DISK_ERRORS = frozenset({errno.EDQUOT, errno.EFBIG, errno.EIO, errno.ENOSPC, errno.EROFS})
"""Errors of FFmpeg that are the disk's fault, not the film's."""
_REPORTS = 200
"""Progress is reported about this many times at most."""


class BurnedPicture(msgspec.Struct, frozen=True, kw_only=True):
    """A picture with subtitles burned in, which replaces one of the film's streams."""

    replaces: int
    """Index of the film's stream."""
    film: InputContainer
    """A film whose only stream is the picture."""


class NewFilm(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of the film to write."""

    source: Path
    """The original film."""
    container: ContainerName
    mapping: StreamMapping
    tracks: Sequence[TextTrack]
    fonts: Sequence[Path]
    picture: BurnedPicture | None
    clock: FilmClock


@contextmanager
def new_container(target: Path, container: ContainerName) -> Generator[OutputContainer]:
    """Opens a container for writing; ``target`` exists only if everything was written.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the container cannot be written.
    """
    partial = target.with_name(f"{target.name}.partial")
    output = open_output(partial, container)
    try:
        yield output
        tracks = [stream for stream in output.streams if not is_cover(stream)]
        off = [n for n, s in enumerate(tracks) if s.type == "subtitle" and not _is_default(s)]
        output.close()  # writes the index, without which the film cannot be played
        if container == "mp4":
            disable_tracks(partial, off)
        partial.replace(target)
    except FFmpegError as error:
        if error.errno in _DISK_ERRORS:
            raise OSError(error.errno, error.strerror, str(target)) from error
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"The film cannot be written as {container}: {error.strerror}. Try the other container"
            " (--container).",
        ) from error
    finally:
        with suppress(FFmpegError):
            output.close()
        partial.unlink(missing_ok=True)


def write_film(
    source: InputContainer,
    output: OutputContainer,
    new: NewFilm,
    report: Callable[[int, int], None],
) -> list[str]:
    """Writes all parts of the film, and returns warnings about what could not be kept.

    Args:
        source: The original film, opened.
        output: The container to write.
        new: The parts.
        report: Called now and then with the milliseconds of film that are done, and the total.
    """
    warnings: list[str] = []
    copies: dict[int, Stream] = {}
    covers: list[Stream] = []
    picture_packets: Iterator[tuple[int, AnyPacket]] = iter(())
    for copied in new.mapping.copied:
        stream = copied.stream
        if is_attached(stream, new.container):
            covers.append(stream)
        elif new.picture and stream.index == new.picture.replaces:
            picture_packets = _add_picture(output, stream, new.picture)
        else:
            copies[stream.index] = add_copy(output, copied)
        if loses_aspect_ratio(stream, new.container):
            warnings.append(
                f"Only the old container states the aspect ratio of {stream_label(stream)},"
                " and it could not be copied: the picture may look stretched. `--container mp4`"
                " keeps it."
            )
    added = [(track, add_track(output, new.container, track)) for track in new.tracks]
    end_ms = new.clock.end_ms
    cue_packets = text_packets(added, new.container)
    if end_ms:
        cue_packets = packets_until(end_ms, cue_packets, warnings)
    add_covers(output, new.source, covers)
    for font in new.fonts:
        add_font(output, font)
    copy_description(source, output, round(new.clock.start_us / 1000))
    output.start_encoding()
    converted = {
        copies[copied.stream.index].index
        for copied in new.mapping.copied
        if copied.form == "subrip"
    }
    copied_packets = film_packets(source, copies, new.clock, new.container, warnings)
    packets = _converted(copied_packets, converted)
    # All three are in order of time. A cue is written before the other packets of the same time.
    merged = heapq.merge(cue_packets, picture_packets, packets, key=itemgetter(0))
    step_ms = max(1000, end_ms // _REPORTS)
    reported_ms = 0
    for now_ms, packet in merged:
        output.mux(packet)
        if now_ms - reported_ms >= step_ms:
            reported_ms = now_ms
            report(min(now_ms, end_ms or now_ms), end_ms)
    report(end_ms, end_ms)
    return warnings


def _is_default(stream: Stream) -> bool:
    return bool(stream.disposition & Disposition.default)


def _converted(
    packets: Iterable[tuple[int, AnyPacket]], streams: Collection[int]
) -> Iterator[tuple[int, AnyPacket]]:
    """The packets, those of some streams of the new film converted from mov_text to SubRip."""
    for now_ms, packet in packets:
        if packet.stream_index not in streams:
            yield now_ms, packet
        elif text := as_subrip(bytes(packet)):
            copy = av.Packet(text.encode())
            copy.stream = packet.stream
            copy.time_base = packet.time_base
            copy.pts, copy.dts, copy.duration = packet.pts, packet.dts, packet.duration
            copy.is_keyframe = True
            yield now_ms, copy


def copy_picture(source: Path, index: int, clock: FilmClock, target: Path) -> None:
    """Copies one stream of a film into Matroska, with times on the film's clock.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the stream cannot be copied.
    """
    with open_film(source) as film, new_container(target, "mkv") as output:
        stream = film.streams[index]
        copies = {index: add_copy(output, CopiedStream(stream=stream, keep_tag=False))}
        output.start_encoding()
        for _, packet in film_packets(film, copies, clock, "mkv", []):
            output.mux(packet)


def _add_picture(
    output: OutputContainer, replaced: Stream, picture: BurnedPicture
) -> Iterator[tuple[int, AnyPacket]]:
    """Adds the burned picture with the metadata of the stream that it replaces."""
    copy = add_copy(output, CopiedStream(stream=picture.film.streams.video[0], keep_tag=False))
    copy.metadata.update(replaced.metadata)
    copy.disposition = replaced.disposition
    return stream_packets(picture.film, copy)
