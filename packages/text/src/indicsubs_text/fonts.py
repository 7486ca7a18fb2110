"""The type of the fonts in the tables of scripts and languages."""

import msgspec


class Font(msgspec.Struct, frozen=True, kw_only=True):
    """A font family, with the factor for its size in ASS."""

    family: str
    ass_scale: float
    """The size in ASS divided by the size in all other formats. In ASS, the size is the distance
    from the highest to the lowest letter, so the factor is the sum of usWinAscent and usWinDescent,
    divided by unitsPerEm."""


NASTALIQ = Font(family="Noto Nastaliq Urdu", ass_scale=2.0)
"""Readers of Urdu and Kashmiri expect this sloping style; Sindhi is set upright (Naskh)."""
