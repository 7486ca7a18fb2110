"""Font families, as the script table and the languages name them."""

import msgspec


class Font(msgspec.Struct, frozen=True, kw_only=True):
    """A font family, and the factor for its size in ASS."""

    family: str
    ass_scale: float
    """Size in ASS divided by the font size that all other formats use. ASS measures from the
    highest to the lowest letter of the font: usWinAscent and usWinDescent over unitsPerEm."""


NASTALIQ = Font(family="Noto Nastaliq Urdu", ass_scale=2.0)
"""Urdu and Kashmiri readers expect this sloping style; Sindhi is set upright (Naskh)."""
