"""Violations of each rule: exactly at its limit, and one beyond."""

from fractions import Fraction

import pytest

from indicsubs_common.subtitles.film_facts import FilmFacts
from indicsubs_common.subtitles.violations import cue_characters, cue_words, find_violations
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.cues import Cue

RULES = Rules()
GOOD = Cue(start_ms=10_000, end_ms=12_000, lines=("नमस्ते।",))


def rules_broken(*cues: Cue, rules: Rules = RULES, **facts) -> list[tuple[int, str, float]]:
    violations = find_violations(cues, rules, FilmFacts(**facts))
    return [(violation.cue, violation.rule, violation.value) for violation in violations]


def cue(*lines: str, start_ms: int = 0, end_ms: int = 5_000) -> Cue:
    return Cue(start_ms=start_ms, end_ms=end_ms, lines=lines)


def test_a_good_cue_has_no_violation():
    assert rules_broken() == []
    assert rules_broken(GOOD, film_end_ms=12_000, shot_changes_ms=(10_000,)) == []


def test_length_is_in_grapheme_clusters_unless_the_rules_count_code_points():
    line = "क्षे" * 42
    assert rules_broken(cue(line)) == []
    assert rules_broken(cue(line), rules=Rules(count="code_points")) == [
        (0, "length", 168), (0, "speed", 33.6),
    ]  # fmt: skip
    (violation,) = find_violations([cue(line + "क")], RULES, FilmFacts())
    assert (violation.value, violation.limit, violation.unit) == (43, 42, "characters")
    assert "169 code points" in violation.detail


def test_lines_and_words():
    assert rules_broken(cue("a", "b", "c")) == [(0, "lines", 3)]
    few = Rules(cue_words=2)
    assert rules_broken(cue("- a", "- b"), rules=few) == []
    assert rules_broken(cue("♪ a b c ♪"), rules=few) == [(0, "words", 3)]


def test_time_on_screen():
    assert rules_broken(cue("a", end_ms=833)) == []
    assert rules_broken(cue("a", end_ms=832)) == [(0, "short", 832)]
    assert rules_broken(cue("a", end_ms=7_000)) == []
    assert rules_broken(cue("a", end_ms=7_001)) == [(0, "long", 7_001)]


def test_speed_counts_the_end_of_a_line_as_a_space():
    assert rules_broken(cue("a" * 20, "b" * 19, end_ms=2_000)) == []
    assert rules_broken(cue("a" * 20, "b" * 20, end_ms=2_000)) == [(0, "speed", 20.5)]
    words = Rules(characters_per_second=None, words_per_minute=120)
    assert rules_broken(cue("a b c d", end_ms=2_000), rules=words) == []
    assert rules_broken(cue("a b c d e", end_ms=2_000), rules=words) == [(0, "speed", 150)]


def test_a_gap_is_two_frames_or_a_pause():
    def after(gap_ms: int, **facts) -> list[tuple[int, str, float]]:
        return rules_broken(GOOD, cue("a", start_ms=12_000 + gap_ms, end_ms=16_000), **facts)

    assert after(84) == []
    assert after(83) == [(1, "gap", 83)]
    assert after(80, frame_rate=Fraction(25)) == []
    assert after(300) == [(1, "gap", 300)]
    assert after(500) == []
    assert after(0) == [(1, "gap", 0)]
    assert after(-1) == [(1, "overlap", 1)]


def test_the_end_of_the_film():
    assert rules_broken(GOOD, film_end_ms=11_999) == [(0, "film_end", 12_000)]


@pytest.mark.parametrize(
    ("shot_change_ms", "found"),
    [
        (9_500, []),
        (9_501, [(0, "cut", 499)]),
        (10_000, []),
        (10_499, [(0, "cut", 499)]),
        (10_500, []),
        (12_084, []),
        (12_085, [(0, "cut", 85)]),
        (12_000, [(0, "cut", 0)]),
        (12_500, []),
        (11_501, [(0, "cut", 499)]),
    ],
)
def test_cues_beside_a_shot_change(shot_change_ms: int, found: list[tuple[int, str, float]]):
    assert rules_broken(GOOD, shot_changes_ms=(shot_change_ms,)) == found
    assert rules_broken(GOOD, shot_changes_ms=(shot_change_ms,), rules=Rules(cut_ms=0)) == []


def test_an_empty_cue_has_no_characters_and_no_words():
    assert cue_characters(cue(), RULES) == cue_words(cue()) == 0


def test_the_detail_names_the_value_and_the_limit():
    cues = [
        cue("नमस्ते" * 15, "b", "c", end_ms=500),
        cue("d", start_ms=400, end_ms=7_500),
        cue("e", start_ms=7_550, end_ms=9_000),
        cue("f", start_ms=9_200, end_ms=11_000),
    ]
    violations = find_violations(
        cues, Rules(cue_words=2, cut_ms=50), FilmFacts(film_end_ms=10_900, shot_changes_ms=(9_210,))
    )
    assert [violation.detail for violation in violations] == [
        "Line 1 has 45 characters, 42 at most (90 code points).",
        "3 lines, 2 at most.",
        "3 words, 2 at most.",
        "On screen for 500 ms, 833 ms at least.",
        "98 characters/s, 20 at most (94 code points in 500 ms).",
        "On screen for 7100 ms, 7000 ms at most.",
        "It comes 100 ms before the previous cue is gone.",
        "It comes 50 ms after the previous cue, 84 ms at least.",
        "It comes 200 ms after the previous cue, more than 84 ms and less than 500 ms.",
        "It comes 10 ms before a cut.",
        "It ends 100 ms after the film.",
    ]
