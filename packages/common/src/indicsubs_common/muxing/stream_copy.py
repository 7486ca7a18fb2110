"""Carrying a film's own streams into a new container, packet by packet, unchanged."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import io
from collections.abc import Sequence
from pathlib import Path

import av
import msgspec
from av.container import InputContainer, OutputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from indicsubs_common.muxing.subtitle_tracks import ContainerName
from indicsubs_contract.errors import FailureCode, IndicsubsError

_FORMATS: dict[ContainerName, str] = {"mkv": "matroska", "mp4": "mp4"}
_FILE_TAGS = frozenset({"major_brand", "minor_version", "compatible_brands", "encoder"})
"""Container metadata that tells of the old file, not of the film; the new one has its own."""
_COVERS = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}
"""File name and type of a cover picture that does not tell its own, by codec."""

_FONT_TYPES = {".otf": "application/vnd.ms-opentype"}
"""Media types of attached fonts (Matroska specification, "Attachments"); the rest are TrueType."""


class StreamMapping(msgspec.Struct, frozen=True, kw_only=True):
    """How a container takes a film's streams."""

    taken: Sequence[tuple[Stream, bool]]
    """Each stream, and whether its codec tag is kept."""
    refused: Sequence[Stream]
    """Streams that the container has no place for."""


def open_source(path: Path) -> InputContainer:
    """Open a film.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if it is no media file or has no stream.
    """
    try:
        # Metadata in an old encoding goes through byte by byte.
        source = av.open(str(path), "r", metadata_errors="surrogateescape")
    except OSError:
        raise
    except FFmpegError as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} does not open as a film: {error.strerror}. Is it damaged, or of another kind?",
        ) from error
    if not len(source.streams):
        source.close()
        raise IndicsubsError(FailureCode.BAD_INPUT, f"{path} has no stream to copy.")
    return source


def plan(source: InputContainer, container: ContainerName) -> StreamMapping:
    """JobSpec the container's writer, stream by stream, what it would take.

    A stream that is written anew by the container itself counts as neither: QuickTime's chapter
    track (the chapters are copied) and, in MP4, its timecode track (the timecode is).
    """
    taken: list[tuple[Stream, bool]] = []
    refused: list[Stream] = []
    for stream in source.streams:
        if _is_made_anew(stream, source, container):
            continue
        for keep_tag in (True, False):
            if _takes(stream, container, keep_tag):
                taken.append((stream, keep_tag))
                break
        else:
            refused.append(stream)
    return StreamMapping(taken=taken, refused=refused)


def describe(stream: Stream) -> str:
    """A stream as a person finds it in a list: ``subtitle stream 3 (hdmv_pgs_subtitle, eng)``."""
    codec = stream.codec_context.name if has_codec(stream) else stream.name or "unknown"
    marks = [codec, *([stream.language] if stream.language not in {None, "und"} else [])]
    return f"{stream.type} stream {stream.index} ({', '.join(filter(None, marks))})"


def has_codec(stream: Stream) -> bool:
    """Whether FFmpeg knows the stream's codec; attachments and data usually have none."""
    return stream.codec_context is not None  # pyright: ignore[reportUnnecessaryComparison]


def open_output(file: Path | io.BytesIO, container: ContainerName) -> OutputContainer:
    """Open a container for writing, in which times and flags stay what they are in the film."""
    options: dict[str, str] = {}
    if container == "mkv":
        # Encoders' priming lies before 0. Left alone, it would move the whole film by that much.
        options = {"avoid_negative_ts": "disabled", "default_mode": "passthrough"}
    return av.open(
        file if isinstance(file, io.BytesIO) else str(file),
        "w",
        format=_FORMATS[container],
        container_options=options,
        metadata_errors="surrogateescape",
    )


def add_copy(
    output: OutputContainer, template: Stream, container: ContainerName, *, keep_tag: bool
) -> Stream | None:
    """Add a stream like ``template``, for its packets; None where there are no packets to write.

    Raises:
        ValueError: The container does not take the codec (so may, later, writing its header).
    """
    if is_cover(template) and container == "mkv":
        return None  # add_covers writes it as an attachment, which it is in Matroska
    # opaque: a stream whose codec FFmpeg can read but not write is copied as well.
    stream = output.add_stream_from_template(template, opaque=True)
    stream.metadata.update(template.metadata)
    if "name" in template.metadata:  # QuickTime's word for a track's title
        stream.metadata.setdefault("title", template.metadata["name"])
    stream.disposition = template.disposition
    if has_codec(template) and keep_tag:
        stream.codec_context.codec_tag = template.codec_context.codec_tag
    if isinstance(template, VideoStream) and isinstance(stream, VideoStream):
        if template.average_rate:
            stream.codec_context.framerate = template.average_rate
        if template.sample_aspect_ratio:
            stream.codec_context.sample_aspect_ratio = template.sample_aspect_ratio
    return stream


def add_covers(output: OutputContainer, path: Path, covers: Sequence[Stream]) -> None:
    """Attach cover pictures to a Matroska film; demuxers give each as one packet, at once."""
    for cover in covers:
        with av.open(str(path)) as source:
            picture = bytes(next(source.demux(source.streams[cover.index])))
        name, kind = _COVERS.get(cover.codec_context.name, ("cover", "application/octet-stream"))
        output.add_attachment(
            cover.metadata.get("filename", name), cover.metadata.get("mimetype", kind), picture
        )


def add_font(output: OutputContainer, font: Path) -> None:
    """Attach a font to a Matroska film, under the type that players have always known."""
    kind = _FONT_TYPES.get(font.suffix.lower(), "application/x-truetype-font")
    output.add_attachment(font.name, kind, font.read_bytes())


def copy_description(source: InputContainer, output: OutputContainer) -> None:
    """Copy the film's metadata and chapters."""
    output.metadata.update(
        {key: text for key, text in source.metadata.items() if key.lower() not in _FILE_TAGS}
    )
    output.set_chapters(source.chapters())


def loses_aspect_ratio(stream: Stream, container: ContainerName) -> bool:
    """Whether the picture's shape stands in the old container alone and the new one can't have it.

    PyAV gives the Matroska writer no way to be told.
    """
    return (
        container == "mkv"
        and isinstance(stream, VideoStream)
        and not is_cover(stream)
        and bool(stream.sample_aspect_ratio)
        and stream.sample_aspect_ratio != (stream.codec_context.sample_aspect_ratio or 1)
    )


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a still picture that goes with the film."""
    return bool(stream.disposition & Disposition.attached_pic)


def _is_made_anew(stream: Stream, source: InputContainer, container: ContainerName) -> bool:
    if stream.type != "data":
        return False
    if stream.name == "bin_data" and is_mp4_family(source):
        return bool(source.chapters())
    timecode = stream.metadata.get("timecode")
    return (
        timecode is not None
        and container == "mp4"
        and any(video.metadata.get("timecode") == timecode for video in source.streams.video)
    )


def is_mp4_family(source: InputContainer) -> bool:
    """Whether the film is in MP4 or QuickTime."""
    return "mp4" in source.format.name.split(",")


def _takes(template: Stream, container: ContainerName, keep_tag: bool) -> bool:
    """Write the header of a container with that stream alone, in memory."""
    if is_cover(template) and container == "mkv":
        return True
    probe = open_output(io.BytesIO(), container)
    try:
        add_copy(probe, template, container, keep_tag=keep_tag)
        probe.start_encoding()
    except (FFmpegError, ValueError):
        return False
    try:
        probe.close()
    except FFmpegError:  # some codecs' trailers need packets; the header has been taken
        pass
    return True
