"""Finds a film's shot changes; decodes the film only in the ranges where they matter."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from operator import sub
from pathlib import Path
from typing import Final

import msgspec
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter

from indicsubs_common.shots.film_frames import FilmFrames
from indicsubs_common.shots.shot_cache import (
    ScannedRange,
    ShotCache,
    TimeRange,
    cuts_within,
    unscanned,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.clock import FilmClock
from indicsubs_media.film import open_film
from indicsubs_media.film_times import read_clock
from indicsubs_media.streams import film_picture

_WIDTH, _HEIGHT = 64, 36
"""Frames are compared in grey at this size, because a cut changes the whole picture."""
_LEAST_CHANGE = 10.0
"""The smallest mean difference of two frames' pixels at a cut; pixels go up to 255."""
_BELOW_A_CUT = _LEAST_CHANGE - 1
"""The value that replaces a greater difference if only a part of the picture changes. Such a change
is movement: it is not a cut, but the differences beside it are compared with it."""
_PEAK = 3.0
"""A cut's difference is at least this many times the mean of the differences beside it. Movement
lasts longer."""
_CHANGED, _CHANGED_SHARE = 8, 0.4
"""A cut changes at least this share of the pixels by more than 8. Movement changes fewer."""
_FLASH = 4
"""Two peaks within this many frames are a flash: shots are never that short."""
_BESIDE = 2
"""The number of differences on either side that a difference is compared with."""
_REACH = _FLASH + _BESIDE
"""The number of differences on either side that decide whether one is a cut."""
_MARGIN_MS = 400
"""The time that is decoded on either side of a range. It contains more than ``_REACH`` frames at 18
frames a second, so that the cuts found do not depend on where a range ends."""
_BATCH_FRAMES = 500
"""A long range is reported in parts of this many frames, so that little is lost if the process is
killed."""
_SAVE_EVERY_S: Final = 10.0
"""The time between two writes of the cache."""


class ShotChanges(msgspec.Struct, frozen=True, kw_only=True):
    """The cuts in some ranges of a film, and its frame rate."""

    frame_rate: Fraction | None
    """Average number of frames a second; None without a picture."""
    cuts_ms: tuple[int, ...]
    """The time of the first frame of each new shot, on the film's clock, in order."""
    warning: str | None = None
    """Why cuts are unknown in some or all ranges; None where all ranges were searched."""


def find_cuts(
    film: Path,
    ranges: Sequence[TimeRange],
    report: Callable[[int, int], None] = lambda _done, _total: None,
    cache: ShotCache | None = None,
    clock: FilmClock | None = None,
) -> ShotChanges:
    """Finds the cuts in some ranges of a film.

    If the film has no picture, or its picture cannot be decoded, there are no cuts and a warning:
    subtitles can be made without cuts.

    Args:
        film: The film.
        ranges: The ranges to search, in any order; they may overlap.
        report: Called with the number of joined ranges that are scanned, and their total.
        cache: The ranges that were scanned before. New ranges are added, and saved every few
            seconds.
        clock: The film's clock; None reads the film for it.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the disk cannot read the film.
    """
    cache = cache or ShotCache()
    try:
        remaining = unscanned(ranges, cache.ranges)
        if clock is None:
            clock = read_clock(film) if remaining else FilmClock()
        with open_film(film) as opened:
            stream = film_picture(opened)
            if stream is None:
                return ShotChanges(
                    frame_rate=None,
                    cuts_ms=(),
                    warning="The film has no picture that can be decoded.",
                )
            frames = FilmFrames(opened, stream, clock)
            warning = _scan_ranges(frames, remaining, report, cache)
            return ShotChanges(
                frame_rate=stream.average_rate or stream.guessed_rate,
                cuts_ms=cuts_within(ranges, cache.ranges),
                warning=warning,
            )
    except (FFmpegError, IndicsubsError) as error:
        if isinstance(error, IndicsubsError) and error.code is FailureCode.NO_INPUT:
            raise  # the disk could not read the film, and may do so in the next run
        warning = f"The film's shot changes are not known: {error}"
        return ShotChanges(frame_rate=None, cuts_ms=(), warning=warning)


