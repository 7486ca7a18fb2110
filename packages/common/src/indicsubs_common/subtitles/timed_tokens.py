"""The words of a transcript as pieces that stay whole, each with its time."""

import re
from collections.abc import Sequence
from itertools import pairwise

import msgspec
from msgspec.structs import replace

from indicsubs_common.subtitles.break_costs import CLAUSE_ENDS
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, SegmentCue, Timing, Word
from indicsubs_text.graphemes import characters
from indicsubs_text.sentences import CLOSERS, TERMINATORS

_SPACE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""White space that a line may be broken at: all but the no-break spaces."""
_BREAK_INSIDE = re.compile(r"(?<=[-‐–—/\u200b])(?=\w)")
"""Where a word too long for a line is broken: after a hyphen, dash, slash or zero-width space."""

SILENCE_MS = 150
"""Silence between two words of the source that a translation's words are laid around."""
CUE_CHANGE_MS = 500
"""A change of cues in a subtitle file counts as so much silence."""
NEAR_MS = 700
"""A boundary between translated words moves to a silence that is as near as this."""
CLAUSE_BONUS_MS = 400
"""A boundary after punctuation counts as nearer by this."""


class TimedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or the unbreakable part of one."""

    text: str
    size: int
    """Characters, as the rules count them."""
    spaced: bool
    """A space parts it from the piece before; False inside a word."""
    start_ms: int
    end_ms: int


def split_words(text: str) -> list[str]:
    """The words of a text, as a line can be broken between them."""
    return [token for token in _SPACE.split(text) if token.strip()]


def has_word_times(segment: Segment) -> bool:
    """Whether its words or cues have the words of its text: a person may have edited the text."""
    return [t for timed in segment.timed_texts for t in split_words(timed.text)] == split_words(
        segment.text
    )


def word_tokens(words: Sequence[Word | SegmentCue], rules: Rules) -> list[TimedToken]:
    """Words or cues with their own times, which are made never to go back."""
    tokens: list[TimedToken] = []
    latest = words[0].start_ms if words else 0
    for word in words:
        start = max(latest, word.start_ms)
        end = max(start, word.end_ms)
        spoken = _texts(word.text, rules)
        edges = _edges([size for _, _, size in spoken], start, end)
        tokens += [
            TimedToken(text=text, spaced=spaced, size=size, start_ms=a, end_ms=z)
            for (text, spaced, size), (a, z) in zip(spoken, pairwise(edges), strict=True)
        ]
        latest = end
    return tokens


def text_tokens(text: str, segment: Segment, rules: Rules) -> list[TimedToken]:
    """A text without times of its own, laid on the speech of the segment.

    Its words share the time in which the segment's words are spoken in proportion to their length.
    A silence in the source becomes one between two words: those whose boundary comes nearest to it,
    one after punctuation before others.
    """
    spoken = _texts(text, rules)
    sizes = [size for _, _, size in spoken]
    bursts = _bursts(segment)
    total_ms = sum(end - start for start, end in bursts)
    edges = _edges(sizes, 0, total_ms)
    silences: list[int] = []
    at = 0
    for start, end in bursts[:-1]:
        at += end - start
        silences.append(at)
    anchors = _anchors([text for text, _, _ in spoken], edges, silences)
    edges = _between_anchors(sizes, anchors, total_ms)
    return [
        TimedToken(
            text=text,
            spaced=spaced,
            size=size,
            start_ms=_on_clock(bursts, start, after=True),
            end_ms=_on_clock(bursts, end, after=False),
        )
        for (text, spaced, size), (start, end) in zip(spoken, pairwise(edges), strict=True)
    ]


def _texts(text: str, rules: Rules) -> list[tuple[str, bool, int]]:
    """Each piece of a text: itself, whether a space is before it, its size."""
    found: list[tuple[str, bool, int]] = []
    for token in split_words(text):
        whole = characters(token, rules.count) <= rules.line_characters
        parts = [token] if whole else _BREAK_INSIDE.split(token)
        found += [
            (part, index == 0, characters(part, rules.count)) for index, part in enumerate(parts)
        ]
    return found


def _edges(sizes: Sequence[int], start_ms: int, end_ms: int) -> list[int]:
    """The boundaries of so many parts of a span, each as long as its size is large."""
    total = max(1, sum(sizes))
    before = 0
    edges = [start_ms]
    for size in sizes:
        before += size
        edges.append(start_ms + (end_ms - start_ms) * before // total)
    return edges


def _bursts(segment: Segment) -> list[tuple[int, int]]:
    """The speech of a segment without its silences: at least one span, none going back."""
    bursts: list[tuple[int, int]] = []
    apart_ms = 0 if segment.timing is Timing.SUBTITLE else SILENCE_MS
    for word in segment.timed_texts:
        start = max(word.start_ms, bursts[-1][1] if bursts else word.start_ms)
        end = max(start, word.end_ms)
        if bursts and start - bursts[-1][1] < apart_ms:
            bursts[-1] = (bursts[-1][0], end)
        else:
            bursts.append((start, end))
    return bursts or [(segment.start_ms, max(segment.start_ms, segment.end_ms))]


def _anchors(texts: Sequence[str], edges: Sequence[int], silences: Sequence[int]) -> dict[int, int]:
    """Which boundary between words falls on which silence; both ascend.

    Args:
        texts: The words.
        edges: Their boundaries in spoken time, one more than words.
        silences: The silences in spoken time, where they have no length.
    """
    anchors: dict[int, int] = {}
    first = 1
    for silence in silences:
        near = [
            (abs(edges[index] - silence) - _bonus(texts[index - 1]), index)
            for index in range(first, len(texts))
            if abs(edges[index] - silence) <= NEAR_MS
        ]
        if near:
            index = min(near)[1]
            anchors[index] = silence
            first = index + 1
    return anchors


def _bonus(word: str) -> int:
    bare = word.rstrip(CLOSERS)
    return CLAUSE_BONUS_MS if bare and bare[-1] in CLAUSE_ENDS + TERMINATORS else 0


def _between_anchors(sizes: Sequence[int], anchors: dict[int, int], total_ms: int) -> list[int]:
    marks = [(0, 0), *anchors.items(), (len(sizes), total_ms)]
    edges = [0]
    for (first, start), (last, end) in pairwise(marks):
        edges += _edges(sizes[first:last], start, end)[1:]
    return edges


def _on_clock(bursts: Sequence[tuple[int, int]], spoken_ms: int, *, after: bool) -> int:
    """The film's clock at a moment of spoken time; at a silence, its end if ``after``."""
    for start, end in bursts[:-1]:
        length = end - start
        if spoken_ms < length or (spoken_ms == length and not after):
            return start + spoken_ms
        spoken_ms -= length
    return min(bursts[-1][0] + spoken_ms, bursts[-1][1])


def shifted(tokens: Sequence[TimedToken], earliest_ms: int) -> list[TimedToken]:
    """The same pieces, none before ``earliest_ms``."""
    return [
        replace(
            token, start_ms=max(token.start_ms, earliest_ms), end_ms=max(token.end_ms, earliest_ms)
        )
        for token in tokens
    ]
