"""Scores cues by measures that mean the same for every splitter. Pure.

The rules are checked by the project's own code (:mod:`indicsubs_common.subtitles.violations`), and
breaks by its own tables of function words (:mod:`indicsubs_common.subtitles.break_costs`). Cues
laid out with the same tables have an advantage in these scores; SubER, which compares with a
reference, uses neither.
"""

from bisect import bisect_right
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import NamedTuple

from indicsubs_common.subtitles.break_costs import BEFORE_CLAUSE, WITHIN_GROUP, break_cost
from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.timed_tokens import split_words
from indicsubs_common.subtitles.violations import RuleName, find_violations
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.transcript import Segment
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import characters
from indicsubs_text.rules import reading_ms


class Share(NamedTuple):
    """A count of a total."""

    good: int
    all: int

    def __str__(self) -> str:
        """Returns percent, rounded down so that only a full share is 100; a dash if all is 0."""
        return f"{1000 * self.good // self.all / 10:g}" if self.all else "–"


class Scores(NamedTuple):
    """Shares of a layout's cues that keep each rule, and of its breaks that are good breaks."""

    cues: int
    lines: Share
    length: Share
    speed: Share
    speed_possible: Share
    """``speed`` without the cues of sentences whose speech leaves too little time for reading."""
    duration: Share
    duration_possible: Share
    """``duration`` without the same cues."""
    gap: Share
    """Overlapping cues count as breaking this rule too."""
    overlap: Share
    cut: Share
    cue_ends: Share
    """Cues that end after a sentence or clause, or before a clause."""
    line_ends: Share
    """Line breaks inside cues that are at such a place."""
    stranded: Share
    """Breaks of both kinds inside a group of words that belong together; a low share is better."""


def score(
    cues: Sequence[Cue],
    segments: Sequence[Segment],
    language: str,
    rules: Rules,
    facts: FilmFacts,
) -> Scores:
    """Scores a layout of the segments.

    Raises:
        ValueError: The cues do not show every word of the segments exactly once.
    """
    shown = [word for cue in cues for line in cue.lines for word in split_words(line)]
    spoken = [word for segment in segments for word in split_words(segment.text)]
    if sorted(shown) != sorted(spoken):
        raise ValueError(
            f"the cues show {len(shown)} words, the segments have {len(spoken)}, or other words"
        )
    broken: dict[RuleName, set[int]] = {}
    for violation in find_violations(cues, rules, facts):
        broken.setdefault(violation.rule, set()).add(violation.cue)
    crowded = _touching(cues, crowded_spans(segments, rules, facts))
    possible = set(range(len(cues))) - crowded

    def keep(*names: RuleName, of: Collection[int] = range(len(cues))) -> Share:
        bad = {cue for name in names for cue in broken.get(name, ())}
        return Share(len(set(of) - bad), len(of))

    cue_costs = [
        break_cost(_words(before)[-1], _words(after)[0], True, language)
        for before, after in pairwise(cues)
    ]
    line_costs = [
        break_cost(split_words(before)[-1], split_words(after)[0], True, language)
        for cue in cues
        for before, after in pairwise(cue.lines)
    ]
    return Scores(
        cues=len(cues),
        lines=keep("lines"),
        length=keep("length"),
        speed=keep("speed"),
        speed_possible=keep("speed", of=possible),
        duration=keep("short", "long"),
        duration_possible=keep("short", "long", of=possible),
        gap=keep("gap", "overlap"),
        overlap=keep("overlap"),
        cut=keep("cut") if facts.shot_changes_ms else Share(0, 0),
        cue_ends=_at_most(BEFORE_CLAUSE, cue_costs),
        line_ends=_at_most(BEFORE_CLAUSE, line_costs),
        stranded=Share(
            sum(cost >= WITHIN_GROUP for cost in cue_costs + line_costs),
            len(cue_costs + line_costs),
        ),
    )


def crowded_spans(
    segments: Sequence[Segment], rules: Rules, facts: FilmFacts
) -> list[tuple[int, int]]:
    """Returns the spans (ms) of sentences that leave too little time to be read or shown.

    A sentence can be shown from its first word until the next sentence begins, less the gap, but at
    most until ``linger_ms`` after its last word.

    Args:
        segments: One segment for each sentence, in order of their starts.
        rules: The rules of the language.
        facts: The facts of the film.
    """
    spans: list[tuple[int, int]] = []
    for index, segment in enumerate(segments):
        until = segment.end_ms + rules.linger_ms
        if index + 1 < len(segments):
            until = min(until, segments[index + 1].start_ms - facts.gap_ms(rules))
        count = characters(segment.text, rules.count)
        needed = max(reading_ms(count, len(segment.text.split()), rules), rules.shortest_ms)
        if until - segment.start_ms < needed:
            spans.append((segment.start_ms, segment.end_ms))
    return spans


def _touching(cues: Sequence[Cue], spans: Sequence[tuple[int, int]]) -> set[int]:
    """Returns the indices of the cues that overlap a span; the spans are in order of start."""
    starts = [start for start, _ in spans]
    latest: list[int] = []
    for _, end in spans:
        latest.append(max(end, latest[-1] if latest else end))
    found: set[int] = set()
    for index, cue in enumerate(cues):
        before = bisect_right(starts, cue.end_ms - 1)
        if before and latest[before - 1] > cue.start_ms:
            found.add(index)
    return found


def _words(cue: Cue) -> list[str]:
    return [word for line in cue.lines for word in split_words(line)]


def _at_most(cost: float, costs: Sequence[float]) -> Share:
    return Share(sum(each <= cost for each in costs), len(costs))
