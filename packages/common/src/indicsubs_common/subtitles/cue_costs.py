"""Finds the cost of a cue, a number by which divisions are compared; better reading costs less.

Pure: it knows only text and times. The cost is a sum of terms: how fast the cue must be read, how
short it stays, how full it is, what is inside it (the end of a sentence, a pause, a shot change),
where it ends and how its lines break. docs/decisions/0011 gives the reason for each weight.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import TypeAlias

import msgspec

from indicsubs_common.subtitles.break_costs import break_cost
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_common.subtitles.stretches import Stretch
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.rules import reading_ms
from indicsubs_text.sentences import ends_sentence


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """The weights of the terms of the cost, none below 0. The unit is the cost of one more cue."""

    cue: float = 1.0
    fill: float = 1.0
    """Multiplied by the square of the share of the cue's room that its text fills. This makes cues
    equally full."""
    speed: float = 2.5
    """Multiplied by the share by which the cue is too fast to read."""
    short: float = 4.0
    """Multiplied by the share of the shortest time that the cue lacks."""
    lines: float = 0.15
    """Added for each line after the first."""
    line_break: float = 0.9
    """Multiplied by the cost of each break between lines (:mod:`break_costs`)."""
    balance: float = 0.4
    """Multiplied by the difference of each line from the mean length, as a share of the longest
    line that the rules allow."""
    cue_break: float = 1.5
    """Multiplied by the cost of the break at the end of the cue."""
    sentence: float = 1.0
    """Added for each sentence that ends inside the cue."""
    speaker_change: float = 1.0
    """Added for each change of speaker inside the cue."""
    pause: float = 1.0
    """Multiplied by the square of the seconds of each pause inside the cue."""
    shot_change: float = 0.3
    """Added for each boundary between tokens inside the cue that has a shot change."""
    kept_cue_break: float = 30.0
    """Added for a break inside a cue of a subtitle file, so that only the rules can force one."""


WEIGHTS = Weights()
PAUSE_MS = 250
"""A silence of this length between two words is heard as a pause."""
_LONGEST_PAUSE_MS = 2_000
"""A longer pause inside a cue costs no more than this one."""
_SHOT_CHANGE_SLACK_MS = 100
"""A shot change this far inside the time of a word counts as beside the word, because word times
are not exact."""
_EXCESS = 4.0
"""The limit of the share by which a cue is too fast; a greater share costs no more."""

LineBreaks: TypeAlias = tuple[float, tuple[int, ...]]
"""The cost of a cue's lines, and the tokens at which its lines after the first begin."""


