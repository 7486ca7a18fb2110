"""The rules for the cues of one language."""

from typing import Literal, TypeAlias

from indicsubs_contract.structs import Message

Count: TypeAlias = Literal["graphemes", "code_points"]
"""What counts as one character: a grapheme cluster, or a code point."""


class Rules(Message, frozen=True, kw_only=True):
    """The rules for the cues of one language.

    The defaults are the values of the profile ``house``; a test compares them. The sources are in
    the profiles (``profiles/*.toml``); the unit of each number is in
    ``indicsubs_text.rules.UNITS``.
    """

    profile: str = "house"
    """The name of the profile, or the path of the user's file."""
    count: Count = "graphemes"
    line_characters: int = 42
    lines: int = 2
    characters_per_second: float | None = 20.0
    """The highest reading speed of a cue; None sets no limit."""
    words_per_minute: float | None = None
    """The highest reading speed in words; None sets no limit."""
    cue_words: int | None = None
    """The most words in a cue; None sets no limit."""
    shortest_ms: int = 833
    longest_ms: int = 7_000
    gap_frames: int = 2
    """The shortest gap between two cues, in frames of the film's own rate."""
    close_gap_below_ms: int = 500
    """A gap shorter than this is reduced to ``gap_frames``; 0 reduces no gap."""
    lead_ms: int = 83
    """A cue that would be too short may start this much before its speech."""
    linger_ms: int = 1_500
    """A cue that would be too short or too fast may end this much after its speech."""
    cut_ms: int = 500
    """The start or end of a cue that is this near to a shot change moves to it, or away from it; 0
    ignores shot changes."""
    cut_gap_frames: int = 2
    """A cue that ends at a shot change ends this number of frames before it."""
    dialogue_dash: str = "- "
    """The text before the line of each speaker in a cue of two speakers. Where it is empty, every
    cue has one speaker."""
    song_mark: str = "♪"
    """The mark at both ends of a cue that is sung; empty for no mark."""
    song_italics: bool = True
    sounds: bool = False
    """Whether descriptions of sounds are shown."""
    sound_brackets: str = "[]"
    """The two characters around a description of a sound; empty for no brackets."""
