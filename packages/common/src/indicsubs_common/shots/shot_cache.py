"""What a job knows of its film's shot changes: the stretches looked at, and the cuts in them.

A cut depends on the few frames around it alone, not on the stretch that was asked for. So what was
looked at once need not be decoded again for another target, an edit or other rules.
"""

import hashlib
import os
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

VERSION: Final = 2
"""Of the detector: raise it when it finds other cuts."""


class ScannedRange(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the film's clock that was looked at, both ends included."""

    start_ms: int
    end_ms: int
    cuts_ms: tuple[int, ...] = ()
    """All cuts in it, in order."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    ranges: tuple[ScannedRange, ...]


class ShotCache:
    """The looks at one film, in a file where there is one."""

    def __init__(self, path: Path | None = None, fingerprint: str = "") -> None:
        """Read the file; one that is damaged, or of another film or detector, is begun anew.

        Args:
            path: The file, whose folder exists; None keeps nothing beyond this process.
            fingerprint: The film's.
        """
        self._path = path
        self._key = hashlib.sha256(f"{VERSION} {fingerprint}".encode()).hexdigest()
        self.ranges: Sequence[ScannedRange] = self._read()
        self._kept = self.ranges

    def add(self, scanned: ScannedRange) -> None:
        """Know this too; :meth:`keep` writes it."""
        self.ranges = merge((*self.ranges, scanned))

    def keep(self) -> None:
        """Write what is new: whole beside its place, then renamed, so that a kill harms nothing."""
        if self._path is None or self.ranges == self._kept:
            return
        beside = self._path.with_name(f"{self._path.name}.part")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(_File(key=self._key, ranges=tuple(self.ranges))))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._kept = self.ranges

    def _read(self) -> Sequence[ScannedRange]:
        if self._path is None or not self._path.is_file():
            return ()
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except msgspec.DecodeError:
            return ()
        return file.ranges if file.key == self._key and _in_order(file.ranges) else ()


def merge(ranges: Iterable[ScannedRange]) -> list[ScannedRange]:
    """The same stretches and cuts in order, joined where they touch."""
    merged: list[ScannedRange] = []
    for scanned in sorted(ranges, key=lambda scanned: scanned.start_ms):
        if not merged or scanned.start_ms > merged[-1].end_ms:
            merged.append(scanned)
            continue
        last = merged[-1]
        merged[-1] = ScannedRange(
            start_ms=last.start_ms,
            end_ms=max(last.end_ms, scanned.end_ms),
            cuts_ms=tuple(sorted({*last.cuts_ms, *scanned.cuts_ms})),
        )
    return merged


def unseen(
    windows: Iterable[tuple[int, int]], ranges: Iterable[ScannedRange]
) -> list[tuple[int, int]]:
    """What of the windows no look covers.

    >>> unseen([(0, 100)], [ScannedRange(start_ms=20, end_ms=50), ScannedRange(start_ms=90, end_ms=120)])
    [(0, 20), (50, 90)]
    """
    known = merge(ranges)
    left: list[tuple[int, int]] = []
    for window in _merged(windows):
        start, seen = window.start_ms, False
        for scanned in known:
            if scanned.end_ms < start or scanned.start_ms > window.end_ms:
                continue
            if scanned.start_ms > start:
                left.append((start, scanned.start_ms))
            start, seen = scanned.end_ms, True
        if start < window.end_ms or not seen:
            left.append((start, window.end_ms))
    return left


def cuts_within(
    windows: Iterable[tuple[int, int]], ranges: Iterable[ScannedRange]
) -> tuple[int, ...]:
    """The cuts in the windows, in order."""
    cuts = sorted({cut for scanned in ranges for cut in scanned.cuts_ms})
    wanted = _merged(windows)
    return tuple(
        cut for cut in cuts if any(window.start_ms <= cut <= window.end_ms for window in wanted)
    )


def _merged(windows: Iterable[tuple[int, int]]) -> list[ScannedRange]:
    return merge(ScannedRange(start_ms=start, end_ms=end) for start, end in windows)


def _in_order(ranges: Sequence[ScannedRange]) -> bool:
    """Whether this is what :func:`merge` makes."""
    return all(before.end_ms < after.start_ms for before, after in pairwise(ranges))
