"""Finds how the times of cues and segments were found, and how sure the timing is."""

from collections import Counter
from collections.abc import Iterable, Sequence

from indicsubs_contract.messages.alignment import TimingCount
from indicsubs_contract.transcript import Segment, Timing

CHARACTERS = "characters"
"""The method of a segment without word times: the time of the stretch of speech is divided by the
length of the texts."""


def timing_method(segment: Segment) -> str:
    """Returns the name of the engine that timed a segment's words, or of another method.

    The other methods are ``subtitle`` (the times of a subtitle file), :data:`CHARACTERS`, and for
    transcripts of earlier versions, which do not name the engine, ``aligned``.
    """
    if segment.timing is Timing.SUBTITLE:
        return Timing.SUBTITLE.value
    if not segment.words:
        return CHARACTERS
    return segment.timed_by or segment.timing.value


def timing_confidence(segments: Sequence[Segment]) -> float | None:
    """Returns the lowest confidence in the times; None where no segment has one."""
    known = (segment.timing_confidence for segment in segments)
    return min((value for value in known if value is not None), default=None)


def count_timings(segments: Iterable[Segment]) -> tuple[TimingCount, ...]:
    """Returns how many segments were timed by each method, the most frequent method first."""
    counted = Counter(map(timing_method, segments))
    return tuple(
        TimingCount(method=method, sentences=count) for method, count in counted.most_common()
    )
