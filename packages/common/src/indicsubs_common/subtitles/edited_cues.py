"""Cues as a person left them: read, checked and compared with what is said, never changed.

Pure: no paths, no clocks.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple, get_args

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.transcript import QualityIssue, Segment
from indicsubs_text.clock import clock
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import overlapping_segments
from indicsubs_text.subtitle_files import FORMATS, decode

NAMED = 10
"""Cues that a warning names; the report has them all."""
OUTDATED = "outdated"
"""The reason of a doubt about a cue whose sentence is no longer what it was."""
_MARKUP = re.compile(r"</?[a-z][^>]*>|\{\\[^}]*\}", re.IGNORECASE)


class Edited(NamedTuple):
    """The cues of a file, and what of it could not be taken."""

    cues: tuple[Cue, ...]
    warnings: tuple[str, ...]


class Changed(NamedTuple):
    """What a person should look at after the sentences under edited cues have changed."""

    cues: tuple[int, ...]
    """Indices of the cues whose sentences are no longer what they were, or are gone."""
    issues: tuple[QualityIssue, ...]
    """The same by the index of the sentence, for the report."""
    without_cue: tuple[int, ...]
    """Indices of new sentences that no cue shows."""


def read_edited(data: bytes, kind: str, name: str) -> Edited:
    """Cues in order of time with the lines and times that the file has.

    Cues without text are left out, and markup but for italics throughout, which is a song's.

    Args:
        data: The file.
        kind: Its format.
        name: What errors call it.

    Raises:
        IndicsubsError: ``BAD_INPUT``, where the file is not of its format or a cue can't be shown.
    """
    formats: dict[str, SubtitleFormat] = {known: known for known in get_args(SubtitleFormat)}
    try:
        text = decode(data)
        read = FORMATS[formats[kind]].read(text)
    except ValueError as error:
        raise _unusable(name, str(error)) from error
    for cue in read:
        if cue.end_ms <= cue.start_ms:
            shown = f"the cue {' '.join(cue.lines)!r} at {clock(cue.start_ms)}"
            raise _unusable(name, f"{shown} ends before it is seen")
    cues = tuple(cue for cue in read if any(line.strip() for line in cue.lines))
    warnings: list[str] = []
    if len(cues) < len(read):
        warnings.append(f"{len(read) - len(cues)} cue(s) of {name} without text were left out.")
    markup = len(_MARKUP.findall(text)) - 2 * sum(cue.kind == "song" for cue in read)
    if kind != "ass" and markup > 0:
        warnings.append(
            f"{name} has markup that is left out ({markup} tag(s)): cues are plain text, or in"
            " italics throughout."
        )
    return Edited(cues, tuple(warnings))


def changed_since(
    cues: Sequence[Cue], before: Sequence[Segment], now: Sequence[Segment]
) -> Changed:
    """Compare the sentences that edited cues were made for with those that are said now.

    Args:
        cues: As edited.
        before: The sentences when they were.
        now: The sentences as they are.
    """
    shown = overlapping_segments(cues, now)
    texts = [_said(indices, now) for indices in shown]
    known = [_said(indices, before) for indices in overlapping_segments(cues, before)]
    changed = tuple(index for index in range(len(cues)) if texts[index] != known[index])
    doubtful = sorted({segment for index in changed for segment in shown[index]})
    covered = {segment for indices in shown for segment in indices}
    old = {_words(segment) for segment in before}
    return Changed(
        cues=changed,
        issues=tuple(
            QualityIssue(
                index=index,
                reason=OUTDATED,
                detail="What is said has changed since this cue was edited.",
            )
            for index in doubtful
        ),
        without_cue=tuple(
            index
            for index, segment in enumerate(now)
            if index not in covered and _words(segment) not in old
        ),
    )


def told(changed: Changed, cues: Sequence[Cue], now: Sequence[Segment]) -> Iterator[str]:
    """Warnings that name what has changed, with its times."""
    if changed.cues:
        yield (
            f"{len(changed.cues)} edited cue(s) may need another look, as what is said there has"
            f" changed: {_named([cues[index] for index in changed.cues])}."
        )
    if changed.without_cue:
        yield (
            f"{len(changed.without_cue)} new sentence(s) have no cue in the edited subtitles:"
            f" {_named([now[index] for index in changed.without_cue])}."
        )


def issues_left(
    issues: Sequence[QualityIssue],
    texts: Sequence[str],
    cues: Sequence[Cue],
    segments: Sequence[Segment],
) -> tuple[QualityIssue, ...]:
    """The doubts about a translation that a person has left as it was.

    Args:
        doubts: By the index of the segment.
        texts: The translation, a text per segment.
        cues: As edited.
        segments: What is said.
    """
    said: dict[int, str] = {}
    for cue, indices in zip(cues, overlapping_segments(cues, segments), strict=True):
        for index in indices:
            said[index] = f"{said.get(index, '')} {' '.join(cue.lines)}"

    def is_left(issue: QualityIssue) -> bool:
        words = texts[issue.index].split()
        if not words:
            return issue.index not in said
        return " ".join(words) in " ".join(said.get(issue.index, "").split())

    return tuple(filter(is_left, issues))


def _said(indices: Sequence[int], segments: Sequence[Segment]) -> str:
    return " ".join(_words(segments[index]) for index in indices)


def _words(segment: Segment) -> str:
    return " ".join(segment.text.split())


def _named(items: Sequence[Cue | Segment]) -> str:
    names = [f"{clock(item.start_ms)} {_text(item)!r}" for item in items[:NAMED]]
    more = [f"and {len(items) - NAMED} more"] if len(items) > NAMED else []
    return ", ".join(names + more)


def _text(item: Cue | Segment) -> str:
    return item.text if isinstance(item, Segment) else " ".join(item.lines)


def _unusable(name: str, why: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.BAD_INPUT,
        f"{name} can't be taken as subtitles: {why}. Correct it there, or save it anew as UTF-8"
        " from a subtitle editor, and import it again.",
    )
