"""Counting what a reader takes for one character.

Code points overstate Indic text by half and more: a vowel sign is no character of its own to its
reader. Lines and reading speeds are therefore counted in extended grapheme clusters (UAX #29,
revision 43 and later, with rule GB9c for Indic conjuncts).

The break properties are derived from :mod:`unicodedata`, not from the annex's own tables. What is
approximate: extended pictographs are taken to be the symbols (``So``) of the emoji blocks; an
unassigned code point counts as a character; conjuncts join in the six scripts that Unicode 15.1
lists, so Tamil, Kannada and Gurmukhi conjuncts count as two, as the annex has it.
"""

from functools import lru_cache
from unicodedata import category

from indicsubs_contract.rules import Count

_ZWNJ, _ZWJ = "\u200c", "\u200d"
_VIRAMAS = frozenset("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d")
"""Conjunct linkers (InCB=Linker) of Devanagari, Bengali, Gujarati, Odia, Telugu and Malayalam."""
_CONSONANTS = (
    (0x0915, 0x0939), (0x0958, 0x095F), (0x0978, 0x097F),
    (0x0995, 0x09B9), (0x09DC, 0x09DF), (0x09F0, 0x09F1),
    (0x0A95, 0x0AB9), (0x0AF9, 0x0AF9),
    (0x0B15, 0x0B39), (0x0B5C, 0x0B5F), (0x0B71, 0x0B71),
    (0x0C15, 0x0C39), (0x0C58, 0x0C5A),
    (0x0D15, 0x0D3A),
)  # fmt: skip
"""Their consonants (InCB=Consonant)."""
_PREPENDED = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u0d4e")
_SKIN_TONES = (0x1F3FB, 0x1F3FF)
_TAGS = (0xE0020, 0xE007F)
_REGIONAL = (0x1F1E6, 0x1F1FF)
_PICTOGRAPHS = ((0x2190, 0x2BFF), (0x1F000, 0x1FAFF))
_HANGUL = {
    "L": ((0x1100, 0x115F), (0xA960, 0xA97C)),
    "V": ((0x1160, 0x11A7), (0xD7B0, 0xD7C6)),
    "T": ((0x11A8, 0x11FF), (0xD7CB, 0xD7FB)),
}


def count_graphemes(text: str) -> int:
    """Number of extended grapheme clusters.

    >>> count_graphemes("नमस्ते"), count_graphemes("क्षेत्र"), count_graphemes("நிலா")
    (3, 2, 2)
    """
    if text.isascii():
        return len(text) - text.count("\r\n")
    count = 0
    previous = ""
    conjunct = ""
    """How far a conjunct has come: "" none, "consonant", "linked" once a virama has followed."""
    pictograph = False
    flags = 0
    for character in text:
        if not previous or not (
            _joins(previous, character)
            or (conjunct == "linked" and _is_consonant(character))
            or (pictograph and previous == _ZWJ and _is_pictograph(character))
            or (flags % 2 == 1 and _within(character, _REGIONAL))
        ):
            count += 1
        if _is_consonant(character):
            conjunct = "consonant"
        elif character in _VIRAMAS:
            conjunct = conjunct and "linked"
        elif not _extends(character) or character == _ZWNJ:
            conjunct = ""
        pictograph = _is_pictograph(character) or (pictograph and _extends(character))
        flags = flags + 1 if _within(character, _REGIONAL) else 0
        previous = character
    return count


@lru_cache(maxsize=8192)
def characters(text: str, count: Count = "graphemes") -> int:
    """How long a text is, by what counts as a character; films repeat their words."""
    return count_graphemes(text) if count == "graphemes" else len(text)


def _joins(before: str, after: str) -> bool:
    """Rules GB3 to GB9b: whether two neighbours are never parted, whatever stands before them."""
    if _is_control(before) or _is_control(after):
        return before == "\r" and after == "\n"
    if _extends(after) or category(after) == "Mc" or before in _PREPENDED:
        return True
    left, right = _syllable_part(before), _syllable_part(after)
    return (left == "L" and right in {"L", "V", "LV", "LVT"}) or (
        (left in {"V", "LV"} and right in {"V", "T"}) or (left in {"T", "LVT"} and right == "T")
    )


def _extends(character: str) -> bool:
    return (
        category(character) in {"Mn", "Me"}
        or character in {_ZWNJ, _ZWJ}
        or _within(character, _SKIN_TONES)
        or _within(character, _TAGS)
    )


def _is_control(character: str) -> bool:
    return category(character) in {"Cc", "Zl", "Zp"} or (
        category(character) == "Cf"
        and character not in {_ZWNJ, _ZWJ}
        and character not in _PREPENDED
        and not _within(character, _TAGS)
    )


def _is_consonant(character: str) -> bool:
    return (
        "\u0915" <= character <= "\u0d3a"
        and category(character) == "Lo"
        and any(_within(character, span) for span in _CONSONANTS)
    )


def _is_pictograph(character: str) -> bool:
    return (
        category(character) == "So"
        and not _within(character, _REGIONAL)
        and any(_within(character, span) for span in _PICTOGRAPHS)
    )


def _syllable_part(character: str) -> str:
    """L, V or T for a Hangul jamo, LV or LVT for a syllable, else nothing."""
    if "\uac00" <= character <= "\ud7a3":
        return "LV" if (ord(character) - 0xAC00) % 28 == 0 else "LVT"
    for part, spans in _HANGUL.items():
        if any(_within(character, span) for span in spans):
            return part
    return ""


def _within(character: str, span: tuple[int, int]) -> bool:
    return span[0] <= ord(character) <= span[1]
