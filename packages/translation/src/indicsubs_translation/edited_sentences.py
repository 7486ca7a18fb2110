"""Edited cues against those they were made from: what was left alone stays as it was.

The sentences of a film know the times of their words and how surely they were heard; its cues do
not. So only the sentences whose cues a person has touched are read anew from the cues. Pure.
"""

from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from indicsubs_contract.transcript import Segment
from indicsubs_text.overlap import overlapping_segments
from indicsubs_translation.cue_sentences import Cue, sentences_from_cues

_Key: TypeAlias = tuple[int, int, str]


def sentences_from_edited(
    edited: Sequence[Cue], made: Sequence[Cue], sentences: Sequence[Segment]
) -> list[Segment]:
    """The sentences of edited cues, in order of time.

    A sentence stays where its cues have the words and times that they had; line breaks may differ.
    A cue that was touched takes all the sentences that it shows with it, and their other cues.

    Args:
        edited: As a person left them.
        made: The cues before, as they were written.
        sentences: What those were made from, in order of time.
    """
    shown = overlapping_segments(made, sentences)
    here = set(map(_key, edited))
    touched = _touched([_key(cue) in here for cue in made], shown)
    left = {
        _key(cue)
        for cue, indices in zip(made, shown, strict=True)
        if indices and touched.isdisjoint(indices)
    }
    kept = [segment for index, segment in enumerate(sentences) if index not in touched]
    in_order = sorted(edited, key=lambda cue: (cue.start_ms, cue.end_ms))
    for is_left, cues in groupby(in_order, key=lambda cue: _key(cue) in left):
        if not is_left:
            kept += sentences_from_cues(cues)
    return sorted(kept, key=lambda segment: segment.start_ms)


def _touched(is_there: Sequence[bool], shown: Sequence[tuple[int, ...]]) -> set[int]:
    """The sentences of cues that are no longer there, and those that share a cue with them."""
    cues_of: dict[int, list[int]] = {}
    for cue, indices in enumerate(shown):
        for index in indices:
            cues_of.setdefault(index, []).append(cue)
    touched: set[int] = set()
    waiting = [cue for cue, there in enumerate(is_there) if not there]
    while waiting:
        for index in shown[waiting.pop()]:
            if index not in touched:
                touched.add(index)
                waiting += cues_of[index]
    return touched


def _key(cue: Cue) -> _Key:
    return cue.start_ms, cue.end_ms, " ".join(cue.text.split())
