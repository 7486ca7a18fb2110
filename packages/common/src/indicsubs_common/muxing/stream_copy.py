"""Copies a film's streams into a new container, packet by packet, unchanged."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import io
from collections.abc import Sequence
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Literal

import av
import msgspec
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Stream
from av.video.stream import VideoStream

from indicsubs_common.muxing.frame_times import unpack_description
from indicsubs_common.muxing.subtitle_tracks import ContainerName
from indicsubs_common.muxing.windows_codecs import add_windows_copy
from indicsubs_media.film import is_mp4_family, open_film
from indicsubs_media.packets import read_packets
from indicsubs_media.streams import has_codec, is_cover, is_empty, stream_language

_FORMATS: dict[ContainerName, str] = {"mkv": "matroska", "mp4": "mp4"}
_FILE_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
"""Metadata that describes the old file and not the film; the new file gets its own values."""
_NO_TAG = "\0\0\0\0"
_HEVC = frozenset({"hvc1", "hev1", "dvh1", "dvhe"})
"""Tags of HEVC in MP4 (ISO/IEC 14496-15, and the specification of Dolby Vision in this format).
Apple's players need ``hvc1`` or ``dvh1``; by default FFmpeg writes ``hev1``."""
_COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""File name and media type by codec, for a cover whose metadata has neither."""
_COVER_TAGS = ("filename", "mimetype")
"""The keys of a cover's metadata that are copied."""
_FONT_TYPES = {".otf": "application/vnd.ms-opentype"}
"""Media types of attached fonts (Matroska specification, "Attachments"); other fonts count as
TrueType."""


class CopiedStream(msgspec.Struct, frozen=True, kw_only=True):
    """A stream that the new container can carry."""

    stream: Stream
    keep_tag: bool
    """Whether the codec tag is copied; otherwise the writer of the container chooses one."""
    form: Literal["own", "windows", "subrip"] = "own"
    """``windows`` is the form of AVI (:mod:`windows_codecs`); ``subrip`` converts mov_text. Both
    are only for Matroska."""


class StreamMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How a film's streams are mapped to a new container."""

    copied: Sequence[CopiedStream]
    unsupported: Sequence[Stream]
    """Streams that the container cannot carry."""
    empty: Sequence[Stream] = ()
    """Streams that are only declared (:func:`~indicsubs_media.streams.is_empty`)."""


def map_streams(film: InputContainer, container: ContainerName) -> StreamMapping:
    """The stream mapping, found by trying each stream with the container's writer.

    A stream that the writer makes itself is in neither list. These are QuickTime's chapter track
    (the chapters are copied) and, in MP4, its timecode track (the timecode is copied).
    """
    copied: list[CopiedStream] = []
    unsupported: list[Stream] = []
    empty: list[Stream] = []
    for stream in film.streams:
        if _is_made_by_writer(stream, film, container):
            continue
        if is_empty(stream):
            empty.append(stream)
            continue
        copy = next(filter(partial(_is_supported, container), _forms(stream, container)), None)
        if copy is None:
            unsupported.append(stream)
        else:
            copied.append(copy)
    return StreamMapping(copied=copied, unsupported=unsupported, empty=empty)


def stream_label(stream: Stream) -> str:
    """A stream's description for users: ``subtitle stream 3 (hdmv_pgs_subtitle, eng)``."""
    codec = stream.codec_context.name if has_codec(stream) else getattr(stream, "name", None)
    codec = codec or "unknown"
    details = ", ".join(filter(None, (codec, stream_language(stream))))
    return f"{stream.type} stream {stream.index} ({details})"


def open_output(file: Path | io.BytesIO, container: ContainerName) -> OutputContainer:
    """Opens a container for writing; times and flags stay as they are in the film.

    Metadata that is not UTF-8 is written with the same bytes as in the film.
    """
    if container == "mkv":
        # Encoders' priming has negative times. By default the writer would shift the whole film.
        options = {"avoid_negative_ts": "disabled", "default_mode": "passthrough"}
    else:
        # FFmpeg calls the box of Dolby Vision unofficial, and leaves it out by default.
        options = {"strict": "unofficial"}
        if isinstance(file, Path):
            # The index comes first, so that a film on a server plays before all of it is there.
            options["movflags"] = "+faststart"
    return av.open(
        file if isinstance(file, io.BytesIO) else str(file),
        "w",
        format=_FORMATS[container],
        container_options=options,
        metadata_errors="surrogateescape",
    )


