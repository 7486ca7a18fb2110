"""Finds where the final cues of a language break its rules; changes nothing."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import msgspec

from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.shot_rules import ShotRules
from indicsubs_common.subtitles.timed_tokens import split_words
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.cues import Cue
from indicsubs_text.graphemes import characters

RuleName: TypeAlias = Literal[
    "length", "lines", "words", "speed", "short", "long", "gap", "overlap", "cut", "film_end"
]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that a cue breaks, and by how much."""

    cue: int
    """Index of the cue, from 0."""
    rule: RuleName
    value: float
    limit: float
    unit: str
    detail: str


def cue_characters(cue: Cue, rules: Rules) -> int:
    """The number of characters of a cue as the rules count them; a line break counts as a space."""
    return sum(characters(line, rules.count) for line in cue.lines) + max(0, len(cue.lines) - 1)


def cue_words(cue: Cue) -> int:
    """The number of words of a cue, without marks that stand alone (notes, dashes)."""
    return sum(any(map(str.isalnum, word)) for line in cue.lines for word in split_words(line))


def find_violations(cues: Sequence[Cue], rules: Rules, facts: FilmFacts) -> tuple[Violation, ...]:
    """All violations of the rules, in the order of the cues.

    Args:
        cues: The cues in order of time, as they are written to the subtitle files.
        rules: The rules of the cues' language.
        facts: The facts about the film.
    """
    shot_rules = facts.shot_rules(rules)
    violations: list[Violation] = []
    for index, cue in enumerate(cues):
        violations += _text(index, cue, rules)
        violations += _duration(index, cue, rules)
        if index:
            violations += _gap(index, cues[index - 1], cue, rules, facts)
        violations += _shot_changes(index, cue, shot_rules)
        if facts.film_end_ms is not None and cue.end_ms > facts.film_end_ms:
            violations.append(
                Violation(
                    cue=index,
                    rule="film_end",
                    value=cue.end_ms,
                    limit=facts.film_end_ms,
                    unit="ms",
                    detail=f"It ends {cue.end_ms - facts.film_end_ms} ms after the film.",
                )
            )
    return tuple(violations)


def _text(index: int, cue: Cue, rules: Rules) -> Iterator[Violation]:
    for number, line in enumerate(cue.lines, 1):
        length = characters(line, rules.count)
        if length > rules.line_characters:
            yield Violation(
                cue=index,
                rule="length",
                value=length,
                limit=rules.line_characters,
                unit="characters",
                detail=f"Line {number} has {length} characters, {rules.line_characters} at most"
                f" ({len(line)} code points).",
            )
    if len(cue.lines) > rules.lines:
        yield Violation(
            cue=index,
            rule="lines",
            value=len(cue.lines),
            limit=rules.lines,
            unit="lines",
            detail=f"{len(cue.lines)} lines, {rules.lines} at most.",
        )
    words = cue_words(cue)
    if rules.cue_words is not None and words > rules.cue_words:
        yield Violation(
            cue=index,
            rule="words",
            value=words,
            limit=rules.cue_words,
            unit="words",
            detail=f"{words} words, {rules.cue_words} at most.",
        )


def _duration(index: int, cue: Cue, rules: Rules) -> Iterator[Violation]:
    duration = cue.end_ms - cue.start_ms
    if duration < rules.shortest_ms:
        yield Violation(
            cue=index,
            rule="short",
            value=duration,
            limit=rules.shortest_ms,
            unit="ms",
            detail=f"On screen for {duration} ms, {rules.shortest_ms} ms at least.",
        )
    if duration > rules.longest_ms:
        yield Violation(
            cue=index,
            rule="long",
            value=duration,
            limit=rules.longest_ms,
            unit="ms",
            detail=f"On screen for {duration} ms, {rules.longest_ms} ms at most.",
        )
    count, words = cue_characters(cue, rules), cue_words(cue)
    speeds = (
        (count, 1000, rules.characters_per_second, "characters/s"),
        (words, 60_000, rules.words_per_minute, "words/min"),
    )
    for amount, scale, limit, unit in speeds:
        if limit is not None and amount * scale > limit * duration:
            code_points = sum(map(len, cue.lines)) + max(0, len(cue.lines) - 1)
            speed = round(amount * scale / max(1, duration), 1)
            yield Violation(
                cue=index,
                rule="speed",
                value=speed,
                limit=limit,
                unit=unit,
                detail=f"{speed:g} {unit}, {limit:g} at most"
                f" ({code_points} code points in {duration} ms).",
            )


def _gap(index: int, before: Cue, cue: Cue, rules: Rules, facts: FilmFacts) -> Iterator[Violation]:
    gap, least = cue.start_ms - before.end_ms, facts.gap_ms(rules)
    if gap < 0:
        yield Violation(
            cue=index,
            rule="overlap",
            value=-gap,
            limit=0,
            unit="ms",
            detail=f"It comes {-gap} ms before the previous cue is gone.",
        )
    elif gap < least:
        yield Violation(
            cue=index,
            rule="gap",
            value=gap,
            limit=least,
            unit="ms",
            detail=f"It comes {gap} ms after the previous cue, {least} ms at least.",
        )
    elif least < gap < rules.close_gap_below_ms:
        yield Violation(
            cue=index,
            rule="gap",
            value=gap,
            limit=rules.close_gap_below_ms,
            unit="ms",
            detail=f"It comes {gap} ms after the previous cue, more than {least} ms and less than"
            f" {rules.close_gap_below_ms} ms.",
        )


def _shot_changes(index: int, cue: Cue, shot_rules: ShotRules) -> Iterator[Violation]:
    for edge, at, allowed in (
        ("comes", cue.start_ms, shot_rules.allow_start(cue.start_ms)),
        ("goes", cue.end_ms, shot_rules.allow_end(cue.end_ms)),
    ):
        if not allowed:
            cut = min(shot_rules.near(at), key=lambda cut: abs(cut - at))
            yield Violation(
                cue=index,
                rule="cut",
                value=abs(at - cut),
                limit=shot_rules.near_ms,
                unit="ms",
                detail=f"It {edge} {abs(at - cut)} ms {'before' if at < cut else 'after'} a cut.",
            )
