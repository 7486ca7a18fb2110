"""Cutting a stretch of speech into cues and lines, all at once: the cheapest way by one cost.

Pure text and times. The cost of a cue (:class:`Weights`, reasons in docs/decisions/0011) adds how
fast it must be read, how short it stays, how full it is, what it holds together (the end of a
sentence, a pause, a shot change), where it ends and how its lines break. A stretch's cost is the
sum over its cues; dynamic programming over the words finds the least. A cue holds a bounded number
of words, so the work grows with the number of words.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate, pairwise
from math import inf
from typing import NamedTuple

import msgspec

from indicsubs_common.subtitles.break_costs import break_cost
from indicsubs_common.subtitles.shot_rules import Cuts
from indicsubs_common.subtitles.timed_tokens import TimedToken
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import SegmentKind
from indicsubs_text.rules import reading_ms
from indicsubs_text.sentences import ends_sentence


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of the cost, none below 0. One is what a cue costs."""

    cue: float = 1.0
    fill: float = 1.0
    """Times the square of the share of the cue's room that its text takes: cues come out even."""
    speed: float = 2.5
    """Times the share by which it is faster than it may be read."""
    short: float = 4.0
    """Times the share of the shortest time that it lacks."""
    lines: float = 0.15
    """For each line after the first."""
    line_break: float = 0.9
    """Times the break's cost (:mod:`break_costs`)."""
    balance: float = 0.4
    """Times the difference of its lines, as a share of a line."""
    cue_break: float = 1.5
    """Times the break's cost, where the cue ends."""
    sentence: float = 1.0
    """For each sentence that ends inside it."""
    turn: float = 1.0
    """For a second speaker."""
    pause: float = 1.0
    """Times the square of the seconds of each pause inside it."""
    cut: float = 0.3
    """For each shot change between two of its words."""
    torn: float = 30.0
    """For a break inside what a person laid out as one cue: only where the rules force it."""


WEIGHTS = Weights()
PAUSE_MS = 250
"""Silence between two words that is heard as a pause."""
_LONGEST_PAUSE_MS = 2_000
"""A longer one is no worse inside a cue."""
_CUT_SLACK_MS = 100
"""A shot change this much inside a word's time counts as beside it: word times are not exact."""
_EXCESS = 4.0
"""A cue can be no worse than so many times too fast."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """Words that may share cues: of one kind, without what must part two cues."""

    tokens: Sequence[TimedToken]
    """Not empty; their times never go back."""
    kind: SegmentKind
    language: str
    free_until_ms: int | None
    """When the next cue comes, less the gap, or the film ends; None where nothing limits it."""
    turns: frozenset[int] = frozenset()
    """The pieces that another speaker begins with."""
    whole: frozenset[int] = frozenset()
    """The pieces before which a person did not break."""


class CueText(msgspec.Struct, frozen=True, kw_only=True):
    """A cue before its times: which pieces it shows, and in which lines."""

    first: int
    last: int
    """One past the last of its pieces."""
    lines: tuple[str, ...]


def cut_into_cues(
    stretch: Stretch, rules: Rules, cuts: Cuts, gap_ms: int, weights: Weights = WEIGHTS
) -> list[CueText]:
    """Lay a stretch out in cues: every piece in order, in exactly one line.

    No line is longer than the rules allow unless it is a single piece, and no cue has more lines,
    words or time than they allow unless it is a single piece.

    Args:
        stretch: What is said.
        rules: What a cue may be.
        cuts: The film's shot changes.
        gap_ms: Least time between two cues.
        weights: What is how bad.
    """
    return _Layout(stretch, rules, cuts, gap_ms, weights).cheapest()


class _Way(NamedTuple):
    """The best way to lay out the pieces before one, known by its last cue."""

    cost: float
    start: int = 0
    """Where the last cue begins."""
    breaks: tuple[int, ...] = ()
    """What its lines after the first begin with."""


_Lines = tuple[float, tuple[int, ...]]
"""The cost of a cue's lines, and the pieces that its lines after the first begin with."""


