"""How good cues are, by numbers that count the same for whoever made them.

Pure. The rules are judged by the project's own check
(:mod:`indicsubs_common.subtitles.violations`), breaks by its own tables of function words
(:mod:`indicsubs_common.subtitles.break_costs`). Cues laid out with the same tables have an
advantage there; SubER against a reference uses neither.
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
    """So many of so many."""

    good: int
    all: int

    def __str__(self) -> str:
        """In percent, rounded down, so that 100 is all of them; a dash where there is nothing."""
        return f"{1000 * self.good // self.all / 10:g}" if self.all else "–"


class Scores(NamedTuple):
    """Shares of a layout's cues that keep each rule, and of its breaks that are good."""

    cues: int
    lines: Share
    length: Share
    speed: Share
    speed_possible: Share
    """Of the cues that show no sentence for which the speech leaves too little time."""
    duration: Share
    duration_possible: Share
    """Of the same cues."""
    gap: Share
    """Two cues that overlap have no gap either."""
    overlap: Share
    cut: Share
    cue_ends: Share
    """Ends of cues after a sentence or clause, or before a clause."""
    line_ends: Share
    """The same of the lines inside cues."""
    stranded: Share
    """Breaks of both kinds inside a group that is read as one: the fewer the better."""


def score(
    cues: Sequence[Cue],
    segments: Sequence[Segment],
    language: str,
    rules: Rules,
    facts: FilmFacts,
) -> Scores:
    """Judge a layout of the segments.

    Raises:
        ValueError: The cues do not show the segments' words, each once.
    """
    shown = [word for cue in cues for line in cue.lines for word in split_words(line)]
    spoken = [word for segment in segments for word in split_words(segment.text)]
    if sorted(shown) != sorted(spoken):
        raise ValueError(f"{len(shown)} words are shown, {len(spoken)} were said, or others")
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
    """Where the speech leaves too little time to read it, or to show it long enough.

    A sentence has the time from its first word until the next sentence comes, less the gap, and
    ``linger_ms`` after its last word at most.

    Args:
        segments: A sentence each, in order of their starts.
        rules: Of the language.
        facts: Of the film.
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
    """The cues that are on screen within any of the spans, which are in order of their starts."""
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
