"""From timed sentences to cues, in the source language and in translation.

Pure: no paths, no clocks. A sentence that fits one cue is one cue, on one line if it fits one line;
a longer one is cut into even cues at punctuation, pauses or word boundaries. Cues of the source
language take the times of their own words; those of a translation share the sentence's span in
proportion to their length, and change where the speaker does when a word boundary is near.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Literal, TypeAlias, TypeVar

import msgspec

from indicsubs_common.cue_times import Span, settle
from indicsubs_common.line_breaking import (
    PAUSE_MS,
    Piece,
    break_cues,
    break_lines,
    parts_of,
    size_of,
    tokens,
)
from indicsubs_contract.messages import CueLimits
from indicsubs_contract.transcript import Segment, Timing, Word

SNAP_MS = 700
"""A translated cue changes at a boundary between source words that is as near as this; a boundary
further off belongs to other words, and following it would upset the reading time."""


CueKind: TypeAlias = Literal["speech", "song", "sound"]


class Cue(msgspec.Struct, frozen=True, kw_only=True):
    """Lines of text shown together, on the film's own clock, half-open [start, end)."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]
    kind: CueKind = "speech"
    segments: tuple[int, ...] = ()
    """Indices of the transcript's segments whose text it shows."""


class Layout(msgspec.Struct, frozen=True, kw_only=True):
    """The cues of one language, and what could not be done by the rules."""

    cues: tuple[Cue, ...]
    warnings: tuple[str, ...]


def source_cues(
    segments: Sequence[Segment], limits: CueLimits, film_end_ms: int | None = None
) -> Layout:
    """Lay the transcript itself out.

    A segment's text is what is shown. Its words give the times as far as they say the same; where
    they don't (none are known, or a person has edited the text), it is timed like a translation.
    A segment whose words are the cues of a subtitle file keeps those cues and their times, but for
    what the limits ask.
    """
    drafts: list[_Draft] = []
    for segment in segments:
        if [token for word in segment.words for token in tokens(word.text)] != tokens(segment.text):
            drafts += _share_span(segment.text, segment, limits)
        elif segment.timing is Timing.SUBTITLE:
            each = [draft for word in segment.words for draft in _follow_words((word,), limits)]
            drafts += _in_order(each)
        else:
            drafts += _follow_words(segment.words, limits)
    return _lay_out(drafts, limits, film_end_ms)


def translated_cues(
    texts: Sequence[str],
    segments: Sequence[Segment],
    limits: CueLimits,
    film_end_ms: int | None = None,
) -> Layout:
    """Lay a translation out on the times of its source: one text per segment, maybe empty.

    Raises:
        ValueError: There are more or fewer texts than segments.
    """
    drafts: list[_Draft] = []
    for text, segment in zip(texts, segments, strict=True):
        drafts += _share_span(text, segment, limits)
    return _lay_out(drafts, limits, film_end_ms)


class _Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A cue before its times are settled: the span of its speech."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


_Timed = TypeVar("_Timed", Piece, _Draft)


def _lay_out(drafts: list[_Draft], limits: CueLimits, film_end_ms: int | None) -> Layout:
    drafts = sorted(drafts, key=lambda draft: draft.start_ms)
    spans = [
        Span(
            start_ms=draft.start_ms,
            end_ms=draft.end_ms,
            characters=sum(map(size_of, draft.lines)) + len(draft.lines) - 1,
        )
        for draft in drafts
    ]
    cues = tuple(
        Cue(start_ms=start, end_ms=end, lines=draft.lines)
        for draft, (start, end) in zip(drafts, settle(spans, limits, film_end_ms), strict=True)
    )
    return Layout(cues=cues, warnings=tuple(_warnings(cues, limits, film_end_ms)))


def _warnings(cues: Sequence[Cue], limits: CueLimits, film_end_ms: int | None) -> Iterator[str]:
    wide = [
        (number, line)
        for number, cue in enumerate(cues, 1)
        for line in cue.lines
        if size_of(line) > limits.line_characters
    ]
    if wide:
        number, line = wide[0]
        yield (
            f"{len(wide)} line(s) are longer than {limits.line_characters} characters, because a"
            f" word without a place to break is; the first, of {size_of(line)}, is in cue {number}."
        )
    if film_end_ms is not None and film_end_ms < len(cues):
        yield f"The film's length, {film_end_ms} ms, has no room for {len(cues)} cues: disregarded."


