"""The new subtitle tracks: SubRip or ASS in Matroska, mov_text (3GPP timed text) in MP4."""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import heapq
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from operator import itemgetter
from pathlib import Path
from typing import Literal, TypeAlias

import av
import msgspec
from av.container import InputContainer, OutputContainer
from av.stream import Disposition, Stream

from indicsubs_common.muxing.text_samples import encoded, samples
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_media.packets import AnyPacket
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language
from indicsubs_text.subtitle_files.timed_text import TimedText

ContainerName: TypeAlias = Literal["mkv", "mp4"]

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
"""The ASS header from which the mov_text encoder makes the track's sample description: white text,
centred at the bottom. Players show nothing without a sample description."""

_PURPOSES: dict[SubtitlePurpose, Disposition] = {
    "full": Disposition(0),
    "forced": Disposition.forced,
    "sdh": Disposition.hearing_impaired,
}
"""The flags by which players choose a track. They become Matroska's FlagForced and
FlagHearingImpaired; FFmpeg maps them for MP4."""
_TITLES: dict[SubtitlePurpose, str] = {"full": "", "forced": " (forced)", "sdh": " (SDH)"}


class TextTrack(msgspec.Struct, frozen=True, kw_only=True):
    """The subtitles of one language, in order of time."""

    language: Language
    texts: Sequence[TimedText]
    """The texts as the container needs them: with SubRip markup for Matroska, without for MP4."""
    script: Path | None = None
    """An ASS file, which Matroska carries in place of ``texts``."""
    other_families: tuple[str, ...] = ()
    """The fonts that ``script`` names for cues in another language."""
    default: bool
    purpose: SubtitlePurpose = "full"


def add_track(output: OutputContainer, container: ContainerName, track: TextTrack) -> Stream:
    """Adds a track without packets, with its language, a title in English, and its flags."""
    stream: Stream
    if container == "mp4":
        text = output.add_stream("mov_text")
        text.codec_context.subtitle_header = _STYLE_HEADER
        stream = text
    elif track.script:
        with _open_script(track.script) as script:
            stream = output.add_stream_from_template(script.streams[0], opaque=True)
    else:
        stream = output.add_mux_stream("subrip")
    title = track.language.name + _TITLES[track.purpose]
    stream.time_base = _MILLISECOND
    stream.metadata["language"] = track.language.iso_639_2
    stream.metadata["title"] = title
    if container == "mp4":
        stream.metadata["handler_name"] = title  # QuickTime and VLC show this
    default = Disposition.default if track.default else Disposition(0)
    stream.disposition = default | _PURPOSES[track.purpose]
    return stream


def text_packets(
    tracks: Iterable[tuple[TextTrack, Stream]], container: ContainerName
) -> Iterator[tuple[int, AnyPacket]]:
    """The packets of all tracks in order of time, each with its start in ms on the film's clock."""
    return heapq.merge(
        *(
            _script_packets(track.script, stream)
            if track.script and container == "mkv"
            else _packets(track, stream, container)
            for track, stream in tracks
        ),
        key=itemgetter(0),
    )


def packets_until(
    end_ms: int, packets: Iterable[tuple[int, AnyPacket]], warnings: list[str]
) -> Iterator[tuple[int, AnyPacket]]:
    """The packets of text that start before the film's end, cut there.

    A cue after the end would make the film longer. A warning counts those that are left out.
    """
    late = 0
    for start_ms, packet in packets:
        if start_ms >= end_ms:
            late += 1
            continue
        rest = int(Fraction(end_ms - start_ms, 1000) / packet.time_base)
        packet.duration = min(packet.duration or rest, rest)
        yield start_ms, packet
    if late:
        warnings.append(
            f"{late} cue(s) start after the film's end at {clock(end_ms)}. They are in the subtitle"
            " files, and were left out of the film."
        )


def _packets(
    track: TextTrack, stream: Stream, container: ContainerName
) -> Iterator[tuple[int, AnyPacket]]:
    if container == "mp4":
        cues = [(part.start_ms, part.end_ms, encoded(part)) for part in samples(track.texts)]
    else:
        cues = [(text.start_ms, text.end_ms, text.text.encode()) for text in track.texts]
    for start_ms, end_ms, data in cues:
        packet = av.Packet(data)
        packet.stream = stream
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = start_ms
        packet.duration = end_ms - start_ms
        packet.is_keyframe = True
        yield start_ms, packet


def _script_packets(script: Path, stream: Stream) -> Iterator[tuple[int, AnyPacket]]:
    """The events of an ASS file, which FFmpeg converts to Matroska's form in order of time."""
    with _open_script(script) as opened:
        for packet in opened.demux():
            if packet.size and packet.pts is not None:
                start_ms = int(packet.pts * packet.time_base * 1000)
                packet.stream = stream
                yield start_ms, packet


@contextmanager
def _open_script(script: Path) -> Generator[InputContainer]:
    """Opens an ASS file, a format that cannot refer to other files."""
    with av.open(str(script), format="ass") as opened:
        yield opened
