"""Calculations with the rules for cues: contradictions, reading times and frame rates."""

from fractions import Fraction
from math import ceil

from indicsubs_contract.messages.rules import Rules

DEFAULT_FRAME_RATE = Fraction(24)
"""The frame rate that is assumed where the film's rate is unknown. It is nearly the lowest of the
usual rates, so a gap of some frames is long enough at the other rates too."""
SLOWEST_RATE = Fraction(12)
"""The slowest frame rate that gaps follow: animation has 12 drawings a second."""

UNITS: dict[str, str] = {
    "count": "",
    "line_characters": "characters",
    "lines": "lines",
    "characters_per_second": "characters/s",
    "words_per_minute": "words/min",
    "cue_words": "words",
    "shortest_ms": "ms",
    "longest_ms": "ms",
    "gap_frames": "frames",
    "close_gap_below_ms": "ms",
    "lead_ms": "ms",
    "linger_ms": "ms",
    "cut_ms": "ms",
    "cut_gap_frames": "frames",
    "dialogue_dash": "",
    "song_mark": "",
    "song_italics": "",
    "sounds": "",
    "sound_brackets": "",
}
"""The unit of every rule that a profile can set; empty for a rule that is not a quantity."""

_POSITIVE = (
    "line_characters",
    "lines",
    "characters_per_second",
    "words_per_minute",
    "cue_words",
    "shortest_ms",
)
_NOT_NEGATIVE = (
    "gap_frames",
    "close_gap_below_ms",
    "lead_ms",
    "linger_ms",
    "cut_ms",
    "cut_gap_frames",
)
_LONGEST_MARK = 4
"""The most characters that a dialogue dash or a song mark may have."""


def contradictions(rules: Rules) -> list[tuple[tuple[str, ...], str]]:
    """Returns the reasons why no cue can keep the rules.

    A reason is the names of one or two rules, and an explanation.

    >>> contradictions(Rules(shortest_ms=9_000))
    [(('longest_ms', 'shortest_ms'), 'longest_ms, 7000 ms, is less than shortest_ms, 9000 ms')]
    """
    gap_ms = frames_ms(rules.gap_frames, DEFAULT_FRAME_RATE)
    gap = f"gap_frames, {rules.gap_frames} frames ({gap_ms} ms at 24 a second)"
    cut_gap_ms = frames_ms(rules.cut_gap_frames, DEFAULT_FRAME_RATE)
    cut_gap = f"cut_gap_frames, {rules.cut_gap_frames} frames ({cut_gap_ms} ms at 24 a second)"
    cut = f"cut_ms, {rules.cut_ms} ms"
    shortest, longest = f"shortest_ms, {rules.shortest_ms} ms", f"longest_ms, {rules.longest_ms} ms"
    closed = f"close_gap_below_ms, {rules.close_gap_below_ms} ms"
    found: list[tuple[tuple[str, ...], str]] = [
        ((name,), f"{name}, {value:g}, must be more than 0")
        for name in _POSITIVE
        if (value := getattr(rules, name)) is not None and not 0 < value < float("inf")
    ]
    found += [
        ((name,), f"{name}, {value}, must not be negative")
        for name in _NOT_NEGATIVE
        if (value := getattr(rules, name)) < 0
    ]
    found += [
        ((name,), f"{name}, {mark!r}, is more than {_LONGEST_MARK} characters, or two lines")
        for name in ("dialogue_dash", "song_mark")
        if len(mark := getattr(rules, name)) > _LONGEST_MARK or "\n" in mark
    ]
    if len(rules.sound_brackets) not in {0, 2}:
        found.append(
            (
                ("sound_brackets",),
                f"sound_brackets, {rules.sound_brackets!r}, is not two characters",
            )
        )
    if rules.longest_ms < rules.shortest_ms:
        found.append((("longest_ms", "shortest_ms"), f"{longest}, is less than {shortest}"))
    if 0 < rules.close_gap_below_ms < gap_ms:
        found.append((("close_gap_below_ms", "gap_frames"), f"{closed}, is less than {gap}"))
    if gap_ms > rules.shortest_ms > 0:
        found.append((("gap_frames", "shortest_ms"), f"{gap}, is longer than {shortest}"))
    if 0 < rules.cut_ms < cut_gap_ms:
        found.append((("cut_gap_frames", "cut_ms"), f"{cut_gap}, is longer than {cut}"))
    return found


def frames_ms(frames: int, rate: Fraction) -> int:
    """Returns the duration of a number of frames in milliseconds, rounded up.

    The rules mean the frames of usual films. A frame counts as ``SLOWEST_RATE`` at the slowest: a
    still picture with sound may have one frame in many seconds.

    >>> frames_ms(2, Fraction(24_000, 1_001)), frames_ms(2, Fraction(25)), frames_ms(2, Fraction(1))
    (84, 80, 167)
    """
    return ceil(frames * 1000 / max(rate, SLOWEST_RATE))


def reading_ms(characters: int, words: int, rules: Rules) -> int:
    """Returns the shortest time in ms in which a text can be read, rounded up.

    >>> reading_ms(40, 8, Rules())
    2000
    """
    by_characters = by_words = 0.0
    if rules.characters_per_second is not None:
        by_characters = 1000 * characters / rules.characters_per_second
    if rules.words_per_minute is not None:
        by_words = 60_000 * words / rules.words_per_minute
    return ceil(max(by_characters, by_words))


def parse_frame_rate(text: str | None) -> Fraction | None:
    """Parses a container's frame rate, ``24000/1001``; None where it is absent or impossible.

    >>> parse_frame_rate("30000/1001"), parse_frame_rate("0/1"), parse_frame_rate(None)
    (Fraction(30000, 1001), None, None)
    """
    try:
        rate = Fraction(text or 0)
    except (ValueError, ZeroDivisionError):
        return None
    return rate if 1 <= rate <= 1000 else None
