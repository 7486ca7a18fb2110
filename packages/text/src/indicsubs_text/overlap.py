"""Finds the sentences that are spoken while a cue is shown, and the language of its text."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.transcript import Segment
from indicsubs_text.languages import find_language
from indicsubs_text.scripts import is_in_script


class TimeSpan(Protocol):
    """A time span from ``start_ms`` to ``end_ms``, half-open."""

    @property
    def start_ms(self) -> int:
        """The start, in ms on the film's clock."""
        ...

    @property
    def end_ms(self) -> int:
        """The end, in ms on the film's clock."""
        ...


def overlapping_segments(
    cues: Sequence[TimeSpan], segments: Sequence[Segment], doubtful: Doubtful
) -> list[tuple[int, ...]]:
    """Returns the indices of the segments that overlap each cue.

    A segment overlaps a cue where their common time is at least half of the shorter duration.

    Args:
        cues: The cues, in any order.
        segments: The segments, in order of their start.
        doubtful: Whether quarantined segments count; the cues do not show them where it is
            ``leave_out``.
    """
    starts = [segment.start_ms for segment in segments]
    longest = max((segment.end_ms - segment.start_ms for segment in segments), default=0)
    return [
        tuple(
            index
            for index in range(
                bisect_left(starts, cue.start_ms - longest), bisect_left(starts, cue.end_ms)
            )
            if is_shown(segments[index], doubtful) and _overlap(cue, segments[index])
        )
        for cue in cues
    ]


def language_of_text(text: str, segments: Sequence[Segment]) -> str | None:
    """Returns the tag of the other language that an edited text is in.

    The text is in the language of its segments if they all are in one, and if it is in the script
    of that language. Otherwise the person has written the text in the language of the subtitles,
    and the result is None.

    Args:
        text: The text as a person wrote it.
        segments: The segments whose text it shows.
    """
    tags = {segment.language for segment in segments}
    tag = tags.pop() if len(tags) == 1 else None
    if tag is None:
        return None
    return tag if is_in_script(text, find_language(tag).own_script) else None


def is_shown(segment: Segment, doubtful: Doubtful) -> bool:
    """Returns whether subtitles show a segment; a quarantined one is shown only on request."""
    return doubtful == "show" or segment.quarantined is None


def _overlap(cue: TimeSpan, segment: Segment) -> bool:
    shared = min(cue.end_ms, segment.end_ms) - max(cue.start_ms, segment.start_ms)
    shorter = min(cue.end_ms - cue.start_ms, segment.end_ms - segment.start_ms)
    return shared > 0 and 2 * shared >= shorter
