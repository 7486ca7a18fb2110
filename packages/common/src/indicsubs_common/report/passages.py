"""Groups cues of different languages that belong together because they show the same segments."""

from collections.abc import Iterator, Mapping, Sequence

from indicsubs_common.report.document import Passage
from indicsubs_common.report.language_cues import LanguageCues
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.transcript import Segment
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments


def find_cue_segments(
    cues: Sequence[Cue], segments: Sequence[Segment], doubtful: Doubtful
) -> list[tuple[int, ...]]:
    """Returns the indices of the segments that each cue shows.

    For a cue that does not name its segments, these are the segments that overlap it for at least
    half the duration of the shorter of the two.

    Args:
        cues: The cues of one language.
        segments: The segments of the transcript.
        doubtful: Whether subtitles show quarantined segments.
    """
    overlapping = overlapping_segments(cues, segments, doubtful)
    return [cue.segments or by_time for cue, by_time in zip(cues, overlapping, strict=True)]


def find_passages(
    languages: Sequence[LanguageCues], cue_segments: Mapping[str, Sequence[tuple[int, ...]]]
) -> Iterator[Passage]:
    """Yields passages in order of time; two passages have no segment in common.

    A cue without segments is a passage of its own.

    Args:
        languages: The cues of all languages.
        cue_segments: For each language tag, the segment indices of each cue.
    """
    cues = [
        (indices, cue, language.language.tag, number)
        for language in languages
        for number, (indices, cue) in enumerate(
            zip(cue_segments[language.language.tag], language.cues, strict=True), 1
        )
    ]
    groups = [[(cue, tag, number)] for indices, cue, tag, number in cues if not indices]
    last_segment = -1
    group: list[tuple[Cue, str, int]] = []
    for indices, cue, tag, number in sorted(
        (row for row in cues if row[0]), key=lambda row: min(row[0])
    ):
        if min(indices) > last_segment:
            group = []
            groups.append(group)
        group.append((cue, tag, number))
        last_segment = max(last_segment, *indices)
    for group in sorted(groups, key=lambda group: min(cue.start_ms for cue, _, _ in group)):
        numbers: dict[str, tuple[int, ...]] = {}
        for _, tag, number in sorted(group, key=lambda item: item[2]):
            numbers[tag] = (*numbers.get(tag, ()), number)
        yield Passage(
            start_ms=min(cue.start_ms for cue, _, _ in group),
            end_ms=max(cue.end_ms for cue, _, _ in group),
            cues=numbers,
        )
