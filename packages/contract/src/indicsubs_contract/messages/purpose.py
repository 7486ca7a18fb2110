"""The audience of subtitles."""

from typing import Literal, TypeAlias

SubtitlePurpose: TypeAlias = Literal["full", "forced", "sdh"]
"""For all viewers (``full``); for those who need only what is not in the language they hear
(``forced``); for the deaf and hard of hearing (``sdh``). Players choose tracks by it."""