def add_copy(output: OutputContainer, copied: CopiedStream) -> Stream:
    """Adds a stream for the packets of a film's stream, with its metadata and disposition.

    Raises:
        ValueError: The container does not support the codec. Some codecs are refused only when the
            header is written.
    """
    template, keep_tag = copied.stream, copied.keep_tag
    if copied.form == "windows":
        stream = add_windows_copy(output, template, keep_tag=keep_tag)
    elif copied.form == "subrip":
        stream = output.add_mux_stream("subrip")
        stream.time_base = template.time_base
    else:
        # opaque: a stream whose codec FFmpeg can read but not write is copied as well.
        stream = output.add_stream_from_template(template, opaque=True)
        unpack_description(template, stream)
        if has_codec(template):
            stream.codec_context.codec_tag = _tag(output, template, keep_tag=keep_tag)
    stream.metadata.update(template.metadata)
    if "name" in template.metadata:  # QuickTime's key for a track's title
        stream.metadata.setdefault("title", template.metadata["name"])
    stream.disposition = template.disposition
    if isinstance(template, VideoStream) and isinstance(stream, VideoStream):
        if template.average_rate:
            stream.codec_context.framerate = template.average_rate
        if template.sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = template.sample_aspect_ratio
    return stream


def is_attached(stream: Stream, container: ContainerName) -> bool:
    """Whether the stream becomes an attachment, as covers in Matroska do (:func:`add_covers`)."""
    return container == "mkv" and is_cover(stream)


def add_covers(output: OutputContainer, path: Path, covers: Sequence[Stream]) -> None:
    """Attaches the covers of the film at ``path`` to a Matroska film.

    A cover is a stream of one packet, which the demuxer returns first.
    """
    for cover in covers:
        with open_film(path) as film:
            picture = bytes(next(read_packets(film, film.streams[cover.index])))
        name, kind = _COVERS.get(cover.codec_context.name, ("cover", "application/octet-stream"))
        attachment = output.add_attachment(name, kind, picture)
        # add_attachment accepts valid UTF-8 alone; metadata may have any bytes.
        attachment.metadata.update(
            {key: cover.metadata[key] for key in _COVER_TAGS if key in cover.metadata}
        )


def add_font(output: OutputContainer, font: Path) -> None:
    """Attaches a font to a Matroska film, with the media type that all players know."""
    kind = _FONT_TYPES.get(font.suffix.lower(), "application/x-truetype-font")
    output.add_attachment(font.name, kind, font.read_bytes())


def copy_description(film: InputContainer, output: OutputContainer, start_ms: int) -> None:
    """Copies the film's metadata and chapters.

    Args:
        film: The film.
        output: The new film, whose clock starts at 0.
        start_ms: The start of the film's clock.
    """
    output.metadata.update(
        {key: text for key, text in film.metadata.items() if key.lower() not in _FILE_TAGS}
    )
    chapters = film.chapters()
    for chapter in chapters:
        start = round(Fraction(start_ms, 1000) / (chapter["time_base"] or Fraction(1, 1000)))
        chapter["start"] = max(0, chapter["start"] - start)
        chapter["end"] = max(0, chapter["end"] - start)
    output.set_chapters(chapters)


def loses_aspect_ratio(stream: Stream, container: ContainerName) -> bool:
    """Whether the picture's aspect ratio is lost in the new container.

    The ratio is lost if only the old container states it and the new container is Matroska,
    because PyAV cannot pass the ratio to the Matroska writer.
    """
    return (
        container == "mkv"
        and isinstance(stream, VideoStream)
        and not is_cover(stream)
        and bool(stream.sample_aspect_ratio)
        and stream.sample_aspect_ratio != (stream.codec_context.sample_aspect_ratio or 1)
    )


def _is_made_by_writer(stream: Stream, film: InputContainer, container: ContainerName) -> bool:
    if stream.type != "data":
        return False
    if stream.name == "bin_data" and is_mp4_family(film):
        return bool(film.chapters())
    timecode = stream.metadata.get("timecode")
    return (
        timecode is not None
        and container == "mp4"
        and any(video.metadata.get("timecode") == timecode for video in film.streams.video)
    )


def _forms(stream: Stream, container: ContainerName) -> list[CopiedStream]:
    """The forms in which a stream may be copied, the best first."""
    forms = [CopiedStream(stream=stream, keep_tag=keep_tag) for keep_tag in (True, False)]
    if container == "mp4":
        return forms
    if stream.type == "subtitle":
        is_text = has_codec(stream) and stream.codec_context.name == "mov_text"
        return [CopiedStream(stream=stream, keep_tag=False, form="subrip")] if is_text else forms
    return forms + [msgspec.structs.replace(form, form="windows") for form in forms]


def _tag(output: OutputContainer, template: Stream, *, keep_tag: bool) -> str:
    """The codec tag of a copy; zeros let the writer of the container choose."""
    tag = template.codec_context.codec_tag if keep_tag else _NO_TAG
    if output.format.name == "mp4" and template.codec_context.name == "hevc" and tag not in _HEVC:
        return "hvc1"
    return tag


def _is_supported(container: ContainerName, copied: CopiedStream) -> bool:
    """Whether the container's header can be written with only this stream; tried in memory."""
    if is_attached(copied.stream, container):
        return True
    trial = open_output(io.BytesIO(), container)
    try:
        add_copy(trial, copied)
        trial.start_encoding()
    except (FFmpegError, ValueError):
        return False
    try:
        trial.close()
    except FFmpegError:  # some codecs' trailers need packets; the header has been accepted
        pass
    return True
