"""Selects the segments to hear again: quarantined, corrected, or in another language."""

from collections.abc import Iterator, Sequence

from indicsubs_common.report.document import NotedSegment
from indicsubs_common.report.timing import timing_method
from indicsubs_contract.transcript import Segment
from indicsubs_text.languages import find_language


def find_noted_segments(segments: Sequence[Segment]) -> Iterator[NotedSegment]:
    """Yields the quarantined segments, the corrected ones and those in another language, in order.

    A segment is corrected where the second recogniser's text replaced the first one's.
    """
    for number, segment in enumerate(segments, 1):
        second = segment.second_hearing
        is_corrected = second is not None and second.replaced is not None
        if segment.quarantined is None and segment.language is None and not is_corrected:
            continue
        language = find_language(segment.language) if segment.language else None
        yield NotedSegment(
            number=number,
            start_ms=segment.start_ms,
            end_ms=segment.end_ms,
            text=segment.text,
            timed_by=timing_method(segment),
            timing_confidence=segment.timing_confidence,
            quarantined=segment.quarantined,
            second_hearing=second,
            language=language.tag if language else None,
            language_name=language.name if language else None,
            right_to_left=bool(language and language.right_to_left),
        )
