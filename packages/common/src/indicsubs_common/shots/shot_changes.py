"""Violation a film's shot changes, by decoding it only where somebody wants to know."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from operator import sub
from pathlib import Path
from typing import Final

import av
import msgspec
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from indicsubs_common.muxing.stream_copy import has_codec, is_cover
from indicsubs_common.shots.shot_cache import ScannedRange, ShotCache, cuts_within, unseen

_WIDTH, _HEIGHT = 64, 36
"""Frames are compared in grey at this size: a cut changes the whole picture."""
_LEAST_CHANGE = 10.0
"""Mean difference of two frames' pixels, of 255, that a cut has at the least."""
_LESS_THAN_A_CUT = _LEAST_CHANGE - 1
"""Taken for a greater difference of a part of the picture: no cut, but movement beside one."""
_PEAK = 3.0
"""A cut's difference is this many times the mean of those beside it; movement lasts longer."""
_CHANGED, _CHANGED_SHARE = 8, 0.4
"""A cut changes at least this share of the pixels by more than that; what moves changes fewer."""
_FLASH = 4
"""Two peaks within so many frames are a flash: no shot is as short."""
_BESIDE = 2
"""Frames on either side that a difference is compared with."""
_REACH = _FLASH + _BESIDE
"""Differences on either side that decide whether one is a cut."""
_AROUND_MS = 400
"""Decoded on either side of a window: more than ``_REACH`` frames at 18 frames a second, so that
what is found does not depend on where a window ends."""
_BATCH_FRAMES = 500
"""Frames after which a long window tells what it has found, so that little is lost to a kill."""
_KEEP_EVERY_S: Final = 10.0
"""Between two writes of the memory."""
_UNREFERENCED_IS_EXACT = ("h264", "mpeg1video", "mpeg2video", "mpeg4")
"""Codecs in which no other picture needs one that is marked so. HEVC's mark holds for one temporal
layer alone, so that all its pictures are decoded."""
_REORDER_MS = 250
"""An index tells when a frame is decoded, which is before it is shown: by two to four frames with
the usual encoders. A seek to a keyframe nearer than this may land on the keyframe before it."""
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
    cache: ShotCache | None = None,
) -> Shots:
    """ScannedRange for shot changes in windows of the film's time.

    A film without a picture, or one that cannot be decoded, has no cuts and a warning: subtitles
    can be made without them.

    Args:
        film: Any file that FFmpeg reads.
        windows: Start and end in ms on the film's clock, in any order; they may overlap.
        report: Told how many of the joined windows are done, and how many there are to look at.
        memory: What of the film is known; the rest is looked at, and added every few seconds.
    """
    cache = cache or ShotCache()
    try:
        with av.open(film) as source:
            stream = _picture(source)
            if stream is None:
                return Shots(
                    frame_rate=None,
                    cuts_ms=(),
                    warning="The film has no picture that can be decoded.",
                )
            warning = _scan(source, stream, unseen(windows, cache.ranges), report, cache)
            return Shots(
                frame_rate=stream.average_rate or stream.guessed_rate,
                cuts_ms=cuts_within(windows, cache.ranges),
                warning=warning,
            )
    except FFmpegError as error:
        warning = f"The film cannot be read for its shot changes ({error})."
        return Shots(frame_rate=None, cuts_ms=(), warning=warning)


def _scan(
    source: InputContainer,
    stream: VideoStream,
    windows: Sequence[tuple[int, int]],
    report: Callable[[int, int], None],
    cache: ShotCache,
) -> str | None:
    """ScannedRange at windows; what was seen is in the memory, whatever ends this."""
    joined = join_windows(windows)
    kept = time.monotonic()
    at_ms = 0
    picture = _Picture(source, stream)
    try:
        for done, (start_ms, end_ms) in enumerate(joined, 1):
            at_ms = start_ms
            for scanned in picture.ranges(start_ms, end_ms):
                cache.add(scanned)
                at_ms = scanned.end_ms
                if time.monotonic() - kept >= _KEEP_EVERY_S:
                    cache.keep()
                    kept = time.monotonic()
            report(done, len(joined))
    except FFmpegError as error:
        return f"The picture cannot be decoded after {at_ms} ms ({error}): no cuts from there."
    finally:
        cache.keep()
    return None


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


