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


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A stretch of the film's clock that was looked at, both ends included."""

    start_ms: int
    end_ms: int
    cuts_ms: tuple[int, ...] = ()
    """All cuts in it, in order."""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    looks: tuple[Look, ...]


class ShotMemory:
    """The looks at one film, in a file where there is one."""

    def __init__(self, path: Path | None = None, fingerprint: str = "") -> None:
        """Read the file; one that is damaged, or of another film or detector, is begun anew.

        Args:
            path: The file, whose folder exists; None keeps nothing beyond this process.
            fingerprint: The film's.
        """
        self._path = path
        self._key = hashlib.sha256(f"{VERSION} {fingerprint}".encode()).hexdigest()
        self.looks: Sequence[Look] = self._read()
        self._kept = self.looks

    def add(self, look: Look) -> None:
        """Know this too; :meth:`keep` writes it."""
        self.looks = merge((*self.looks, look))

    def keep(self) -> None:
        """Write what is new: whole beside its place, then renamed, so that a kill harms nothing."""
        if self._path is None or self.looks == self._kept:
            return
        beside = self._path.with_name(f"{self._path.name}.part")
        with beside.open("wb") as file:
            file.write(msgspec.json.encode(_File(key=self._key, looks=tuple(self.looks))))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self._path)
        self._kept = self.looks

    def _read(self) -> Sequence[Look]:
        if self._path is None or not self._path.is_file():
            return ()
        try:
            file = msgspec.json.decode(self._path.read_bytes(), type=_File)
        except msgspec.DecodeError:
            return ()
        return file.looks if file.key == self._key and _in_order(file.looks) else ()


def merge(looks: Iterable[Look]) -> list[Look]:
    """The same stretches and cuts in order, joined where they touch."""
    merged: list[Look] = []
    for look in sorted(looks, key=lambda look: look.start_ms):
        if not merged or look.start_ms > merged[-1].end_ms:
            merged.append(look)
            continue
        last = merged[-1]
        merged[-1] = Look(
            start_ms=last.start_ms,
            end_ms=max(last.end_ms, look.end_ms),
            cuts_ms=tuple(sorted({*last.cuts_ms, *look.cuts_ms})),
        )
    return merged


def unseen(windows: Iterable[tuple[int, int]], looks: Iterable[Look]) -> list[tuple[int, int]]:
    """What of the windows no look covers.

    >>> unseen([(0, 100)], [Look(start_ms=20, end_ms=50), Look(start_ms=90, end_ms=120)])
    [(0, 20), (50, 90)]
    """
    known = merge(looks)
    left: list[tuple[int, int]] = []
    for window in _merged(windows):
        start, seen = window.start_ms, False
        for look in known:
            if look.end_ms < start or look.start_ms > window.end_ms:
                continue
            if look.start_ms > start:
                left.append((start, look.start_ms))
            start, seen = look.end_ms, True
        if start < window.end_ms or not seen:
            left.append((start, window.end_ms))
    return left


def cuts_within(windows: Iterable[tuple[int, int]], looks: Iterable[Look]) -> tuple[int, ...]:
    """The cuts in the windows, in order."""
    cuts = sorted({cut for look in looks for cut in look.cuts_ms})
    wanted = _merged(windows)
    return tuple(
        cut for cut in cuts if any(window.start_ms <= cut <= window.end_ms for window in wanted)
    )


def _merged(windows: Iterable[tuple[int, int]]) -> list[Look]:
    return merge(Look(start_ms=start, end_ms=end) for start, end in windows)


def _in_order(looks: Sequence[Look]) -> bool:
    """Whether this is what :func:`merge` makes."""
    return all(before.end_ms < after.start_ms for before, after in pairwise(looks))
