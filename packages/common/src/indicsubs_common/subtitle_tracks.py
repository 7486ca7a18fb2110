"""Our own subtitle tracks in a container: SubRip in Matroska, mov_text (3GPP timed text) in MP4."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import heapq
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Literal, TypeAlias

import av
import msgspec
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Disposition, Stream

from indicsubs_common.cues import Cue
from indicsubs_contract.languages import Language

ContainerName: TypeAlias = Literal["mkv", "mp4"]
AnyPacket: TypeAlias = "Packet[Stream]"
"""In quotes, as PyAV's packets take a parameter in annotations only."""

_MILLISECOND = Fraction(1, 1000)
_STYLE_HEADER = b"""[Script Info]
ScriptType: v4.00+
PlayResX: 384
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, \
Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, \
Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""
"""What the mov_text encoder makes the track's sample description from: white, centred at the
bottom. Without one players show nothing."""


class TextTrack(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, in order of time."""

    language: Language
    cues: Sequence[Cue]
    default: bool


def add_track(output: OutputContainer, container: ContainerName, track: TextTrack) -> Stream:
    """Add an empty track, with its language, the language's English name as title, and its flag."""
    stream: Stream
    if container == "mkv":
        stream = output.add_mux_stream("subrip")
    else:
        text = output.add_stream("mov_text")
        text.codec_context.subtitle_header = _STYLE_HEADER
        stream = text
    stream.time_base = _MILLISECOND
    stream.metadata["language"] = track.language.iso_639_2
    stream.metadata["title"] = track.language.name
    if container == "mp4":
        stream.metadata["handler_name"] = track.language.name  # what QuickTime and VLC show
    stream.disposition = Disposition.default if track.default else Disposition(0)
    return stream


def text_packets(
    tracks: Iterable[tuple[TextTrack, Stream]], container: ContainerName
) -> Iterator[tuple[int, AnyPacket]]:
    """The packets of all tracks in order of time, each with its start in ms on the film's clock."""
    return heapq.merge(
        *(_packets(track, stream, container) for track, stream in tracks), key=lambda pair: pair[0]
    )


def _packets(
    track: TextTrack, stream: Stream, container: ContainerName
) -> Iterator[tuple[int, AnyPacket]]:
    for cue in track.cues:
        text = "\n".join(cue.lines).encode()
        packet = av.Packet(text if container == "mkv" else len(text).to_bytes(2, "big") + text)
        packet.stream = stream
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = cue.start_ms
        packet.duration = cue.end_ms - cue.start_ms
        packet.is_keyframe = True
        yield cue.start_ms, packet
