"""Finds the sentences of edited cues, and keeps the sentences of unchanged cues. Pure.

Sentences have word times and the recogniser's scores, which cues do not have. So a sentence is made
again from its cues only if a person has changed them.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from msgspec.structs import replace

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.transcript import Segment
from indicsubs_text.cues import Cue
from indicsubs_text.overlap import language_of_text, overlapping_segments
from indicsubs_translation.cue_sentences import sentences_from_cues

_Key: TypeAlias = tuple[int, int, str]
_ROUNDED_MS = 10
"""The most by which a format changes a time: ASS counts hundredths of a second."""


def sentences_from_edited(
    edited: Sequence[Cue],
    baseline: Sequence[Cue],
    sentences: Sequence[Segment],
    doubtful: Doubtful = "leave_out",
) -> list[Segment]:
    """Returns the sentences of edited cues, in order of time.

    A sentence stays if its cues have the same words and times as before; line breaks may differ,
    and times as far as a format rounds them.
    If a cue has changed, all sentences that it shows are made again from their edited cues. Such a
    sentence is in the language of the sentences before it was edited, if it is in the script of
    that language.

    A quarantined sentence that the baseline left out stays, unless a new or changed cue is shown
    while it would be spoken: then the person has heard other words there.

    Args:
        edited: The cues as the person saved them.
        baseline: The cues as indicsubs wrote them.
        sentences: The sentences that the baseline was made from, in order of time.
        doubtful: Whether the baseline has the quarantined sentences.
    """
    edited = _with_exact_times(edited, baseline)
    shown = overlapping_segments(baseline, sentences, doubtful)
    edited_keys = set(map(_key, edited))
    changed = _changed_sentences([_key(cue) in edited_keys for cue in baseline], shown)
    quarantined = {index for index, one in enumerate(sentences) if one.quarantined is not None}
    unchanged_keys = {
        _key(cue)
        for cue, indices in zip(baseline, shown, strict=True)
        if indices and changed.isdisjoint(indices)
    }
    in_order = sorted(edited, key=lambda cue: (cue.start_ms, cue.end_ms))
    covered = overlapping_segments(in_order, sentences, "show")
    languages = [
        language_of_text(" ".join(cue.lines), [sentences[index] for index in indices])
        for cue, indices in zip(in_order, covered, strict=True)
    ]
    new: list[Segment] = []
    rows = zip(in_order, covered, languages, strict=True)
    for (is_unchanged, language), run in groupby(
        rows, key=lambda row: (_key(row[0]) in unchanged_keys, row[2])
    ):
        if not is_unchanged:
            cues, indices, _ = zip(*run, strict=True)
            changed |= {index for each in indices for index in each if index in quarantined}
            new += [replace(made, language=language) for made in sentences_from_cues(cues)]
    kept = [segment for index, segment in enumerate(sentences) if index not in changed]
    return sorted([*kept, *new], key=lambda segment: segment.start_ms)


def _with_exact_times(edited: Sequence[Cue], baseline: Sequence[Cue]) -> list[Cue]:
    """Returns the edited cues; those whose times were only rounded have the baseline's times."""
    known: dict[str, list[Cue]] = {}
    for cue in baseline:
        known.setdefault(_key(cue)[2], []).append(cue)

    def exact(cue: Cue) -> Cue:
        for same in known.get(_key(cue)[2], []):
            moved = max(abs(same.start_ms - cue.start_ms), abs(same.end_ms - cue.end_ms))
            if moved <= _ROUNDED_MS:
                return replace(cue, start_ms=same.start_ms, end_ms=same.end_ms)
        return cue

    return list(map(exact, edited))


def _changed_sentences(is_kept: Sequence[bool], shown: Sequence[tuple[int, ...]]) -> set[int]:
    """Returns the sentences of changed cues, and all sentences linked to them by shared cues.

    Args:
        is_kept: Whether the edit still has each cue of the baseline.
        shown: The sentences that each of these cues shows.
    """
    cues_of: dict[int, list[int]] = {}
    for cue, indices in enumerate(shown):
        for index in indices:
            cues_of.setdefault(index, []).append(cue)
    changed: set[int] = set()
    waiting = [cue for cue, kept in enumerate(is_kept) if not kept]
    while waiting:
        for index in shown[waiting.pop()]:
            if index not in changed:
                changed.add(index)
                waiting += cues_of[index]
    return changed


def _key(cue: Cue) -> _Key:
    return cue.start_ms, cue.end_ms, " ".join(" ".join(cue.lines).split())
