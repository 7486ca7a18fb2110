"""What a writer of subtitles may need to know besides the cues."""

from fractions import Fraction

import msgspec

from indicsubs_text.cues import Cue
from indicsubs_text.fonts import Font
from indicsubs_text.languages import Language


class FileStyle(msgspec.Struct, frozen=True, kw_only=True):
    """The language of the cues, and the film that they go with."""

    language: Language
    width: int = 1920
    """Of the film's picture, in pixels."""
    height: int = 1080
    frame_rate: Fraction | None = None
    """Frames a second, ``24000/1001``; None where it is unknown or varies."""
    own_font: Font | None = None
    """The user's choice; None takes the language's own."""
    song_italics: bool = True

    @property
    def font(self) -> Font:
        """The font that the cues are to be shown in."""
        return self.own_font or self.language.font

    def is_italic(self, cue: Cue) -> bool:
        """Whether a cue is shown in italics: a song, if the rules want it so."""
        return self.song_italics and cue.kind == "song"

    def exact_us(self, ms: int) -> int:
        """The time that ``ms`` stands for, in microseconds, rounded down.

        A time that is a frame's, rounded to milliseconds, becomes the frame's own again: a player
        that is told a time half a millisecond after the frame shows the cue one frame late.
        """
        if self.frame_rate:
            time_of_frame = round(ms * self.frame_rate / 1000) / self.frame_rate
            if round(time_of_frame * 1000) == ms:
                return int(time_of_frame * 1_000_000)
        return ms * 1000
