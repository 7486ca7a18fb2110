"""Cutting a sentence into cues, and a cue into lines: pure text and times, no policy of display.

Both are the same question: cut a run of words into as few parts as fit, as even as they can be,
preferably after punctuation or at a pause. :func:`divide` answers it for :func:`break_lines` and
:func:`break_cues` alike.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import accumulate

import msgspec

from indicsubs_contract.graphemes import count_graphemes
from indicsubs_contract.messages import CueLimits
from indicsubs_contract.sentences import CLOSERS, TERMINATORS, ends_sentence

SPACE = re.compile(r"[^\S\u00a0\u2007\u202f]+")
"""White space that a line may be broken at: all but the no-break spaces."""
_BREAK_INSIDE = re.compile(r"(?<=[-‐–—/\u200b])(?=\w)")
"""Where a word too long for a line is broken: after a hyphen, dash, slash or zero-width space."""
_CLAUSE_ENDS = ",;:،؛—–"
_CLINGING = TERMINATORS + CLOSERS + ",;:،؛"

_AFTER_SENTENCE = 0.6
_AFTER_CLAUSE = 0.4
_AT_PAUSE = 0.4
"""How far from even a part may get for a better break, as a share of an even part's length."""
_BEFORE_PUNCTUATION = -2.0
"""A danda written apart must not start a line."""
PAUSE_MS = 300
"""Silence between two words that is heard as a pause."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A word, or the unbreakable part of one, with its time."""

    text: str
    size: int
    """Grapheme clusters."""
    spaced: bool
    """A space parts it from the piece before; False inside a word."""
    start_ms: int
    end_ms: int


def tokens(text: str) -> list[str]:
    """The words of a text, as a line can be broken between them."""
    return [token for token in SPACE.split(text) if token.strip()]


@lru_cache(maxsize=4096)
def size_of(text: str) -> int:
    """Grapheme clusters of a word; films repeat theirs."""
    return count_graphemes(text)


def parts_of(token: str, longest: int) -> list[str]:
    """The token itself, or its breakable parts where it is longer than a line of ``longest``."""
    if size_of(token) <= longest:
        return [token]
    return _BREAK_INSIDE.split(token)


def join(pieces: Sequence[Piece]) -> str:
    """The pieces as one line of text."""
    return "".join((" " if piece.spaced else "") + piece.text for piece in pieces).removeprefix(" ")


def break_lines(pieces: Sequence[Piece], limits: CueLimits) -> list[str]:
    """Lay the pieces out in as few lines as hold them, balanced.

    There are more than ``limits.lines`` lines only if the pieces were not cut by
    :func:`break_cues`, and a line is longer than ``limits.line_characters`` only if it holds a
    single piece.
    """
    return [join(line) for line in divide(pieces, _line_reach(pieces, limits))]


def break_cues(pieces: Sequence[Piece], limits: CueLimits) -> list[Sequence[Piece]]:
    """Cut a sentence into as few cues as hold it, even in length.

    A cue holds ``limits.lines`` lines and ``limits.longest_ms`` of speech; a single piece is a cue
    however long it is.
    """
    line_reach = _line_reach(pieces, limits)

    def reach(start: int) -> int:
        end = start
        for _ in range(limits.lines):
            end = line_reach(end)
        latest = pieces[start].start_ms + limits.longest_ms
        while end > start + 1 and pieces[end - 1].end_ms > latest:
            end -= 1
        return end

    return divide(pieces, reach)


def divide(pieces: Sequence[Piece], reach: Callable[[int], int]) -> list[Sequence[Piece]]:
    """Cut into the fewest parts that ``reach`` allows, as even as good breaks let them be.

    Args:
        pieces: In order, with times that do not decrease.
        reach: The end of the longest part that starts at an index, itself at most ``len(pieces)``
            and more than the start. It must not decrease.
    """
    count = len(pieces)
    needed = [0] * (count + 1)
    """Fewest parts for the pieces from each index on."""
    for index in reversed(range(count)):
        needed[index] = 1 + needed[reach(index)]
    before = [0, *accumulate(piece.size + 1 for piece in pieces)]
    parts: list[Sequence[Piece]] = []
    start = 0
    while start < count:
        left = needed[start]
        even = (before[count] - before[start]) / left
        ends = [end for end in range(start + 1, reach(start) + 1) if needed[end] <= left - 1]
        best = min(ends, key=_cost(pieces, before, start, even))
        parts.append(pieces[start:best])
        start = best
    return parts


def _cost(
    pieces: Sequence[Piece], before: Sequence[int], start: int, even: float
) -> Callable[[int], float]:
    """How bad a part from ``start`` to an end is: its unevenness less the merit of the break."""
    return lambda end: abs(before[end] - before[start] - even) / even - _merit(pieces, end)


def _line_reach(pieces: Sequence[Piece], limits: CueLimits) -> Callable[[int], int]:
    def reach(start: int) -> int:
        end = start
        room = limits.line_characters + 1
        while end < len(pieces):
            room -= pieces[end].size + (pieces[end].spaced or end == start)
            if room < 0 and end > start:
                break
            end += 1
        return end

    return reach


def _merit(pieces: Sequence[Piece], end: int) -> float:
    """How good a break before ``pieces[end]`` is; 0 for any word boundary."""
    if end == len(pieces):
        return 0.0
    if not pieces[end].text.strip(_CLINGING):
        return _BEFORE_PUNCTUATION
    word = pieces[end - 1].text
    bare = word.rstrip(CLOSERS)
    merit = 0.0
    if pieces[end].spaced and ends_sentence(word):
        merit = _AFTER_SENTENCE
    elif bare and bare[-1] in _CLAUSE_ENDS:
        merit = _AFTER_CLAUSE
    if pieces[end].start_ms - pieces[end - 1].end_ms >= PAUSE_MS:
        merit = max(merit, _AT_PAUSE)
    return merit
