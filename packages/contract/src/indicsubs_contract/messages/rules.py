"""The numbers that the cues of one language have to keep."""

from typing import Literal, TypeAlias

from indicsubs_contract.structs import Message

Count: TypeAlias = Literal["graphemes", "code_points"]


class Rules(Message, frozen=True, kw_only=True):
    """The rules for the cues of one language.

    The defaults are those of the profile ``house``; a test holds the two together. Sources stand in
    the profiles (``profiles/*.toml``), the unit of each number in :data:`UNITS`.
    """

    profile: str = "house"
    """The name of the profile, or the path of the user's file."""
    count: Count = "graphemes"
    """What counts as a character: a grapheme cluster, or a code point."""
    line_characters: int = 42
    lines: int = 2
    characters_per_second: float | None = 20.0
    """Reading speed that a cue may ask for; None does not limit it."""
    words_per_minute: float | None = None
    """The same in words."""
    cue_words: int | None = None
    """Words in a cue at the most."""
    shortest_ms: int = 833
    longest_ms: int = 7_000
    gap_frames: int = 2
    """Between two cues at the least, in frames of the film's own rate."""
    close_gap_below_ms: int = 500
    """A gap shorter than this is closed to ``gap_frames``; 0 closes none."""
    lead_ms: int = 83
    """A cue that would be too short may come this much before its speech."""
    linger_ms: int = 1_500
    """A cue that would be too short or too fast may stay this much after its speech."""
    cut_ms: int = 500
    """An edge of a cue this near to a shot change moves to it, or away; 0 disregards cuts."""
    cut_gap_frames: int = 2
    """A cue that ends at a cut ends so many frames before it."""
    dialogue_dash: str = "- "
    """Before the line of each speaker, where a cue has two; empty: no cue has two."""
    song_mark: str = "♪"
    """At both ends of a cue that is sung; empty for none."""
    song_italics: bool = True
    sounds: bool = False
    """Whether descriptions of sounds are shown."""
    sound_brackets: str = "[]"
    """The two characters around a description of a sound; empty for none."""
