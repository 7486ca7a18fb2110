"""The style of a subtitle file: its language, the size of the picture, and the font."""

from fractions import Fraction

import msgspec

from indicsubs_text.cues import Cue
from indicsubs_text.fonts import Font
from indicsubs_text.languages import Language, find_language


class FileStyle(msgspec.Struct, frozen=True, kw_only=True):
    """The facts that a subtitle file needs besides its cues: language, picture and appearance."""

    language: Language
    width: int = 1920
    """Width of the film's picture, in pixels."""
    height: int = 1080
    frame_rate: Fraction | None = None
    """Frames a second, ``24000/1001``; None where it is unknown or varies."""
    own_font: Font | None = None
    """The font that the user chose; None takes the language's font."""
    song_italics: bool = True
    for_editing: bool = False
    """Whether SubRip and WebVTT are written for people to edit and not for players: right-to-left
    lines have no direction characters, and WebVTT has no note and no cue settings."""

    @property
    def font(self) -> Font:
        """The font in which the cues are shown."""
        return self.own_font or self.language.font

    def language_of(self, cue: Cue) -> Language:
        """Returns the language of a cue's text: the file's language, unless the cue has its own."""
        return self.language if cue.language is None else find_language(cue.language)

    def other_font(self, cue: Cue) -> Font | None:
        """Returns the font of a cue in another language; None where it has the file's font."""
        font = self.own_font or self.language_of(cue).font
        return None if font == self.font else font

    def is_italic(self, cue: Cue) -> bool:
        """Returns whether a cue is shown in italics: a song is, unless the rules forbid it."""
        return self.song_italics and cue.kind == "song"

    def exact_us(self, ms: int) -> int:
        """Returns the exact time of ``ms`` in microseconds, rounded down.

        Where ``ms`` is the rounded time of a frame, the result is the frame's exact time. With a
        time half a millisecond after the frame, a player would show the cue one frame late.
        """
        if self.frame_rate:
            time_of_frame = round(ms * self.frame_rate / 1000) / self.frame_rate
            if round(time_of_frame * 1000) == ms:
                return int(time_of_frame * 1_000_000)
        return ms * 1000
