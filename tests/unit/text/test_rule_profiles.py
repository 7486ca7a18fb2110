"""Rule profiles: the bundled ones, a user's own, and everything that is wrong with one."""

from datetime import date
from fractions import Fraction
from pathlib import Path
from textwrap import dedent

import pytest
from msgspec.structs import replace

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.rules import Rules
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.rule_profiles import BUNDLED, load_profile
from indicsubs_text.rules import UNITS, parse_frame_rate


def write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(dedent(text), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("name", BUNDLED)
def test_every_number_has_a_source_with_a_date_and_its_unit(name: str):
    profile = load_profile(name)
    assert profile.title
    for tag in LANGUAGES:
        numbers = profile.numbers(tag)
        assert set(numbers) == set(UNITS)
        for rule, number in numbers.items():
            assert number.unit == UNITS[rule]
            source = profile.sources[number.source]
            assert source.title
            assert isinstance(source.retrieved, date)


def test_the_rules_by_default_are_those_of_house():
    assert {load_profile("house").rules_for(tag) for tag in LANGUAGES} == {Rules()}


def test_house_says_of_no_number_that_it_is_second_hand_and_netflix_of_its_indic_speeds():
    assert not any(number.secondary for number in load_profile("house").numbers("hi").values())
    numbers = load_profile("netflix").numbers("hi")
    assert [rule for rule, number in numbers.items() if number.secondary] == [
        "characters_per_second"
    ]


@pytest.mark.parametrize(
    ("profile", "tag", "speed"),
    [
        ("netflix", "en", 20), ("netflix", "hi", 22), ("netflix", "ml", 22), ("netflix", "pa", 17),
        ("netflix-children", "en", 17), ("netflix-children", "ta", 18),
        ("netflix-children", "ur", 13),
        ("netflix-sdh", "hi", 25), ("netflix-sdh", "te", 22), ("netflix-sdh", "gu", 20),
        ("netflix-sdh-children", "hi", 20), ("netflix-sdh-children", "bn", 18),
        ("netflix-sdh-children", "as", 17), ("ted", "hi", 21), ("bbc", "hi", None),
    ],
)  # fmt: skip
def test_reading_speeds_are_those_of_the_guides(profile: str, tag: str, speed: float | None):
    assert load_profile(profile).rules_for(tag).characters_per_second == speed


def test_sounds_are_for_those_who_do_not_hear_them():
    assert {name for name in BUNDLED if load_profile(name).rules_for("hi").sounds} == {
        "sdh", "netflix-sdh", "netflix-sdh-children",
    }  # fmt: skip


def test_a_profile_of_ones_own_extends_another_and_says_little(tmp_path: Path):
    write(tmp_path, 'extends = "netflix"\n[rules]\nlines = 1\n', "base.toml")
    path = write(
        tmp_path,
        """
        title = "Ours"
        extends = "base.toml"
        [sources.ours]
        title = "Our own test with forty viewers"
        retrieved = 2026-11-01
        [rules]
        line_characters = 36
        [languages.ta]
        line_characters = { value = 32, unit = "characters", source = "ours", secondary = true }
        characters_per_second = "none"
        words_per_minute = 140
        """,
    )
    profile = load_profile(path)
    hindi, tamil = profile.rules_for("hi"), profile.rules_for("ta")
    assert (hindi.line_characters, hindi.lines, hindi.characters_per_second) == (36, 1, 22)
    assert (tamil.line_characters, tamil.characters_per_second) == (32, None)
    assert tamil.words_per_minute == 140
    assert hindi.profile == path
    assert profile.numbers("ta")["line_characters"].secondary
    assert profile.numbers("hi")["line_characters"].source == "mine.toml"
    assert "ta" in profile.tags()


def test_a_nearer_file_wins_over_what_a_further_one_says_of_a_language(tmp_path: Path):
    path = write(tmp_path, 'extends = "netflix"\n[rules]\ncharacters_per_second = 10')
    assert load_profile(path).rules_for("hi").characters_per_second == 10


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[rules]\nlinez = 2",
            r"mine.toml: rules.linez: the rule is unknown; the nearest is lines\.",
        ),
        ("[rules]\nxyzzy = 2", r"rules.xyzzy: the rule is unknown; the rules are count, line_char"),
        ("[languages.hi]\nlinez = 2", r"mine.toml: languages.hi.linez: the rule is unknown"),
        (
            "[languages.fr]\nlines = 2",
            r"mine.toml: languages.fr: the language is unknown; give one of as",
        ),
        ("[rules]\nlines = 1.5", r"rules.lines: Expected `int`"),
        ("[rules]\nlines = true", r"rules.lines: Expected `int`"),
        ('[rules]\nlines = "none"', r"rules.lines: Expected `int`, got `null`"),
        ('[rules]\ncount = "bytes"', r"rules.count: Invalid enum value"),
        ("[rules]\nlines = { valu = 1 }", r"rules.lines: Object (missing|contains)"),
        ('[rules]\nlines = { value = 1, unit = "ms" }', r"rules.lines: its unit is lines, not ms"),
        ('[rules]\nsounds = { value = true, unit = "ms" }', r"its unit is none, not ms"),
        ('[rules]\nlines = { value = 1, source = "x" }', r"source 'x' is not among"),
        ("[rules]\nlines = 0", r"mine.toml: rules.lines: lines, 0, must be more than 0"),
        ("[rules]\ncharacters_per_second = 0", r"characters_per_second, 0, must be more than 0"),
        ("[rules]\ncharacters_per_second = inf", r"characters_per_second, inf, must be more"),
        ("[rules]\ncharacters_per_second = nan", r"characters_per_second, nan, must be more"),
        ("[rules]\ngap_frames = -1", r"rules.gap_frames: gap_frames, -1, must not be negative"),
        (
            "[rules]\nlongest_ms = 500",
            r"mine.toml: rules.longest_ms: longest_ms, 500 ms, is less than shortest_ms, 833",
        ),
        (
            "[rules]\nshortest_ms = 8000",
            r"mine.toml: rules.shortest_ms: longest_ms, 7000 ms, is less than shortest_ms, 8",
        ),
        (
            "[rules]\ngap_frames = 30",
            r"mine.toml: rules.gap_frames: close_gap_below_ms, 500 ms, is less than gap_frame",
        ),
        (
            "[rules]\ngap_frames = 30\nclose_gap_below_ms = 0",
            r"gap_frames, 30 frames \(1250 ms at 24 a second\), is longer than shortest_ms, 833",
        ),
        (
            "[rules]\ncut_gap_frames = 20",
            r"cut_gap_frames, 20 frames .* is longer than cut_ms, 500 ms",
        ),
        ('[rules]\nsound_brackets = "["', r"sound_brackets, '\[', is not two characters"),
        ('[rules]\nsong_mark = "♪♪♪♪♪"', r"song_mark, .*, is more than 4 characters"),
        ('[rules]\ndialogue_dash = "-\\n"', r"dialogue_dash, .*, is .* or two lines"),
        ("[languages.ta]\nlines = 0", r"mine.toml: languages.ta.lines: lines, 0, must be more"),
        ("[rule]\nlines = 2", r"mine.toml is not a rule profile: .*`rule`"),
        ("[rules", r"mine.toml is not TOML"),
        ('extends = "mine.toml"', r"mine.toml: extends: it extends itself"),
    ],
)
def test_an_error_names_the_file_and_the_key(tmp_path: Path, text: str, message: str):
    path = write(tmp_path, text if "extends" in text else f'extends = "house"\n{text}')
    with pytest.raises(IndicsubsError, match=message) as caught:
        load_profile(path)
    assert caught.value.code is FailureCode.BAD_INPUT