class _Layout:
    """The arrays that the cost is looked up in, for one stretch."""

    def __init__(
        self, stretch: Stretch, rules: Rules, cuts: Cuts, gap_ms: int, weights: Weights
    ) -> None:
        tokens = stretch.tokens
        self.stretch, self.rules, self.weights = stretch, rules, weights
        self.gap_ms = gap_ms
        self.count = len(tokens)
        self.spaced = [int(token.spaced) for token in tokens]
        self.width_before = [0, *accumulate(token.size + token.spaced for token in tokens)]
        breaks = [0.0] * self.count
        inside = [0.0] * self.count
        for index in range(1, self.count):
            before, after = tokens[index - 1], tokens[index]
            breaks[index] = break_cost(before.text, after.text, after.spaced, stretch.language)
            inside[index] = self._cost_inside(index, cuts)
        self.line_break = [weights.line_break * cost for cost in breaks]
        self.cue_break = [
            weights.cue_break * cost + (weights.torn if index in stretch.whole else 0.0)
            for index, cost in enumerate(breaks)
        ]
        self.cue_break.append(0.0)
        self.inside_before = [0.0, *accumulate(inside)]
        self.until_ms = [0, *(self._until(end) for end in range(1, self.count + 1))]
        self.turns = sorted(stretch.turns)
        edges = {
            "song": len(rules.song_mark) + 1 if rules.song_mark else 0,
            "sound": len(rules.sound_brackets) // 2,
            "speech": 0,
        }
        self.edge = edges[stretch.kind]
        """Characters at either end of the cue that are no text."""
        self.room = rules.line_characters * rules.lines

    def _until(self, end: int) -> int:
        """When a cue before a piece goes at the earliest: a short gap after it has to be closed."""
        end_ms = self.stretch.tokens[end - 1].end_ms
        free_ms = self._free_until(end)
        if free_ms is None or self.stretch.whole:
            return end_ms
        gap_ms = free_ms + self.gap_ms - end_ms
        return max(end_ms, free_ms) if gap_ms < self.rules.close_gap_below_ms else end_ms

    def _free_until(self, end: int) -> int | None:
        """The latest end of a cue before a piece."""
        if end < self.count:
            return self.stretch.tokens[end].start_ms - self.gap_ms
        return self.stretch.free_until_ms

    def _cost_inside(self, index: int, cuts: Cuts) -> float:
        """The cost of the boundary before a piece, where a cue goes on over it."""
        before, after = self.stretch.tokens[index - 1], self.stretch.tokens[index]
        cost = 0.0
        silence = after.start_ms - before.end_ms
        if silence >= PAUSE_MS:
            cost += self.weights.pause * (min(silence, _LONGEST_PAUSE_MS) / 1000) ** 2
        if cuts.between(before.end_ms - _CUT_SLACK_MS, after.start_ms + _CUT_SLACK_MS):
            cost += self.weights.cut
        if index in self.stretch.turns:
            cost += self.weights.turn
        elif after.spaced and ends_sentence(before.text, after.text):
            cost += self.weights.sentence
        return cost

    def cheapest(self) -> list[CueText]:
        """Dynamic programming: the best way to reach each piece from any before it."""
        ways = [_Way(0.0)]
        costs = [0.0]
        first = 0
        for end in range(1, self.count + 1):
            while first + 1 < end and self._is_beyond(first, end):
                first += 1
            # The best cue to the piece before, with one piece more, is mostly a good one.
            likely = max(first, ways[-1].start)
            starts = (*range(likely, end), *range(likely - 1, first - 1, -1))
            ways.append(self._best_way(costs, starts, end))
            costs.append(ways[-1].cost)
        cues: list[CueText] = []
        end = self.count
        while end:
            _, start, breaks = ways[end]
            cues.append(CueText(first=start, last=end, lines=self._text(start, end, breaks)))
            end = start
        return cues[::-1]

    def _best_way(self, costs: Sequence[float], starts: Iterable[int], end: int) -> _Way:
        """The best way to reach a piece by a last cue from one of ``starts``.

        A way is left once it costs more than the best one known, so the likely starts come first.
        Of ways that cost the same, the one with the shortest last cue is taken.
        """
        least, begin, breaks = inf, 0, ()
        every, inside = self.weights.cue + self.cue_break[end], self.inside_before[end]
        for start in starts:
            if costs[start] + (every + (inside - self.inside_before[start + 1])) > least:
                continue
            cost = self._cost_of(start, end)
            if costs[start] + cost > least:
                continue
            lines = self._lines_of(start, end)
            if lines is None:
                continue
            cost = costs[start] + lines[0] + cost
            if (cost, -start) < (least, -begin):
                least, begin, breaks = cost, start, lines[1]
        return _Way(least, begin, breaks)

    def _width(self, start: int, end: int) -> int:
        return self.width_before[end] - self.width_before[start] - self.spaced[start]

    def _is_beyond(self, start: int, end: int) -> bool:
        """Whether a cue that begins here or earlier and ends there or later is always too much."""
        tokens = self.stretch.tokens
        limit = self.rules.cue_words
        return (
            self._width(start, end) > self.room + self.rules.lines
            or self.until_ms[end] - tokens[start].start_ms > self.rules.longest_ms
            or (limit is not None and end - start > limit)
        )

    def _lines_of(self, start: int, end: int) -> _Lines | None:
        """The best lines for a cue; None where they break a rule."""
        if end - start == 1:
            return 0.0, ()
        turns = self._turns_inside(start, end)
        if turns:
            return self._a_line_each(start, end, turns)
        most = self.rules.line_characters
        width = self._width(start, end)
        if width + 2 * self.edge <= most:
            return 0.0, ()
        for lines in range(2, self.rules.lines + 1):
            found = self._broken(start, end, lines, width / lines, self.edge)
            if found is not None:
                return found
        return None

    def _turns_inside(self, start: int, end: int) -> Sequence[int]:
        """The pieces of a cue that another speaker begins with."""
        return self.turns[bisect_right(self.turns, start) : bisect_left(self.turns, end)]

    def _a_line_each(self, start: int, end: int, turns: Sequence[int]) -> _Lines | None:
        """A line for each speaker."""
        edges = [start, *turns, end]
        dash = len(self.rules.dialogue_dash)
        most = self.rules.line_characters - dash
        if len(edges) - 1 > min(2, self.rules.lines) or not dash:
            return None
        if any(self._width(a, z) > most for a, z in pairwise(edges)):
            return None
        return self.weights.lines, tuple(turns)

    def _broken(self, start: int, end: int, lines: int, even: float, edge: int) -> _Lines | None:
        """The best way to break a cue into exactly so many lines."""
        most = self.rules.line_characters
        if lines == 1:
            width = self._width(start, end)
            if width + self.edge > most:
                return None
            return self.weights.balance * abs(width - even) / most, ()
        best: _Lines | None = None
        for at in range(start + 1, end):
            width = self._width(start, at)
            if width + edge > most:
                break
            rest = self._broken(at, end, lines - 1, even, 0)
            if rest is None:
                continue
            cost = (
                rest[0]
                + self.weights.lines
                + self.line_break[at]
                + self.weights.balance * abs(width - even) / most
            )
            if best is None or cost < best[0]:
                best = cost, (at, *rest[1])
        return best

    def _cost_of(self, start: int, end: int) -> float:
        """The cost of a cue but for its lines."""
        rules, weights, tokens = self.rules, self.weights, self.stretch.tokens
        width = self._width(start, end)
        begin_ms, end_ms = tokens[start].start_ms, tokens[end - 1].end_ms
        free_ms = self._free_until(end)
        needed = reading_ms(width, end - start, rules)
        stays = max(end_ms - begin_ms, rules.shortest_ms)
        stays = max(stays, min(needed, end_ms - begin_ms + rules.linger_ms))
        if free_ms is not None:
            stays = min(stays, free_ms - begin_ms)
        stays = max(1, min(stays, rules.longest_ms))
        cost = weights.cue + weights.fill * (width / self.room) ** 2 + self.cue_break[end]
        cost += self.inside_before[end] - self.inside_before[start + 1]
        if needed > stays:
            cost += weights.speed * min(needed / stays - 1, _EXCESS)
        if stays < rules.shortest_ms:
            cost += weights.short * (1 - stays / rules.shortest_ms)
        return cost

    def _text(self, start: int, end: int, breaks: Sequence[int]) -> tuple[str, ...]:
        tokens, rules = self.stretch.tokens, self.rules
        edges = [start, *breaks, end]
        lines = [
            "".join(
                (" " if token.spaced else "") + token.text for token in tokens[a:z]
            ).removeprefix(" ")
            for a, z in pairwise(edges)
        ]
        if self._turns_inside(start, end):
            return tuple(rules.dialogue_dash + line for line in lines)
        opens, closes = "", ""
        if self.stretch.kind == "song" and rules.song_mark:
            opens, closes = f"{rules.song_mark} ", f" {rules.song_mark}"
        elif self.stretch.kind == "sound" and rules.sound_brackets:
            opens, closes = rules.sound_brackets
        lines[0] = opens + lines[0]
        lines[-1] += closes
        return tuple(lines)
