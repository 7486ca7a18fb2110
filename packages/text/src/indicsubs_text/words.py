"""Finds the words of a line, and converts words with several encodings to one encoding.

A letter with a nukta is one character or two, and so is a chillu. Joiners are optional. Urdu is
also typed with Arabic letters. :func:`fold` converts all encodings of a word to one.
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from indicsubs_text.markup import MARKUP
from indicsubs_text.sentences import CLOSERS, TERMINATORS

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner."""
_LEFT_OUT = frozenset(JOINERS) | {"\u0640", "\u0670", *map(chr, range(0x064B, 0x0653))}
"""Optional characters: joiners, and the stretching and vowel signs of Arabic."""
_NUKTA = "\u093c"
_NUKTA_IS_OPTIONAL = frozenset("कखगजफ")
"""Letters for Persian and Arabic sounds, whose nukta is often not written. ``ड़`` and ``ढ़`` are not
included, because they are different letters from ``ड`` and ``ढ``."""
_ALIKE = {
    "ൺ": "ണ്",
    "ൻ": "ന്",
    "ർ": "ര്",
    "ൽ": "ല്",
    "ൾ": "ള്",
    "ൿ": "ക്",
    "ي": "ی",
    "ى": "ی",
    "ك": "ک",
    "ه": "ہ",
    "‘": "'",
    "’": "'",
}
"""Replacements: a chillu by letter and virama, an Arabic letter by the letter that Urdu uses, and
a quotation mark by an apostrophe."""
_BEFORE_SENTENCE = " \"'“‘([-–—♪♫"
_UNCERTAIN_ENDS = ("…", "..")
"""A sentence may continue after these marks."""


class TextWord(NamedTuple):
    """A word of a text, ``text[start:end]``."""

    text: str
    start: int
    end: int


class Folded(NamedTuple):
    """A text in one encoding, for comparisons only."""

    text: str
    places: tuple[int, ...]
    """The index of each character in the original text, in ascending order."""


def fold(text: str) -> Folded:
    """Returns a text in one encoding, with lower case, the digits 0-9 and single spaces.

    >>> fold("ज़ोया  ५").text == fold("जोया 5").text, fold("पड़ा").text == fold("पडा").text
    (True, False)
    """
    folded: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        for part in _parts(character):
            if part in _LEFT_OUT:
                continue
            if part == _NUKTA and folded and folded[-1] in _NUKTA_IS_OPTIONAL:
                continue
            if part == " " and folded[-1:] == [" "]:
                continue
            folded.append(part)
            places.append(place)
    return Folded("".join(folded), tuple(places))


def words_of(text: str) -> Iterator[TextWord]:
    """Yields the words of a text: runs of letters, their signs, and digits.

    >>> [word.text for word in words_of("राम-लक्ष्मण, Veeru's 5")]
    ['राम', 'लक्ष्मण', 'Veeru', 's', '5']
    """
    start = None
    for place, character in enumerate(f"{text} "):
        if is_of_word(character):
            start = place if start is None else start
        elif start is not None:
            yield TextWord(text[start:place], start, place)
            start = None


def is_of_word(character: str) -> bool:
    """Returns whether a character can be part of a word; vowel signs and joiners can."""
    mark = unicodedata.category(character).startswith("M")
    return mark or character.isalnum() or character in JOINERS or character == "_"


def begins_sentence(before: str) -> bool:
    """Returns whether the word after a text is the first word of a sentence.

    >>> begins_sentence("Oh! “"), begins_sentence("He said, "), begins_sentence("Well... ")
    (True, False, False)
    """
    bare = MARKUP.sub("", before).rstrip(_BEFORE_SENTENCE).rstrip(CLOSERS)
    return not bare or (bare[-1] in TERMINATORS and not bare.endswith(_UNCERTAIN_ENDS))


def _parts(character: str) -> str:
    if character.isspace():
        return " "
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    parts = unicodedata.normalize("NFD", character.casefold())
    return "".join(_ALIKE.get(part, part) for part in parts)