class _Picture:
    """A film's pictures, decoded from where somebody looks, on and on where that is less work."""

    def __init__(self, source: InputContainer, stream: VideoStream) -> None:
        stream.thread_type = "AUTO"
        # Smooths what 64 pixels do not show.
        stream.codec_context.options = {"skip_loop_filter": "all"}
        self._source = source
        self._stream = stream
        self._tick_ms = 1000 * (stream.time_base or Fraction(1, 1000))
        self._reformatter = VideoReformatter()
        self._frames: Iterator[VideoFrame] = iter(())
        self._from_ms = 0
        self._last_ms: int | None = None
        self._may_skip = stream.codec_context.name in _UNREFERENCED_IS_EXACT

    def ranges(self, start_ms: int, end_ms: int) -> Iterator[ScannedRange]:
        """The window in one piece or more; windows are asked for in order."""
        times: list[int] = []
        changes: list[float] = []
        for at_ms, change in self._changes(start_ms, end_ms):
            times.append(at_ms)
            changes.append(change)
            settled = times[-1 - _REACH] if len(times) >= _BATCH_FRAMES else start_ms
            if start_ms < settled < end_ms:
                yield _found(start_ms, settled, times, changes)
                start_ms = settled
                del times[: -2 * _REACH - 1], changes[: -2 * _REACH - 1]
        yield _found(start_ms, end_ms, times, changes)

    def _changes(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, float]]:
        """The time of each frame in and around a window, and its difference from the last one."""
        before: bytes | None = None
        for at_ms, frame in self._timed(max(0, start_ms - _AROUND_MS)):
            picture = _grey(frame, self._reformatter)
            if before is not None:
                yield at_ms, _change(before, picture)
            before = picture
            if at_ms > end_ms + _AROUND_MS:
                return

    def _timed(self, from_ms: int) -> Iterator[tuple[int, VideoFrame]]:
        """The frames from a time on that is not before the last one asked for."""
        self._from_ms = from_ms
        keyframe_ms = _keyframe_before(self._stream, from_ms, self._tick_ms)
        begins_ms = from_ms - _USUAL_KEYFRAME_MS if keyframe_ms is None else keyframe_ms
        if self._last_ms is None or begins_ms > self._last_ms:
            # Without an index a seek may land behind a keyframe; decoding begins at the next one.
            to_ms = begins_ms if keyframe_ms is None else from_ms
            self._source.seek(int(to_ms / self._tick_ms), stream=self._stream)
            self._frames = self._decode()
        for frame in self._frames:
            if frame.pts is None:
                continue
            self._last_ms = round(frame.pts * self._tick_ms)
            if self._last_ms >= from_ms:
                yield self._last_ms, frame

    def _decode(self) -> Iterator[VideoFrame]:
        """Decode on; before the window that is asked for, only what later pictures need."""
        for packet in self._source.demux(self._stream):
            early = packet.pts is not None and packet.pts * self._tick_ms < self._from_ms
            skip = "NONREF" if early and self._may_skip else "DEFAULT"
            self._stream.codec_context.skip_frame = skip
            yield from packet.decode()


def _found(
    start_ms: int, end_ms: int, times: Sequence[int], changes: Sequence[float]
) -> ScannedRange:
    cuts = (times[index] for index in peaks(changes))
    return ScannedRange(
        start_ms=start_ms,
        end_ms=end_ms,
        cuts_ms=tuple(cut for cut in cuts if start_ms <= cut <= end_ms),
    )


def _keyframe_before(stream: VideoStream, at_ms: int, tick_ms: Fraction) -> int | None:
    """Where a seek begins to decode at the earliest, or None where no index tells.

    Before that, decoding on is less work.
    """
    entries = stream.index_entries
    index = entries.search_timestamp(int((at_ms - _REORDER_MS) / tick_ms))  # pyright: ignore[reportUnknownMemberType]
    return None if index < 0 else int(entries[index].timestamp * tick_ms)


def _grey(frame: VideoFrame, reformatter: VideoReformatter) -> bytes:
    small = reformatter.reformat(frame, _WIDTH, _HEIGHT, "gray")
    plane = small.planes[0]
    data, stride = bytes(plane), plane.line_size
    return b"".join(data[row * stride : row * stride + _WIDTH] for row in range(_HEIGHT))


def _change(before: bytes, after: bytes) -> float:
    """The mean difference of two frames' pixels, less than a cut's where only a part changes."""
    differences = list(map(abs, map(sub, before, after)))
    mean = sum(differences) / len(differences)
    if mean < _LEAST_CHANGE:
        return mean
    changed = sum(difference > _CHANGED for difference in differences)
    return mean if changed >= _CHANGED_SHARE * len(differences) else _LESS_THAN_A_CUT
