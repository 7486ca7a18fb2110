"""Finding a film's shot changes, by decoding it only where somebody wants to know."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from operator import sub
from pathlib import Path

import av
import msgspec
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from indicsubs_common.stream_copy import has_codec, is_cover

_WIDTH, _HEIGHT = 64, 36
"""Frames are compared in grey at this size: a cut changes the whole picture."""
_LEAST_CHANGE = 10.0
"""Mean difference of two frames' pixels, of 255, that a cut has at the least."""
_PEAK = 3.0
"""A cut's difference is this many times the mean of those beside it; movement lasts longer."""
_CHANGED, _CHANGED_SHARE = 8, 0.4
"""A cut changes at least this share of the pixels by more than that; what moves changes fewer."""
_FLASH = 4
"""Two peaks within so many frames are a flash: no shot is as short."""
_BESIDE = 2
"""Frames on either side that a difference is compared with."""
_AROUND_MS = 200
"""Decoded on either side of a window, so that its edges have neighbours."""
_USUAL_KEYFRAME_MS = 3_000
"""Taken for the time since the last keyframe where a container has no index."""


class Shots(msgspec.Struct, frozen=True, kw_only=True):
    """What a film's picture tells."""

    frame_rate: Fraction | None
    """Frames a second on average; None without a picture."""
    cuts_ms: tuple[int, ...]
    """The first moment of each new shot in the windows, on the film's clock, in order."""
    warning: str | None = None
    """Why cuts are not known, or not everywhere."""


def find_cuts(
    film: Path,
    windows: Sequence[tuple[int, int]],
    report: Callable[[int, int], None] = lambda _done, _total: None,
) -> Shots:
    """Look for shot changes in windows of the film's time.

    A film without a picture, or one that cannot be decoded, has no cuts and a warning: subtitles
    can be made without them.

    Args:
        film: Any file that FFmpeg reads.
        windows: Start and end in ms on the film's clock, in any order; they may overlap.
        report: Told how many of the joined windows are done, and how many there are.
    """
    try:
        with av.open(film) as source:
            stream = _picture(source)
            if stream is None:
                return Shots(
                    frame_rate=None,
                    cuts_ms=(),
                    warning="The film has no picture that can be decoded.",
                )
            rate = stream.average_rate or stream.guessed_rate
            joined = join_windows(windows)
            cuts: list[int] = []
            try:
                for done, found in enumerate(_cuts(source, stream, joined), 1):
                    cuts += found
                    report(done, len(joined))
            except FFmpegError as error:
                at = f"{joined[0][0]} ms" if not cuts else f"{cuts[-1]} ms"
                warning = f"The picture cannot be decoded after {at} ({error}): no cuts from there."
                return Shots(frame_rate=rate, cuts_ms=tuple(cuts), warning=warning)
            return Shots(frame_rate=rate, cuts_ms=tuple(cuts))
    except FFmpegError as error:
        warning = f"The film cannot be read for its shot changes ({error})."
        return Shots(frame_rate=None, cuts_ms=(), warning=warning)


def join_windows(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same time in windows that are in order and apart by more than their margins."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if joined and start - joined[-1][1] <= 2 * _AROUND_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def peaks(changes: Sequence[float]) -> list[int]:
    """Which of the differences between neighbouring frames are cuts, by their indices.

    >>> peaks([1.0, 2.0, 60.0, 1.0]), peaks([40.0, 50.0, 45.0]), peaks([1.0, 70.0, 70.0, 1.0])
    ([2], [], [])
    """
    found: list[int] = []
    for index, change in enumerate(changes):
        beside = (
            *changes[max(0, index - _BESIDE) : index],
            *changes[index + 1 : index + 1 + _BESIDE],
        )
        usual = sum(beside) / max(1, len(beside))
        if change >= _LEAST_CHANGE and change >= _PEAK * usual:
            found.append(index)
    return [
        index for index in found if not any(0 < abs(index - other) <= _FLASH for other in found)
    ]


def _picture(source: InputContainer) -> VideoStream | None:
    pictures = (stream for stream in source.streams.video if has_codec(stream))
    return next((stream for stream in pictures if not is_cover(stream)), None)


def _cuts(
    source: InputContainer, stream: VideoStream, windows: Sequence[tuple[int, int]]
) -> Iterator[list[int]]:
    """The cuts of each window."""
    stream.thread_type = "AUTO"
    stream.codec_context.options = {"skip_loop_filter": "all"}  # smooths what 64 pixels don't show
    tick_ms = 1000 * (stream.time_base or Fraction(1, 1000))
    reformatter = VideoReformatter()
    frames: Iterator[VideoFrame] = iter(())
    last_ms: int | None = None
    for start, end in windows:
        from_ms = max(0, start - _AROUND_MS)
        if last_ms is None or _keyframe_before(stream, from_ms, tick_ms) > last_ms:
            source.seek(int(from_ms / tick_ms), stream=stream)
            frames = source.decode(stream)
        times: list[int] = []
        pictures: list[bytes] = []
        for frame in frames:
            if frame.pts is None:
                continue
            now = round(frame.pts * tick_ms)
            last_ms = now
            if now >= from_ms:
                times.append(now)
                pictures.append(_grey(frame, reformatter))
            if now > end + _AROUND_MS:
                break
        changes = [_change(before, after) for before, after in pairwise(pictures)]
        yield [times[i + 1] for i in peaks(changes) if start <= times[i + 1] <= end]


def _keyframe_before(stream: VideoStream, at_ms: int, tick_ms: Fraction) -> int:
    """Where a seek would begin to decode: before that, decoding on is less work."""
    entries = stream.index_entries
    index = entries.search_timestamp(int(at_ms / tick_ms))  # pyright: ignore[reportUnknownMemberType]
    return at_ms - _USUAL_KEYFRAME_MS if index < 0 else int(entries[index].timestamp * tick_ms)


def _grey(frame: VideoFrame, reformatter: VideoReformatter) -> bytes:
    small = reformatter.reformat(frame, _WIDTH, _HEIGHT, "gray")
    plane = small.planes[0]
    data, stride = bytes(plane), plane.line_size
    return b"".join(data[row * stride : row * stride + _WIDTH] for row in range(_HEIGHT))


def _change(before: bytes, after: bytes) -> float:
    """The mean difference of two frames' pixels; 0 where only a part of the picture changes."""
    differences = list(map(abs, map(sub, before, after)))
    mean = sum(differences) / len(differences)
    if mean < _LEAST_CHANGE:
        return mean
    changed = sum(difference > _CHANGED for difference in differences)
    return mean if changed >= _CHANGED_SHARE * len(differences) else 0.0
