"""Which font has the script of a language."""

import msgspec

from indicsubs_contract.languages import Language


class Font(msgspec.Struct, frozen=True, kw_only=True):
    """A font family, and how large it is to be asked for."""

    family: str
    ass_scale: float
    """Size in ASS over the font size that all else goes by. ASS measures from the highest to the
    lowest letter of the font: usWinAscent and usWinDescent over unitsPerEm."""


_FONTS: dict[str, Font] = {
    "Latn": Font(family="Noto Sans", ass_scale=1.362),
    "Deva": Font(family="Noto Sans Devanagari", ass_scale=1.304),
    "Beng": Font(family="Noto Sans Bengali", ass_scale=1.325),
    "Guru": Font(family="Noto Sans Gurmukhi", ass_scale=1.304),
    "Gujr": Font(family="Noto Sans Gujarati", ass_scale=1.304),
    "Orya": Font(family="Noto Sans Oriya", ass_scale=1.362),
    "Taml": Font(family="Noto Sans Tamil", ass_scale=1.24),
    "Telu": Font(family="Noto Sans Telugu", ass_scale=1.352),
    "Knda": Font(family="Noto Sans Kannada", ass_scale=1.349),
    "Mlym": Font(family="Noto Sans Malayalam", ass_scale=1.247),
    "Mtei": Font(family="Noto Sans Meetei Mayek", ass_scale=1.39),
    "Olck": Font(family="Noto Sans Ol Chiki", ass_scale=1.362),
    "Arab": Font(family="Noto Sans Arabic", ass_scale=1.75),
}
"""The font of each script, free (OFL) and drawn to go together.

Source: Noto's families by script (notofonts.github.io); the scales were read with fontTools from
the files of Debian's fonts-noto-core 20201225. Those of Arabic script are smaller than the files'
(2.112, Nastaliq 2.5): Latin letters and notes, which players take from another font at the same
size in ASS, would tower over them.
"""

_NASTALIQ = Font(family="Noto Nastaliq Urdu", ass_scale=2.0)
"""Urdu and Kashmiri readers expect the sloping hand; Sindhi is set upright (Naskh)."""
_OWN: dict[str, Font] = {"ur": _NASTALIQ, "ks": _NASTALIQ}


def font_of(language: Language) -> Font:
    """The font that shows a language."""
    return _OWN.get(language.tag) or _FONTS[language.flores.partition("_")[2]]
