"""Checks the times of a transcript that a person may have edited. Pure."""

from collections.abc import Sequence

from msgspec import UNSET
from msgspec.structs import replace

from indicsubs_contract.transcript import Segment, SegmentCue, Word
from indicsubs_text.excerpts import first_few
from indicsubs_text.subtitle_files.subtitle_file import HOURS_LIMIT, MS_LIMIT

_SHOWN = 30
"""The most characters of a segment's text in a warning."""


def with_usable_times(segments: Sequence[Segment]) -> tuple[tuple[Segment, ...], tuple[str, ...]]:
    """Returns the segments in order of time, and warnings about times that cannot be used.

    A segment with a time that no film has is left out. A segment that ends before it starts ends
    where it starts. A segment loses the times of its words where one of them cannot be used.
    """
    kept: list[Segment] = []
    left_out: list[str] = []
    without_words = 0
    for number, segment in enumerate(segments, 1):
        if not _is_usable(segment):
            left_out.append(f"{number} ({segment.text[:_SHOWN]!r})")
            continue
        if not all(map(_is_usable, segment.timed_texts)):
            without_words += 1
            segment = replace(segment, words=(), cues=UNSET, timed_by=None, timing_confidence=None)  # noqa: PLW2901
        kept.append(replace(segment, end_ms=max(segment.start_ms, segment.end_ms)))
    warnings: list[str] = []
    if left_out:
        warnings.append(
            f"{len(left_out)} segment(s) of the transcript were left out, because a time is not"
            f" within 0 and {HOURS_LIMIT} hours: {first_few(left_out)}."
        )
    if without_words:
        warnings.append(
            f"{without_words} segment(s) lost their word times, because one of them is not within 0"
            f" and {HOURS_LIMIT} hours."
        )
    return tuple(sorted(kept, key=lambda segment: segment.start_ms)), tuple(warnings)


def _is_usable(timed: Segment | Word | SegmentCue) -> bool:
    return all(0 <= ms < MS_LIMIT for ms in (timed.start_ms, timed.end_ms))
