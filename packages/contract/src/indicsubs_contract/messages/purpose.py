"""The audience of subtitles."""

from typing import Literal, TypeAlias

SubtitlePurpose: TypeAlias = Literal["full", "forced", "sdh"]
"""``full`` is for all viewers. ``forced`` is for viewers who understand the language of the film
and need only the lines in other languages. ``sdh`` is for the deaf and hard of hearing. Players
choose tracks by their purpose."""
