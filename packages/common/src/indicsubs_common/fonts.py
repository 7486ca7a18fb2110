"""Which font has the script of a language."""

import msgspec

from indicsubs_contract.languages import Language


class Font(msgspec.Struct, frozen=True, kw_only=True):
    """A font family, and how it is measured."""

    family: str
    line_height: float
    """From the highest to the lowest letter, in units of the font size (usWinAscent and
    usWinDescent over unitsPerEm). ASS gives sizes in line heights, all else in font sizes."""


_FONTS: dict[str, Font] = {
    "Latn": Font(family="Noto Sans", line_height=1.362),
    "Deva": Font(family="Noto Sans Devanagari", line_height=1.304),
    "Beng": Font(family="Noto Sans Bengali", line_height=1.325),
    "Guru": Font(family="Noto Sans Gurmukhi", line_height=1.304),
    "Gujr": Font(family="Noto Sans Gujarati", line_height=1.304),
    "Orya": Font(family="Noto Sans Oriya", line_height=1.362),
    "Taml": Font(family="Noto Sans Tamil", line_height=1.24),
    "Telu": Font(family="Noto Sans Telugu", line_height=1.352),
    "Knda": Font(family="Noto Sans Kannada", line_height=1.349),
    "Mlym": Font(family="Noto Sans Malayalam", line_height=1.247),
    "Mtei": Font(family="Noto Sans Meetei Mayek", line_height=1.39),
    "Olck": Font(family="Noto Sans Ol Chiki", line_height=1.362),
    "Arab": Font(family="Noto Sans Arabic", line_height=2.112),
}
"""The font of each script, free (OFL) and drawn to go together.

Source: Noto's families by script (notofonts.github.io); the heights were read with fontTools from
the files of Debian's fonts-noto-core 20201225.
"""

_NASTALIQ = Font(family="Noto Nastaliq Urdu", line_height=2.5)
"""Urdu and Kashmiri readers expect the sloping hand; Sindhi is set upright (Naskh)."""
_OWN: dict[str, Font] = {"ur": _NASTALIQ, "ks": _NASTALIQ}


def font_of(language: Language) -> Font:
    """The font that shows a language."""
    return _OWN.get(language.tag) or _FONTS[language.flores.partition("_")[2]]
