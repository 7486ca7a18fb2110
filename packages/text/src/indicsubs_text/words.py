"""The words of a line, and when two of them are the same word in another spelling of its code.

One word has several encodings: a nukta letter is one character or two, a chillu as well, joiners
come and go, Urdu is typed with Arabic letters. Here they are folded into one.
"""

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from indicsubs_text.markup import MARKUP
from indicsubs_text.sentences import CLOSERS, TERMINATORS

JOINERS = "\u200c\u200d"
"""Zero-width non-joiner and joiner."""
_LEFT_OUT = frozenset(JOINERS) | {"\u0640", "\u0670", *map(chr, range(0x064B, 0x0653))}
"""Joiners, and the stretching and vowel signs of Arabic, which writers put as they like."""
_NUKTA = "\u093c"
_NUKTA_IS_OPTIONAL = frozenset("कखगजफ")
"""Letters of Persian and Arabic sounds, which are as often written without it; ``ड़`` and ``ढ़``
are other letters than ``ड`` and ``ढ``."""
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
"""Chillus as letter and virama, Arabic letters as Urdu's, apostrophes."""
_BEFORE_SENTENCE = " \"'“‘([-–—♪♫"
_UNCERTAIN_ENDS = ("…", "..")
"""After these a sentence may go on."""


class TextWord(NamedTuple):
    """A word of a text, ``text[start:end]``."""

    text: str
    start: int
    end: int


class Folded(NamedTuple):
    """A text with its spelling made uniform, for comparing alone."""

    text: str
    places: tuple[int, ...]
    """Index of the original character of each character, growing."""


def fold(text: str) -> Folded:
    """Make the spelling of a text uniform: letters as above, lower case, 0-9, single spaces.

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
    """The words of a text: runs of letters with their signs, and of digits.

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
    """Whether a character belongs to a word; vowel signs and joiners do, as no regex knows."""
    mark = unicodedata.category(character).startswith("M")
    return mark or character.isalnum() or character in JOINERS or character == "_"


def begins_sentence(before: str) -> bool:
    """Whether what follows a text is the first word of a sentence.

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
