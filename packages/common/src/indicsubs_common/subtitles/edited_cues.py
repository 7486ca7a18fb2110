"""Reads and checks edited cues, and compares them with the sentences; never changes them.

Pure: it knows no paths and no clocks.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.transcript import QualityIssue, Segment
from indicsubs_text.clock import clock
from indicsubs_text.cues import Cue
from indicsubs_text.excerpts import first_few
from indicsubs_text.overlap import is_shown, overlapping_segments
from indicsubs_text.subtitle_files.formats import read_subtitles
from indicsubs_text.subtitle_files.subtitle_file import FileCue
from indicsubs_text.subtitle_files.text_encoding import decode

NAMED = 10
"""The most cues that a warning names; the report has all of them."""
OUTDATED = "outdated"
"""The reason of a quality issue: the sentence under an edited cue has changed since."""


class Edited(NamedTuple):
    """The cues of a file, and warnings about its parts that could not be kept."""

    cues: tuple[Cue, ...]
    warnings: tuple[str, ...]
    master: bytes
    """The file as it is published in its own format, in UTF-8."""


class Changed(NamedTuple):
    """The cues and sentences to check after the sentences under edited cues have changed."""

    cues: tuple[int, ...]
    """Indices of the cues whose sentences have changed or are gone."""
    issues: tuple[QualityIssue, ...]
    """The changes as quality issues by the index of the sentence, for the report."""
    without_cue: tuple[int, ...]
    """Indices of new sentences that no cue shows."""


def read_edited(data: bytes, kind: str, name: str) -> Edited:
    """Reads cues in order of time, with the lines and times that the file has.

    Cues without text are left out. Markup is left out too, except where a whole cue is in italics,
    which mark a song.

    Args:
        data: The bytes of the file.
        kind: The format of the file.
        name: The name of the file in errors and warnings.

    Raises:
        IndicsubsError: ``BAD_INPUT``, where the file is not in its format or has no cue, or where a
            cue ends before it starts.
    """
    try:
        file = read_subtitles(data, kind, name)
        for entry in file.entries:
            _check_times(entry, name)
    except IndicsubsError as error:
        raise IndicsubsError(error.code, f"{error.message} Then import it again.") from error
    if not file.entries:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} has no cue with text. Import another file, or drop the edits with `just"
            " indicsubs import --drop`.",
        )
    warnings = list(file.warnings)
    tags = sum(entry.dropped_tags for entry in file.entries)
    if tags:
        warnings.append(
            f"{tags} tag(s) of {name} are in no other format: only italics of a whole cue are kept."
        )
    return Edited(file.cues, tuple(warnings), _in_utf_8(data))


def changed_since(
    cues: Sequence[Cue],
    before: Sequence[Segment],
    now: Sequence[Segment],
    doubtful: Doubtful = "leave_out",
) -> Changed:
    """Compares the sentences under edited cues with those at the time of the edit.

    Args:
        cues: The edited cues.
        before: The sentences at the time of the edit.
        now: The sentences of this run.
        doubtful: Whether subtitles show quarantined sentences.
    """
    shown = overlapping_segments(cues, now, doubtful)
    texts = [_joined(indices, now) for indices in shown]
    earlier = [_joined(indices, before) for indices in overlapping_segments(cues, before, doubtful)]
    changed = tuple(index for index in range(len(cues)) if texts[index] != earlier[index])
    outdated = sorted({segment for index in changed for segment in shown[index]})
    covered = {segment for indices in shown for segment in indices}
    old = {_words(segment) for segment in before}
    return Changed(
        cues=changed,
        issues=tuple(
            QualityIssue(
                index=index,
                reason=OUTDATED,
                detail="The sentence under this cue has changed since the cue was edited.",
            )
            for index in outdated
        ),
        without_cue=tuple(
            index
            for index, segment in enumerate(now)
            if is_shown(segment, doubtful) and index not in covered and _words(segment) not in old
        ),
    )


def change_warnings(changed: Changed, cues: Sequence[Cue], now: Sequence[Segment]) -> Iterator[str]:
    """Warnings that name the changed cues and the new sentences, with their times."""
    if changed.cues:
        yield (
            f"The sentences under {len(changed.cues)} edited cue(s) have changed; check these cues:"
            f" {_named([cues[index] for index in changed.cues])}."
        )
    if changed.without_cue:
        yield (
            f"{len(changed.without_cue)} new sentence(s) have no cue in the edited subtitles:"
            f" {_named([now[index] for index in changed.without_cue])}."
        )


def remaining_issues(
    issues: Sequence[QualityIssue],
    texts: Sequence[str],
    cues: Sequence[Cue],
    cue_segments: Sequence[tuple[int, ...]],
) -> tuple[QualityIssue, ...]:
    """The quality issues of the translations that a person has not changed.

    Args:
        issues: The quality issues by the index of the segment.
        texts: The translation, one text per segment.
        cues: The edited cues.
        cue_segments: The sentences that each cue shows.
    """
    shown: dict[int, str] = {}
    for cue, indices in zip(cues, cue_segments, strict=True):
        for index in indices:
            shown[index] = f"{shown.get(index, '')} {' '.join(cue.lines)}"

    def is_unchanged(issue: QualityIssue) -> bool:
        words = texts[issue.index].split()
        if not words:
            return issue.index not in shown
        return " ".join(words) in " ".join(shown.get(issue.index, "").split())

    return tuple(filter(is_unchanged, issues))


def _in_utf_8(data: bytes) -> bytes:
    """Returns a file unchanged where it is in UTF-8, as players expect; else its text in UTF-8."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return decode(data).text.encode()
    return data


def _check_times(entry: FileCue, name: str) -> None:
    cue = entry.cue
    if cue.end_ms <= cue.start_ms:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{name} has a cue that does not end after its start: {entry.place} shows"
            f" {' '.join(cue.lines)!r} from {cue.start_ms / 1000:.3f} s to"
            f" {cue.end_ms / 1000:.3f} s. Correct its times.",
        )


def _joined(indices: Sequence[int], segments: Sequence[Segment]) -> str:
    return " ".join(_words(segments[index]) for index in indices)


def _words(segment: Segment) -> str:
    return " ".join(segment.text.split())


def _named(items: Sequence[Cue | Segment]) -> str:
    return first_few([f"{clock(item.start_ms)} {_text(item)!r}" for item in items], NAMED)


def _text(item: Cue | Segment) -> str:
    return item.text if isinstance(item, Segment) else " ".join(item.lines)