def _follow_words(words: Sequence[Word], limits: CueLimits) -> list[_Draft]:
    pieces: list[Piece] = []
    for word in words:
        pieces += _pieces(word.text, word.start_ms, word.end_ms, limits)
    return [_draft(cue, limits) for cue in break_cues(_in_order(pieces), limits)]


def _share_span(text: str, segment: Segment, limits: CueLimits) -> list[_Draft]:
    pieces = _pieces(text, segment.start_ms, segment.end_ms, limits)
    if not pieces:
        return []
    drafts = [_draft(cue, limits) for cue in break_cues(pieces, limits)]
    changes = _snap([draft.start_ms for draft in drafts], segment)
    edges = [segment.start_ms, *(at for change in changes for at in change), segment.end_ms]
    return [
        msgspec.structs.replace(draft, start_ms=start, end_ms=max(start, end))
        for draft, start, end in zip(drafts, edges[::2], edges[1::2], strict=True)
    ]


def _pieces(text: str, start_ms: int, end_ms: int, limits: CueLimits) -> list[Piece]:
    """The pieces of a text; they share the span in proportion to their length."""
    parts = [
        (part, index == 0)
        for token in tokens(text)
        for index, part in enumerate(parts_of(token, limits.line_characters))
    ]
    sizes = [size_of(part) for part, _ in parts]
    total = max(1, sum(sizes))
    span = max(0, end_ms - start_ms)
    pieces: list[Piece] = []
    before = 0
    for (part, spaced), size in zip(parts, sizes, strict=True):
        pieces.append(
            Piece(
                text=part,
                size=size,
                spaced=spaced,
                start_ms=start_ms + span * before // total,
                end_ms=start_ms + span * (before + size) // total,
            )
        )
        before += size
    return pieces


def _in_order(items: Sequence[_Timed]) -> list[_Timed]:
    """The same items with times that never go back, whatever the aligner or the file said."""
    ordered: list[_Timed] = []
    start = end = None
    for item in items:
        start = item.start_ms if start is None else max(start, item.start_ms)
        end = max(start, item.end_ms) if end is None else max(start, end, item.end_ms)
        ordered.append(msgspec.structs.replace(item, start_ms=start, end_ms=end))
    return ordered


def _draft(pieces: Sequence[Piece], limits: CueLimits) -> _Draft:
    return _Draft(
        start_ms=pieces[0].start_ms,
        end_ms=pieces[-1].end_ms,
        lines=tuple(break_lines(pieces, limits)),
    )


def _snap(starts: Sequence[int], segment: Segment) -> list[tuple[int, int]]:
    """Where one cue ends and the next one starts, for each but the first of ``starts``.

    A change moves to the nearest boundary between source words, if that is within ``SNAP_MS`` and
    nearer than half of the way to the changes beside it, which keeps them in order. A pause counts
    as nearer by its own length.
    """
    boundaries = [(left.end_ms, right.start_ms) for left, right in pairwise(segment.words)]

    def distance(boundary: tuple[int, int], at: int) -> int:
        return max(boundary[0] - at, at - boundary[1], 0)

    def rank(boundary: tuple[int, int], at: int) -> int:
        pause = boundary[1] - boundary[0]
        return distance(boundary, at) - (pause if pause >= PAUSE_MS else 0)

    edges = [*starts, segment.end_ms]
    changes: list[tuple[int, int]] = []
    for before, at, after in zip(edges, edges[1:], edges[2:], strict=False):
        near = [
            (rank(boundary, at), boundary)
            for boundary in boundaries
            if (before + at) // 2 < boundary[0] <= boundary[1] < (at + after) // 2
            and distance(boundary, at) <= SNAP_MS
        ]
        changes.append(min(near)[1] if near else (at, at))
    return changes
