"""Finds how sure the recogniser was of a cue's text, and how sure the aligner was of its times."""

from collections.abc import Sequence
from statistics import fmean

from indicsubs_contract.transcript import Segment, Word
from indicsubs_text.cues import Cue


def text_confidence(segments: Sequence[Segment]) -> float | None:
    """Returns the recogniser's lowest confidence; None where no segment has one."""
    return min(
        (segment.confidence for segment in segments if segment.confidence is not None), default=None
    )


def word_score(cue: Cue, segments: Sequence[Segment]) -> float | None:
    """Returns the mean score of the words spoken while a cue is on screen; None without scores.

    If no word is spoken in that time, all words of the segments count.

    Args:
        cue: The cue to judge.
        segments: The segments that the cue shows.
    """
    scored = [word for segment in segments for word in segment.words if word.score is not None]
    spoken = [word for word in scored if cue.start_ms <= _middle_ms(word) < cue.end_ms]
    scores = [word.score for word in spoken or scored if word.score is not None]
    return fmean(scores) if scores else None


def _middle_ms(word: Word) -> int:
    return (word.start_ms + word.end_ms) // 2
