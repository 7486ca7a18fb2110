"""Counts the characters of a text as a reader sees them.

Indic text has more code points than characters, by half or more, because a reader does not see a
vowel sign as a separate character. Lines and reading speeds are therefore counted in extended
grapheme clusters (UAX #29, revision 43 and later, with rule GB9c for Indic conjuncts).

The break properties are derived from :mod:`unicodedata`, not from the annex's own tables. Three
results are approximate or may surprise:

* The extended pictographs are the symbols (``So``) of the emoji blocks.
* An unassigned code point counts as a character.
* Conjuncts join only in the six scripts that Unicode 15.1 lists. Tamil, Kannada and Gurmukhi
  conjuncts count as two characters, as in the annex.
"""

import re
from functools import lru_cache
from unicodedata import category

from indicsubs_contract.messages.rules import Count

_CLUSTER = re.compile(
    r"""
      RN                              # carriage return, line feed
    | [RNC]                           # another control
    | P*
      (?: L* (?: V+ | AV* | B ) T*    # a Hangul syllable
        | L+ | T+
        | FF                          # a flag
        | S (?: [EJKO]* JS )*         # pictographs, joined
        | I (?: [EJ]* K [EJK]* I )*   # an Indic conjunct
        | [^RNC]
      )
      [EJKOM]*
    """,
    re.VERBOSE,
)
"""A cluster as in table 1c of the annex; :func:`_break_class` explains the letters."""
_CLASSES = {
    "\r": "R",
    "\n": "N",
    "\u200c": "O",
    "\u200d": "J",
    **dict.fromkeys("\u094d\u09cd\u0acd\u0b4d\u0c4d\u0d4d", "K"),
    **dict.fromkeys("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2\u0d4e", "P"),
}
_OF_SPANS = (
    ("E", "Sk", (range(0x1F3FB, 0x1F400),)),
    ("E", "Cf", (range(0xE0020, 0xE0080),)),
    ("F", "So", (range(0x1F1E6, 0x1F200),)),
    ("S", "So", (range(0x2190, 0x2C00), range(0x1F000, 0x1FB00))),
    ("I", "Lo", (
        range(0x0915, 0x093A), range(0x0958, 0x0960), range(0x0978, 0x0980),
        range(0x0995, 0x09BA), range(0x09DC, 0x09E0), range(0x09F0, 0x09F2),
        range(0x0A95, 0x0ABA), range(0x0AF9, 0x0AFA),
        range(0x0B15, 0x0B3A), range(0x0B5C, 0x0B60), range(0x0B71, 0x0B72),
        range(0x0C15, 0x0C3A), range(0x0C58, 0x0C5B),
        range(0x0D15, 0x0D3B),
    )),
    ("L", "Lo", (range(0x1100, 0x1160), range(0xA960, 0xA97D))),
    ("V", "Lo", (range(0x1160, 0x11A8), range(0xD7B0, 0xD7C7))),
    ("T", "Lo", (range(0x11A8, 0x1200), range(0xD7CB, 0xD7FC))),
    ("A", "Lo", (range(0xAC00, 0xD7A4, 28),)),
    ("B", "Lo", (range(0xAC00, 0xD7A4),)),
)  # fmt: skip
"""Rows of a class, the general category of its characters, and their spans. The first row that
matches counts."""
_OF_CATEGORIES = {
    **dict.fromkeys(("Cc", "Cf", "Zl", "Zp"), "C"),
    **dict.fromkeys(("Mn", "Me"), "E"),
    "Mc": "M",
}


def count_graphemes(text: str) -> int:
    """Returns the number of extended grapheme clusters.

    >>> count_graphemes("नमस्ते"), count_graphemes("क्षेत्र"), count_graphemes("நிலா")
    (3, 2, 2)
    """
    if text.isascii():
        return len(text) - text.count("\r\n")
    return len(_CLUSTER.findall("".join(map(_break_class, text))))


@lru_cache(maxsize=8192)
def characters(text: str, count: Count = "graphemes") -> int:
    """Returns the length of a text in characters. Results are cached, because films repeat words.

    Args:
        text: Any text.
        count: What counts as one character.
    """
    return count_graphemes(text) if count == "graphemes" else len(text)


@lru_cache(maxsize=4096)
def _break_class(character: str) -> str:
    """Returns the class of a character in the annex (UAX #29) as one letter.

    R is carriage return, N is line feed, C is any other control. E extends the cluster; so do J
    (the joiner), O (the non-joiner) and K (a conjunct linker: InCB=Linker; Devanagari, Bengali,
    Gujarati, Odia, Telugu, Malayalam). M is a spacing mark, P a prepended character, F a regional
    indicator, S a pictograph, I a consonant of the six scripts (InCB=Consonant). L, V and T are
    Hangul jamos. A is a Hangul syllable that ends in a vowel, B is any other Hangul syllable. X is
    any other character.
    """
    if character in _CLASSES:
        return _CLASSES[character]
    general = category(character)
    for letter, kind, spans in _OF_SPANS:
        if general == kind and any(ord(character) in span for span in spans):
            return letter
    return _OF_CATEGORIES.get(general, "X")
