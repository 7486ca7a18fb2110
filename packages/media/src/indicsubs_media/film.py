"""Opening a film, and what its container says of itself. PyAV alone."""

from pathlib import Path

import av
import msgspec
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import MediaInfo, StreamInfo
from indicsubs_media.tracks import AudioTrack

_COUNT_FROM_ZERO = ("matroska", "mp4")
"""Containers whose duration FFmpeg counts from 0 even where they start later."""
_KINDS = ("video", "audio", "subtitle", "attachment")
_SECONDARY = Disposition.comment | Disposition.visual_impaired | Disposition.descriptions
_UNNAMED_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
"""What FFmpeg takes a track for whose container does not name its channels."""


def open_film(path: Path) -> InputContainer:
    """Open a film for reading. What it contains or points to cannot make other sources be read.

    Raises:
        IndicsubsError: ``BAD_INPUT`` if it is no film.
    """
    try:
        return av.open(
            f"file:{path}", metadata_errors="replace", options={"protocol_whitelist": "file"}
        )
    except (FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} is not a film that can be read ({reason}). Give a video or audio file;"
            " if this is one, it is damaged or was not copied to its end.",
        ) from error


def describe(film: InputContainer) -> MediaInfo:
    """All that the container says; lengths are 0 where it does not know them."""
    start, duration = _milliseconds(film.start_time), _milliseconds(film.duration)
    if any(name in film.format.name for name in _COUNT_FROM_ZERO):
        duration = max(0, duration - start)
    return MediaInfo(
        container=film.format.name,
        duration_ms=duration,
        start_ms=start,
        streams=tuple(_describe_stream(stream) for stream in film.streams),
    )


def audio_tracks(film: InputContainer) -> list[AudioTrack]:
    """The film's audio tracks in their order."""
    return [
        AudioTrack(
            number=number,
            language=_language(stream),
            title=_title(stream),
            default=bool(stream.disposition & Disposition.default),
            secondary=bool(stream.disposition & _SECONDARY),
        )
        for number, stream in enumerate(film.streams.audio)
    ]


def channel_names(layout: av.AudioLayout) -> tuple[str, ...]:
    """FFmpeg's name of each channel, ``("FL", "FR")``."""
    names = tuple(channel.name for channel in layout.channels)
    if "NONE" in names and len(names) in _UNNAMED_LAYOUTS:
        return channel_names(av.AudioLayout(_UNNAMED_LAYOUTS[len(names)]))
    return names


def _describe_stream(stream: Stream) -> StreamInfo:
    context = stream.codec_context
    info = StreamInfo(
        index=stream.index,
        kind=stream.type if stream.type in _KINDS else "data",
        codec=context.codec.canonical_name if context else "unknown",
        language=_language(stream),
        title=_title(stream),
        default=bool(stream.disposition & Disposition.default),
    )
    if context and isinstance(stream, AudioStream):
        return msgspec.structs.replace(
            info, channels=stream.channels, layout=stream.layout.name, sample_rate=stream.rate
        )
    if context and isinstance(stream, VideoStream):
        rate = stream.average_rate or stream.guessed_rate
        return msgspec.structs.replace(
            info,
            width=stream.width,
            height=stream.height,
            frame_rate=f"{rate.numerator}/{rate.denominator}" if rate else None,
        )
    return info


def _language(stream: Stream) -> str | None:
    language = stream.metadata.get("language")
    return None if language in (None, "", "und") else language


def _title(stream: Stream) -> str | None:
    """The title; in MP4 it often stands in the handler's name, whose defaults say nothing."""
    title = stream.metadata.get("title")
    handler = stream.metadata.get("handler_name", "")
    return title or (None if "handler" in handler.lower() else handler) or None


def _milliseconds(microseconds: int | None) -> int:
    return round((microseconds or 0) * 1000 / av.time_base)
