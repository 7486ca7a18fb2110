"""Turns the words of a transcript into tokens that are never broken, each with its time."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from indicsubs_common.subtitles.break_costs import CLAUSE_ENDS
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment, SegmentCue, Timing, Word
from indicsubs_text.graphemes import characters
from indicsubs_text.sentences import CLOSERS, TERMINATORS

_SPACE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""White space at which a line may be broken: all white space except no-break spaces."""
_BREAK_INSIDE = re.compile(r"(?<=[-‐–—/\u200b])(?=\w)")
"""The places at which a word that is too long for a line is broken: after a hyphen, dash, slash or
zero-width space."""

SILENCE_MS = 150
"""A silence of this length between two source words becomes a silence in the translation too."""
ANCHOR_MS = 700
"""The boundary between two translated words moves to a silence that is at most this far away."""
CLAUSE_BONUS_MS = 400
"""A boundary after punctuation counts as this much nearer to a silence."""


class TimedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or the unbreakable part of one."""

    text: str
    size: int
    """The number of characters, as the rules count them."""
    spaced: bool
    """Whether a space separates the token from the token before it; False inside a word."""
    start_ms: int
    end_ms: int


class _Token(NamedTuple):
    """A token without its time."""

    text: str
    spaced: bool
    size: int


def split_words(text: str) -> list[str]:
    """The words of a text; a line may be broken between any two of them."""
    return [word for word in _SPACE.split(text) if word.strip()]


def has_word_times(segment: Segment) -> bool:
    """Whether the segment's words or cues have the same words as its text, which may be edited."""
    return [part for timed in segment.timed_texts for part in split_words(timed.text)] == (
        split_words(segment.text)
    )


def word_tokens(words: Sequence[Word | SegmentCue], rules: Rules) -> list[TimedToken]:
    """The tokens of timed words or cues; a time that goes back is moved forward."""
    timed: list[TimedToken] = []
    latest_ms = words[0].start_ms if words else 0
    for word in words:
        start_ms = max(latest_ms, word.start_ms)
        end_ms = max(start_ms, word.end_ms)
        tokens = _split_tokens(word.text, rules)
        edges = _shared_edges([token.size for token in tokens], start_ms, end_ms)
        timed += [
            TimedToken(
                text=token.text, spaced=token.spaced, size=token.size, start_ms=start, end_ms=end
            )
            for token, (start, end) in zip(tokens, pairwise(edges), strict=True)
        ]
        latest_ms = end_ms
    return timed


def text_tokens(text: str, segment: Segment, rules: Rules) -> list[TimedToken]:
    """The tokens of a text that has no times; their times come from the speech of the segment.

    The tokens share the time in which the segment's words are spoken, in proportion to their size.
    A silence of the segment falls between two tokens, at the nearest boundary; a boundary after
    punctuation is preferred.
    """
    tokens = _split_tokens(text, rules)
    sizes = [token.size for token in tokens]
    spans = _speech_spans(segment)
    total_ms = sum(end - start for start, end in spans)
    silences: list[int] = []
    at_ms = 0
    for start, end in spans[:-1]:
        at_ms += end - start
        silences.append(at_ms)
    anchors = _anchors(tokens, _shared_edges(sizes, 0, total_ms), silences)
    edges = _edges_between_anchors(sizes, anchors, total_ms)
    return [
        TimedToken(
            text=token.text,
            spaced=token.spaced,
            size=token.size,
            start_ms=_film_time(spans, start, after_silence=True),
            end_ms=_film_time(spans, end, after_silence=False),
        )
        for token, (start, end) in zip(tokens, pairwise(edges), strict=True)
    ]


def delayed(tokens: Sequence[TimedToken], earliest_ms: int) -> list[TimedToken]:
    """The same tokens, with every time before ``earliest_ms`` moved to it."""
    return [
        replace(
            token, start_ms=max(token.start_ms, earliest_ms), end_ms=max(token.end_ms, earliest_ms)
        )
        for token in tokens
    ]


def _split_tokens(text: str, rules: Rules) -> list[_Token]:
    tokens: list[_Token] = []
    for word in split_words(text):
        fits = characters(word, rules.count) <= rules.line_characters
        parts = [word] if fits else _BREAK_INSIDE.split(word)
        tokens += [
            _Token(part, index == 0, characters(part, rules.count))
            for index, part in enumerate(parts)
        ]
    return tokens


def _shared_edges(sizes: Sequence[int], start_ms: int, end_ms: int) -> list[int]:
    """The edges of parts that share a span in proportion to size; one more edge than parts."""
    total = max(1, sum(sizes))
    before = 0
    edges = [start_ms]
    for size in sizes:
        before += size
        edges.append(start_ms + (end_ms - start_ms) * before // total)
    return edges


def _speech_spans(segment: Segment) -> list[tuple[int, int]]:
    """The spans of speech in a segment, without its silences; at least one span, ascending.

    In a segment from a subtitle file, every change from cue to cue counts as a silence.
    """
    spans: list[tuple[int, int]] = []
    silence_ms = 0 if segment.timing is Timing.SUBTITLE else SILENCE_MS
    for word in segment.timed_texts:
        start = max(word.start_ms, spans[-1][1] if spans else word.start_ms)
        end = max(start, word.end_ms)
        if spans and start - spans[-1][1] < silence_ms:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return spans or [(segment.start_ms, max(segment.start_ms, segment.end_ms))]


def _anchors(
    tokens: Sequence[_Token], edges: Sequence[int], silences: Sequence[int]
) -> dict[int, int]:
    """The silences at boundaries, by the index of the token after the boundary; both ascend.

    All times are in spoken time, in which silences have no length.

    Args:
        tokens: All tokens.
        edges: The edges of the tokens if silences are ignored; there is one more edge than tokens.
        silences: The time of each silence.
    """
    anchors: dict[int, int] = {}
    first = 1
    for silence in silences:
        near = [
            (abs(edges[index] - silence) - _bonus_ms(tokens[index - 1].text), index)
            for index in range(first, len(tokens))
            if abs(edges[index] - silence) <= ANCHOR_MS
        ]
        if near:
            index = min(near)[1]
            anchors[index] = silence
            first = index + 1
    return anchors


def _bonus_ms(word: str) -> int:
    bare = word.rstrip(CLOSERS)
    return CLAUSE_BONUS_MS if bare and bare[-1] in CLAUSE_ENDS + TERMINATORS else 0


def _edges_between_anchors(
    sizes: Sequence[int], anchors: dict[int, int], total_ms: int
) -> list[int]:
    marks = [(0, 0), *anchors.items(), (len(sizes), total_ms)]
    edges = [0]
    for (first, start), (last, end) in pairwise(marks):
        edges += _shared_edges(sizes[first:last], start, end)[1:]
    return edges


def _film_time(spans: Sequence[tuple[int, int]], spoken_ms: int, *, after_silence: bool) -> int:
    """Converts spoken time to the film's clock; at a silence, to the silence's start or end."""
    for start, end in spans[:-1]:
        length = end - start
        if spoken_ms < length or (spoken_ms == length and not after_silence):
            return start + spoken_ms
        spoken_ms -= length
    return min(spans[-1][0] + spoken_ms, spans[-1][1])