class CueCosts:
    """The costs of all possible cues of one stretch.

    A cue is given by its tokens, from ``start`` to ``end`` (excluded). Values that many cues share
    are computed once, here.
    """

    def __init__(
        self,
        stretch: Stretch,
        rules: Rules,
        shot_rules: ShotRules,
        gap_ms: int,
        weights: Weights = WEIGHTS,
    ) -> None:
        """Computes the cost of each boundary between tokens.

        Args:
            stretch: The tokens to divide into cues.
            rules: The rules of the language.
            shot_rules: The shot changes of the film, and the rules for cues near them.
            gap_ms: The least time between two cues.
            weights: The weights of the terms of the cost.
        """
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
            inside[index] = self._cost_inside(index, shot_rules)
        self.line_break = [weights.line_break * cost for cost in breaks]
        kept_cue_break = weights.kept_cue_break if stretch.keep_times else 0.0
        self.cue_break = [weights.cue_break * cost + kept_cue_break for cost in breaks]
        self.cue_break.append(0.0)
        self.inside_before = [0.0, *accumulate(inside)]
        self.until_ms = [0, *(self._earliest_end(end) for end in range(1, self.count + 1))]
        self.speaker_changes = sorted(stretch.speaker_changes)
        edges = {
            "song": len(rules.song_mark) + 1 if rules.song_mark else 0,
            "sound": len(rules.sound_brackets) // 2,
            "speech": 0,
        }
        self.edge = edges[stretch.kind]
        """Characters that a mark takes at either end of the cue."""
        self.room = rules.line_characters * rules.lines

    def exceeds_limits(self, start: int, end: int) -> bool:
        """Whether every cue that includes these tokens has too much text, time or words."""
        tokens = self.stretch.tokens
        limit = self.rules.cue_words
        return (
            self._width(start, end) > self.room + self.rules.lines
            or self.until_ms[end] - tokens[start].start_ms > self.rules.longest_ms
            or (limit is not None and end - start > limit)
        )

    def cost_without_lines(self, start: int, end: int) -> float:
        """The cost of a cue, except for its lines."""
        rules, weights, tokens = self.rules, self.weights, self.stretch.tokens
        width = self._width(start, end)
        begin_ms, end_ms = tokens[start].start_ms, tokens[end - 1].end_ms
        free_ms = self._free_until(end)
        needed_ms = reading_ms(width, end - start, rules)
        shown_ms = max(end_ms - begin_ms, rules.shortest_ms)
        shown_ms = max(shown_ms, min(needed_ms, end_ms - begin_ms + rules.linger_ms))
        if free_ms is not None:
            shown_ms = min(shown_ms, free_ms - begin_ms)
        shown_ms = max(1, min(shown_ms, rules.longest_ms))
        cost = weights.cue + weights.fill * (width / self.room) ** 2 + self.cue_break[end]
        cost += self.inside_before[end] - self.inside_before[start + 1]
        if needed_ms > shown_ms:
            cost += weights.speed * min(needed_ms / shown_ms - 1, _EXCESS)
        if shown_ms < rules.shortest_ms:
            cost += weights.short * (1 - shown_ms / rules.shortest_ms)
        return cost

    def line_breaks(self, start: int, end: int) -> LineBreaks | None:
        """The best line breaks of a cue; None if every choice breaks a rule."""
        if end - start == 1:
            return 0.0, ()
        speaker_changes = self.speaker_changes_inside(start, end)
        if speaker_changes:
            return self._line_for_each_speaker(start, end, speaker_changes)
        most = self.rules.line_characters
        width = self._width(start, end)
        if width + 2 * self.edge <= most:
            return 0.0, ()
        for lines in range(2, self.rules.lines + 1):
            found = self._broken(start, end, lines, width / lines, self.edge)
            if found is not None:
                return found
        return None

    def speaker_changes_inside(self, start: int, end: int) -> Sequence[int]:
        """The tokens of a cue at which another speaker begins."""
        changes = self.speaker_changes
        return changes[bisect_right(changes, start) : bisect_left(changes, end)]

    def _earliest_end(self, end: int) -> int:
        """The earliest end of a cue before a token, after its speech where a gap must be closed."""
        end_ms = self.stretch.tokens[end - 1].end_ms
        free_ms = self._free_until(end)
        if free_ms is None or self.stretch.keep_times:
            return end_ms
        gap_ms = free_ms + self.gap_ms - end_ms
        return max(end_ms, free_ms) if gap_ms < self.rules.close_gap_below_ms else end_ms

    def _free_until(self, end: int) -> int | None:
        """The latest end of a cue before a token; None where nothing limits it."""
        if end < self.count:
            return self.stretch.tokens[end].start_ms - self.gap_ms
        return self.stretch.free_until_ms

    def _cost_inside(self, index: int, shot_rules: ShotRules) -> float:
        """The cost of the boundary before a token, where it is inside a cue."""
        before, after = self.stretch.tokens[index - 1], self.stretch.tokens[index]
        cost = 0.0
        silence_ms = after.start_ms - before.end_ms
        if silence_ms >= PAUSE_MS:
            cost += self.weights.pause * (min(silence_ms, _LONGEST_PAUSE_MS) / 1000) ** 2
        if shot_rules.between(
            before.end_ms - _SHOT_CHANGE_SLACK_MS, after.start_ms + _SHOT_CHANGE_SLACK_MS
        ):
            cost += self.weights.shot_change
        if index in self.stretch.speaker_changes:
            cost += self.weights.speaker_change
        elif after.spaced and ends_sentence(before.text, after.text):
            cost += self.weights.sentence
        return cost

    def _width(self, start: int, end: int) -> int:
        """The number of characters of the tokens on one line."""
        return self.width_before[end] - self.width_before[start] - self.spaced[start]

    def _line_for_each_speaker(
        self, start: int, end: int, speaker_changes: Sequence[int]
    ) -> LineBreaks | None:
        edges = [start, *speaker_changes, end]
        dash = len(self.rules.dialogue_dash)
        most = self.rules.line_characters - dash
        if len(edges) - 1 > min(2, self.rules.lines) or not dash:
            return None
        if any(self._width(first, last) > most for first, last in pairwise(edges)):
            return None
        return self.weights.lines, tuple(speaker_changes)

    def _broken(
        self, start: int, end: int, lines: int, even: float, edge: int
    ) -> LineBreaks | None:
        """The best line breaks for exactly ``lines`` lines; None if no choice fits.

        Args:
            start: The first token.
            end: One past the last token.
            lines: The number of lines.
            even: The width of a line if all lines were equally wide.
            edge: The width of the mark before the first token.
        """
        most = self.rules.line_characters
        if lines == 1:
            width = self._width(start, end)
            if width + self.edge > most:
                return None
            return self.weights.balance * abs(width - even) / most, ()
        best: LineBreaks | None = None
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
