"""Divides a stretch of speech into cues and lines at the least total cost.

The cost of a stretch is the sum of the costs of its cues (:mod:`cue_costs`). Dynamic programming
over the tokens finds the cheapest division. A cue holds a bounded number of words, so the work
grows with the number of words.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import inf
from typing import NamedTuple

import msgspec

from indicsubs_common.subtitles.cue_costs import WEIGHTS, CueCosts, Weights
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_common.subtitles.stretches import Stretch
from indicsubs_contract.messages.rules import Rules


class CueText(msgspec.Struct, frozen=True, kw_only=True):
    """A cue without its times: the tokens that it shows, and its lines."""

    start: int
    """Index of the cue's first token."""
    end: int
    """Index one past the cue's last token."""
    lines: tuple[str, ...]


class _Division(NamedTuple):
    """The cheapest division of a stretch's first tokens into cues, given by the last cue."""

    cost: float
    start: int = 0
    """The first token of the last cue."""
    breaks: tuple[int, ...] = ()
    """The tokens at which the last cue's lines after the first begin."""


def split_into_cues(
    stretch: Stretch,
    rules: Rules,
    shot_rules: ShotRules,
    gap_ms: int,
    weights: Weights = WEIGHTS,
) -> list[CueText]:
    """The cues of a stretch. Each token is in exactly one line, and their order stays.

    Lines and cues keep the limits of the rules, unless a single token breaks them. Only a line of
    one token may be too long; only a cue of one token may have too many lines or words or too much
    time.

    Args:
        stretch: The tokens.
        rules: The rules of the language.
        shot_rules: The shot changes of the film, and the rules for cues near them.
        gap_ms: The least time between two cues.
        weights: The weight of each term of the cost.
    """
    costs = CueCosts(stretch, rules, shot_rules, gap_ms, weights)
    cues: list[CueText] = []
    divisions = _cheapest_divisions(costs)
    end = costs.count
    while end:
        _, start, breaks = divisions[end]
        cues.append(CueText(start=start, end=end, lines=_lines(costs, start, end, breaks)))
        end = start
    return cues[::-1]


def _cheapest_divisions(costs: CueCosts) -> list[_Division]:
    """The cheapest division of the tokens before each token, and, as the last, of all tokens."""
    divisions = [_Division(0.0)]
    least_costs = [0.0]
    first = 0
    for end in range(1, costs.count + 1):
        while first + 1 < end and costs.exceeds_limits(first, end):
            first += 1
        # The start of the best cue before the last token is mostly a good start for this one too.
        likely = max(first, divisions[-1].start)
        starts = (*range(likely, end), *range(likely - 1, first - 1, -1))
        divisions.append(_cheapest_division(costs, least_costs, starts, end))
        least_costs.append(divisions[-1].cost)
    return divisions


def _cheapest_division(
    costs: CueCosts, least_costs: Sequence[float], starts: Iterable[int], end: int
) -> _Division:
    """The cheapest division of the tokens before ``end`` whose last cue begins in ``starts``.

    A start is rejected once it costs more than the best start so far, so likely starts should come
    first. If divisions have the same cost, the division with the shortest last cue is chosen.
    """
    least, best_start, breaks = inf, 0, ()
    every, inside = costs.weights.cue + costs.cue_break[end], costs.inside_before
    for start in starts:
        if least_costs[start] + (every + (inside[end] - inside[start + 1])) > least:
            continue
        cost = costs.cost_without_lines(start, end)
        if least_costs[start] + cost > least:
            continue
        lines = costs.line_breaks(start, end)
        if lines is None:
            continue
        cost = least_costs[start] + lines[0] + cost
        if (cost, -start) < (least, -best_start):
            least, best_start, breaks = cost, start, lines[1]
    return _Division(least, best_start, breaks)


def _lines(costs: CueCosts, start: int, end: int, breaks: Sequence[int]) -> tuple[str, ...]:
    """The text of a cue's lines, with dashes, notes or brackets."""
    stretch, rules = costs.stretch, costs.rules
    edges = [start, *breaks, end]
    lines = [
        "".join(
            (" " if token.spaced else "") + token.text for token in stretch.tokens[first:last]
        ).removeprefix(" ")
        for first, last in pairwise(edges)
    ]
    if costs.speaker_changes_inside(start, end):
        return tuple(rules.dialogue_dash + line for line in lines)
    before, after = "", ""
    if stretch.kind == "song" and rules.song_mark:
        before, after = f"{rules.song_mark} ", f" {rules.song_mark}"
    elif stretch.kind == "sound" and rules.sound_brackets:
        before, after = rules.sound_brackets
    lines[0] = before + lines[0]
    lines[-1] += after
    return tuple(lines)