def test_a_profile_that_extends_nothing_takes_the_rest_from_house(tmp_path: Path):
    profile = load_profile(write(tmp_path, "[rules]\nlines = 1"))
    assert profile.rules_for("hi") == replace(Rules(), profile=profile.name, lines=1)
    with pytest.raises(IndicsubsError, match=r"mine.toml: rules.shortest_ms: longest_ms, 7000"):
        load_profile(write(tmp_path, "[rules]\nshortest_ms = 8000"))


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("24000/1001", Fraction(24_000, 1_001)), ("25", Fraction(25)), (None, None), ("", None),
        ("0/0", None), ("25/0", None), ("fast", None), ("90000/1", None), ("1/2", None),
    ],
)  # fmt: skip
def test_a_frame_rate_is_one_that_a_film_can_have(text: str | None, rate: Fraction | None):
    assert parse_frame_rate(text) == rate


def test_bytes_that_are_no_text_are_no_profile(tmp_path: Path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(IndicsubsError, match="is not TOML"):
        load_profile(str(path))


@pytest.mark.parametrize(
    ("name", "hint"), [("netflx", "Did you mean netflix?"), ("mine.toml", "The profiles are house")]
)
def test_an_absent_profile_is_an_error_that_names_the_others(name: str, hint: str):
    with pytest.raises(IndicsubsError) as caught:
        load_profile(name)
    assert caught.value.code is FailureCode.NO_INPUT
    assert hint in caught.value.message