def _scan_ranges(
    frames: FilmFrames,
    ranges: Sequence[TimeRange],
    report: Callable[[int, int], None],
    cache: ShotCache,
) -> str | None:
    """Scans the ranges, and returns a warning if a part cannot be decoded.

    Every range that was scanned is saved in the cache, even if the scan fails.
    """
    joined = join_ranges(ranges)
    saved_at = time.monotonic()
    at_ms = 0
    scanner = _Scanner(frames)
    try:
        for done, (start_ms, end_ms) in enumerate(joined, 1):
            at_ms = start_ms
            for scanned in scanner.scan(start_ms, end_ms):
                cache.add(scanned)
                at_ms = scanned.end_ms
                if time.monotonic() - saved_at >= _SAVE_EVERY_S:
                    cache.save()
                    saved_at = time.monotonic()
            report(done, len(joined))
    except FFmpegError as error:
        return (
            f"The picture cannot be decoded after {at_ms} ms ({error}); later shot changes are not"
            " known."
        )
    finally:
        cache.save()
    return None


def join_ranges(ranges: Iterable[TimeRange]) -> list[TimeRange]:
    """The ranges in order; ranges whose margins would meet are joined."""
    joined: list[TimeRange] = []
    for start, end in sorted(ranges):
        if joined and start - joined[-1][1] <= 2 * _MARGIN_MS:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def peaks(changes: Sequence[float]) -> list[int]:
    """The indices of the cuts among the differences between neighbouring frames.

    >>> peaks([1.0, 2.0, 60.0, 1.0]), peaks([40.0, 50.0, 45.0]), peaks([1.0, 70.0, 70.0, 1.0])
    ([2], [], [])
    """
    found: list[int] = []
    for index, change in enumerate(changes):
        beside = (
            *changes[max(0, index - _BESIDE) : index],
            *changes[index + 1 : index + 1 + _BESIDE],
        )
        mean = sum(beside) / max(1, len(beside))
        if change >= _LEAST_CHANGE and change >= _PEAK * mean:
            found.append(index)
    return [
        index for index in found if not any(0 < abs(index - other) <= _FLASH for other in found)
    ]


class _Scanner:
    """Compares the frames of a film's ranges, one range after the other."""

    def __init__(self, frames: FilmFrames) -> None:
        self._frames = frames
        self._reformatter = VideoReformatter()

    def scan(self, start_ms: int, end_ms: int) -> Iterator[ScannedRange]:
        """Scans a range and yields it in one or more parts. Calls must be in order of time."""
        times: list[int] = []
        changes: list[float] = []
        for at_ms, change in self._changes(start_ms, end_ms):
            times.append(at_ms)
            changes.append(change)
            settled = times[-1 - _REACH] if len(times) >= _BATCH_FRAMES else start_ms
            if start_ms < settled < end_ms:
                yield _scanned_range(start_ms, settled, times, changes)
                start_ms = settled
                del times[: -2 * _REACH - 1], changes[: -2 * _REACH - 1]
        yield _scanned_range(start_ms, end_ms, times, changes)

    def _changes(self, start_ms: int, end_ms: int) -> Iterator[tuple[int, float]]:
        """The time of each frame in and around a range, and its difference from the last frame."""
        before: bytes | None = None
        for at_ms, frame in self._frames.starting_at(max(0, start_ms - _MARGIN_MS)):
            picture = _grey(frame, self._reformatter)
            if before is not None:
                yield at_ms, _change(before, picture)
            before = picture
            if at_ms > end_ms + _MARGIN_MS:
                return


def _scanned_range(
    start_ms: int, end_ms: int, times: Sequence[int], changes: Sequence[float]
) -> ScannedRange:
    cuts = (times[index] for index in peaks(changes))
    return ScannedRange(
        start_ms=start_ms,
        end_ms=end_ms,
        cuts_ms=tuple(cut for cut in cuts if start_ms <= cut <= end_ms),
    )


def _grey(frame: VideoFrame, reformatter: VideoReformatter) -> bytes:
    small = reformatter.reformat(frame, _WIDTH, _HEIGHT, "gray")
    plane = small.planes[0]
    data, stride = bytes(plane), plane.line_size
    return b"".join(data[row * stride : row * stride + _WIDTH] for row in range(_HEIGHT))


def _change(before: bytes, after: bytes) -> float:
    """The mean difference of two frames' pixels; too low for a cut if only a part changes."""
    differences = list(map(abs, map(sub, before, after)))
    mean = sum(differences) / len(differences)
    if mean < _LEAST_CHANGE:
        return mean
    changed = sum(difference > _CHANGED for difference in differences)
    return mean if changed >= _CHANGED_SHARE * len(differences) else _BELOW_A_CUT
