"""The kind of a film's stream, and its metadata as text for people.

A container's text may be in any encoding. The functions of this module always return valid UTF-8,
with U+FFFD in place of invalid bytes.
"""

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

_UNNAMED_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
"""The layout that FFmpeg assumes for each number of channels if the container names no layout."""


def has_codec(stream: Stream) -> bool:
    """Whether FFmpeg knows the stream's codec; attachments and data usually have none."""
    return stream.codec_context is not None  # pyright: ignore[reportUnnecessaryComparison]


def is_cover(stream: Stream) -> bool:
    """Whether a video stream is a cover: a still picture that comes with the film."""
    return bool(stream.disposition & Disposition.attached_pic)


def is_empty(stream: Stream) -> bool:
    """Whether an audio or video stream is only declared: FFmpeg found nothing of it to play.

    Broadcasts declare tracks that are silent for hours, and damaged DVDs have packets with the
    number of a stream that does not exist. Neither has the parameters that a container needs.
    """
    if isinstance(stream, AudioStream):
        return not has_codec(stream) or not stream.rate or not stream.channels
    if isinstance(stream, VideoStream):
        return not has_codec(stream) or not stream.width or not stream.height
    return False


def film_picture(film: InputContainer) -> VideoStream | None:
    """The film's first video stream that can be decoded and is not a cover.

    A stream that is only declared is the picture where there is no other.
    """
    pictures = [
        stream for stream in film.streams.video if has_codec(stream) and not is_cover(stream)
    ]
    return next(iter(sorted(pictures, key=is_empty)), None)


def stream_language(stream: Stream) -> str | None:
    """The language code in the container; None if it is absent or ``und``."""
    language = _valid_text(stream.metadata.get("language"))
    return None if language in (None, "", "und") else language


def stream_title(stream: Stream) -> str | None:
    """The title. MP4 often has it in the handler's name, whose defaults are not titles."""
    title = _valid_text(stream.metadata.get("title"))
    handler = _valid_text(stream.metadata.get("handler_name")) or ""
    return title or (None if "handler" in handler.lower() else handler) or None


def channel_names(layout: av.AudioLayout) -> tuple[str, ...]:
    """FFmpeg's name of each channel, ``("FL", "FR")``."""
    names = tuple(channel.name for channel in layout.channels)
    if "NONE" in names and len(names) in _UNNAMED_LAYOUTS:
        return channel_names(av.AudioLayout(_UNNAMED_LAYOUTS[len(names)]))
    return names


def _valid_text(text: str | None) -> str | None:
    """Puts U+FFFD in place of bytes that :func:`open_film` could not decode as UTF-8."""
    return text and text.encode(errors="surrogateescape").decode(errors="replace")
