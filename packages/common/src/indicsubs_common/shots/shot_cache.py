"""The cache of a film's shot changes: the ranges scanned so far, and the cuts in them.

Whether there is a cut depends only on the few frames around it, not on the range that was scanned.
So a scanned range need not be decoded again for another target language, an edit or other rules.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from indicsubs_contract.documents import NOT_JSON

DETECTOR_VERSION: Final = 3
"""Increase it when the detector finds other cuts: caches of other versions are not used."""

TimeRange: TypeAlias = tuple[int, int]
"""Start and end in ms on the film's clock, both included."""


class ScannedRange(msgspec.Struct, frozen=True, kw_only=True):
    """A range of the film that was scanned; both ends are included."""

    start_ms: int
    end_ms: int
    cuts_ms: tuple[int, ...] = ()
    """All cuts in the range, in order."""


class _CacheFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    """Digest of the detector's version and the film's fingerprint."""
    ranges: tuple[ScannedRange, ...]
    checksum: str
    """SHA-256 of the key and the ranges: a damaged disk must not move a cut."""


class ShotCache:
    """The scanned ranges of one film, kept in memory and, if a path is given, in a file."""

    def __init__(
        self,
        path: Path | None = None,
        fingerprint: str = "",
        is_unchanged: Callable[[], bool] = lambda: True,
    ) -> None:
        """Loads the file; a damaged file, or a file of another film or detector, counts as empty.

        Args:
            path: The file, in an existing folder; None keeps the ranges in memory only.
            fingerprint: The film's fingerprint.
            is_unchanged: Whether the film is still the one of the fingerprint. What was found in
                another one is not saved.
        """
        self._path = path
        self._is_unchanged = is_unchanged
        self._key = hashlib.sha256(f"{DETECTOR_VERSION} {fingerprint}".encode()).hexdigest()
        self.ranges: Sequence[ScannedRange] = self._load()
        """The scanned ranges, in order and apart from each other."""
        self._saved = self.ranges

    def add(self, scanned: ScannedRange) -> None:
        """Adds a range in memory; :meth:`save` writes it."""
        self.ranges = merge_ranges((*self.ranges, scanned))

    def save(self) -> None:
        """Writes the ranges if there are new ones, and the film has not changed.

        The file is written under another name and then renamed, so that it is complete at any time.
        """
        if self._path is None or self.ranges == self._saved or not self._is_unchanged():
            return
        partial = self._path.with_name(f"{self._path.name}.part")
        with partial.open("wb") as file:
            file.write(msgspec.json.encode(_cache_file(self._key, self.ranges)))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)
        self._saved = self.ranges

    def _load(self) -> Sequence[ScannedRange]:
        if self._path is None or not self._path.is_file():
            return ()
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_CacheFile)
        except NOT_JSON:
            return ()
        is_own = file.key == self._key and file == _cache_file(file.key, file.ranges)
        return file.ranges if is_own and _are_apart(file.ranges) else ()


def _cache_file(key: str, ranges: Sequence[ScannedRange]) -> _CacheFile:
    data = msgspec.json.encode((key, ranges))
    return _CacheFile(key=key, ranges=tuple(ranges), checksum=hashlib.sha256(data).hexdigest())


def merge_ranges(ranges: Iterable[ScannedRange]) -> list[ScannedRange]:
    """The ranges in order; ranges that overlap or meet are joined."""
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


def unscanned(ranges: Iterable[TimeRange], scanned: Iterable[ScannedRange]) -> list[TimeRange]:
    """The parts of the ranges that were not scanned.

    >>> known = [ScannedRange(start_ms=20, end_ms=50), ScannedRange(start_ms=90, end_ms=120)]
    >>> unscanned([(0, 100)], known)
    [(0, 20), (50, 90)]
    """
    known = merge_ranges(scanned)
    remaining: list[TimeRange] = []
    for wanted in _merge_times(ranges):
        start_ms, overlaps = wanted.start_ms, False
        for one in known:
            if one.end_ms < start_ms or one.start_ms > wanted.end_ms:
                continue
            if one.start_ms > start_ms:
                remaining.append((start_ms, one.start_ms))
            start_ms, overlaps = one.end_ms, True
        if start_ms < wanted.end_ms or not overlaps:
            remaining.append((start_ms, wanted.end_ms))
    return remaining


def cuts_within(ranges: Iterable[TimeRange], scanned: Iterable[ScannedRange]) -> tuple[int, ...]:
    """The cuts of the scanned ranges that are in one of ``ranges``, in order."""
    cuts = sorted({cut for one in scanned for cut in one.cuts_ms})
    wanted = _merge_times(ranges)
    return tuple(cut for cut in cuts if any(one.start_ms <= cut <= one.end_ms for one in wanted))


def _merge_times(ranges: Iterable[TimeRange]) -> list[ScannedRange]:
    return merge_ranges(ScannedRange(start_ms=start, end_ms=end) for start, end in ranges)


def _are_apart(ranges: Sequence[ScannedRange]) -> bool:
    """Whether the ranges are in order and apart, as :func:`merge_ranges` returns them."""
    return all(before.end_ms < after.start_ms for before, after in pairwise(ranges))
