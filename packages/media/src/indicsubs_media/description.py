"""Describes a film as its container does: its streams, languages, titles and rates."""

import msgspec
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from indicsubs_contract.messages.clock import FilmClock
from indicsubs_contract.messages.demux import MediaInfo, StreamInfo
from indicsubs_media.film import film_span
from indicsubs_media.streams import has_codec, is_empty, stream_language, stream_title
from indicsubs_media.tracks import AudioTrack

_KINDS = ("video", "audio", "subtitle", "attachment")
_SECONDARY = Disposition.comment | Disposition.visual_impaired | Disposition.descriptions


def describe_film(film: InputContainer, clock: FilmClock) -> MediaInfo:
    """The container's description of the film, with the start and the length of its clock."""
    return MediaInfo(
        container=film.format.name,
        duration_ms=clock.end_ms or film_span(film).duration_ms,
        start_ms=round(clock.start_us / 1000),
        streams=tuple(_describe_stream(stream) for stream in film.streams),
    )


def audio_tracks(film: InputContainer) -> list[AudioTrack]:
    """The film's audio tracks in their order."""
    return [
        AudioTrack(
            number=number,
            language=stream_language(stream),
            title=stream_title(stream),
            default=bool(stream.disposition & Disposition.default),
            secondary=bool(stream.disposition & _SECONDARY),
            empty=is_empty(stream),
        )
        for number, stream in enumerate(film.streams.audio)
    ]


def _describe_stream(stream: Stream) -> StreamInfo:
    info = StreamInfo(
        index=stream.index,
        kind=stream.type if stream.type in _KINDS else "data",
        codec=stream.codec_context.codec.canonical_name if has_codec(stream) else "unknown",
        language=stream_language(stream),
        title=stream_title(stream),
        default=bool(stream.disposition & Disposition.default),
    )
    if not has_codec(stream):
        return info
    if isinstance(stream, AudioStream):
        return msgspec.structs.replace(
            info, channels=stream.channels, layout=stream.layout.name, sample_rate=stream.rate
        )
    if isinstance(stream, VideoStream):
        rate = stream.average_rate or stream.guessed_rate
        return msgspec.structs.replace(
            info,
            width=stream.width,
            height=stream.height,
            frame_rate=f"{rate.numerator}/{rate.denominator}" if rate else None,
        )
    return info
