"""Copies streams that Matroska has no name for, in the form that AVI gives them.

Matroska takes the codecs of Windows by their header: ``V_MS/VFW/FOURCC`` and ``A_MS/ACM`` (RFC 9559
and the codec specifications of Matroska). FFmpeg writes them, but PyAV asks FFmpeg only for codecs
with names of their own. The stream is therefore made for another codec and gets its description
from a filter that changes nothing.
"""

# pyright: reportUnknownMemberType=false
# PyAV's annotations leave some parameters without a type.

import io
from fractions import Fraction
from typing import Final

import av
from av.bitstream import BitStreamFilterContext
from av.container import InputContainer, OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

_MILLISECOND: Final = Fraction(1, 1000)
_RAW_CODES: Final = {
    "bgr24": "BGR\x18",
    "gray": "Y800",
    "rgb24": "RGB\x18",
    "uyvy422": "UYVY",
    "yuv420p": "I420",
    "yuyv422": "YUY2",
}
"""FOURCC of uncompressed pictures by FFmpeg's pixel format (libavcodec/raw.c), for containers that
have codes of their own for them."""
_UPSIDE_DOWN: Final = b"BottomUp"
"""FFmpeg's mark of AVI files whose lines are stored from the bottom. Matroska cannot state it."""


def add_windows_copy(output: OutputContainer, template: Stream, *, keep_tag: bool) -> Stream:
    """Adds a stream with the codec of ``template`` to a Matroska film, whatever the codec is.

    Whether Matroska takes it is found when the header is written.

    Raises:
        ValueError: The stream is neither video nor audio, or its lines are stored from the bottom.
    """
    if template.type not in ("video", "audio"):
        raise ValueError(f"streams of type {template.type} have no form of Windows")
    with _film_of(template.type) as placeholder:
        stream: Stream = output.add_stream_from_template(placeholder.streams[0], opaque=True)
    BitStreamFilterContext("null", in_stream=template, out_stream=stream)
    stream.time_base = template.time_base
    context = stream.codec_context
    if not keep_tag:
        context.codec_tag = "\0\0\0\0"
    if isinstance(template, VideoStream) and template.codec_context.name == "rawvideo":
        if _UPSIDE_DOWN in (template.codec_context.extradata or b""):
            raise ValueError("Matroska cannot state that lines are stored from the bottom")
        if not keep_tag:
            context.codec_tag = _RAW_CODES.get(template.codec_context.pix_fmt or "", "\0\0\0\0")
    return stream


def _film_of(kind: str) -> InputContainer:
    """A film in memory with one stream of a kind that PyAV accepts for Matroska."""
    file = io.BytesIO()
    with av.open(file, "w", format="matroska") as film:
        if kind == "video":
            stream = film.add_mux_stream("mpeg4", width=16, height=16)
        else:
            stream = film.add_mux_stream("mp3", rate=48_000)
        stream.time_base = _MILLISECOND
        film.start_encoding()
        packet = av.Packet(bytes(16))
        packet.stream = stream
        packet.time_base = _MILLISECOND
        packet.pts = packet.dts = 0
        film.mux(packet)
    file.seek(0)
    return av.open(file, "r")
