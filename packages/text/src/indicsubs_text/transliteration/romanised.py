"""Recognises Romanised lines, and converts them to their language's own script.

The evidence is the function words of a language (``romanised_words.py``), which occur in nearly
every line. A word that English has too is not evidence.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Literal, TypeAlias

from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP, outside_markup
from indicsubs_text.scripts import letters_by_script
from indicsubs_text.transliteration.library import convert
from indicsubs_text.transliteration.romanised_words import english_words, romanised_words

LineKind: TypeAlias = Literal["native", "romanised", "english", "unknown"]
"""The kind of a line: in the language's own script, in that language but in Latin letters, in
English, or not known."""

NATIVE_SHARE = 0.5
"""A line with at least this share of its letters in the language's own script is native. Own
choice: a Hindi line with English names has a larger share, an English line with a Hindi word a
smaller one."""
EVIDENCE_SHARE = 0.25
"""At least this share of the words must be known function words; otherwise the kind is unknown. Own
choice: one of four words is a function word in nearly all dialogue, and hardly any in names and
titles."""


_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")


def classify(line: str, language: Language) -> LineKind:
    """Returns the kind of a line of a transcript in ``language``.

    A line without letters, or with too little evidence, is ``unknown``: a name, an "OK", a brand.

    >>> from indicsubs_text.languages import find_language
    >>> [classify(text, find_language("hi")) for text in ("yaar tum kahan ho", "where are you")]
    ['romanised', 'english']
    """
    counts = letters_by_script(MARKUP.sub(" ", line))
    own = language.own_script
    if counts and counts[own] >= NATIVE_SHARE * counts.total():
        return "native"
    words = _words(line)
    if not words or counts["Latn"] < NATIVE_SHARE * counts.total():
        return "unknown"
    of_language, of_english = _evidence(language.base)
    romanised = sum(word in of_language for word in words)
    english = sum(word in of_english for word in words)
    if max(romanised, english) < EVIDENCE_SHARE * len(words) or romanised == english:
        return "unknown"
    return "romanised" if romanised > english else "english"


def classify_all(lines: Sequence[str], language: Language) -> list[LineKind]:
    """Returns the kind of each line; the whole transcript is evidence for the unknown lines.

    Where most lines are Romanised, an unknown line of several words in small letters is Romanised.
    Otherwise each line is classified as by :func:`classify`.
    """
    kinds: list[LineKind] = [classify(line, language) for line in lines]
    counts = Counter(kinds)
    if counts["romanised"] <= max(counts["english"], counts["native"]):
        return kinds
    romanised: LineKind = "romanised"
    return [
        romanised if kind == "unknown" and _is_prose(line) else kind
        for kind, line in zip(kinds, lines, strict=True)
    ]


def to_native(line: str, language: Language) -> str | None:
    """Returns a Romanised line in the language's own script; markup, digits and marks stay.

    The commonest words are looked up. All other words are spelt by rules and the library, but
    English function words stay as they are.

    Returns:
        None for a language without a list of native spellings. Its lines should be reported,
        because no acceptable conversion is known.
    """
    spellings = romanised_words(language.base).native_spellings
    return outside_markup(line, lambda plain: _spell(plain, spellings)) if spellings else None


@cache
def _evidence(tag: str) -> tuple[frozenset[str], frozenset[str]]:
    """Returns the words that are evidence for a language, then the evidence for English."""
    known, english = romanised_words(tag).function_words, english_words()
    of_language = known - english.function_words - english.rare_words
    return of_language, english.function_words - known


def _words(line: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(MARKUP.sub(" ", line))]


def _is_prose(line: str) -> bool:
    words = _WORD.findall(MARKUP.sub(" ", line))
    return len(words) > 1 and all(word.islower() for word in words[1:])


def _spell(text: str, spellings: Mapping[str, str]) -> str:
    english = english_words().function_words

    def native(match: re.Match[str]) -> str:
        word = match[0].lower().replace("’", "'")
        if word in spellings:
            return spellings[word]
        if word in english or "'" in word or (match[0].isupper() and len(word) > 1):
            return match[0]
        return _by_rule(word)

    return _WORD.sub(native, text)


_INFORMAL = (
    (r"(.)\1\1+", r"\1\1"),
    ("aa", "A"),
    ("ee", "I"),
    ("oo", "U"),
    ("chh", "Ch"),
    ("w", "v"),
    ("ph", "f"),
    ("x", "ks"),
    ("ce$", "s"),
    ("c(?=[ei])", "s"),
    ("c(?!h)", "k"),
    ("Chh?", "Ch"),
    ("(?<=[^aeiouAIU])a$", "A"),
    ("(?<=[^aeiouAIU])i$", "I"),
    ("(?<=[bdghjklmnprvyz])(t[AeI])$", r"a\1"),
    ("(?<=[bdghjklmprvyz])(n[AeI])$", r"a\1"),
    ("[mn](?=[kgcjtdpb])", "M"),
    ("(?<=[^aeiouAIU])u$", "U"),
    ("(?<=[^aeiouAIU])ein$", "eM"),
    ("(?<=[^aeiouAIU])on$", "oM"),
)
"""Patterns of informal spelling and their ITRANS spelling, applied in this order. A final vowel is
long, because few words end in a short vowel. The endings of verbs are separate from the stem:
बोलना, not बोल्ना."""


@lru_cache(maxsize=32768)  # a process may serve many films
def _by_rule(word: str) -> str:
    for pattern, itrans in _INFORMAL:
        word = re.sub(pattern, itrans, word)
    native = unicodedata.normalize("NFC", convert(word, "itrans", "devanagari"))
    return native.removesuffix("\u094d")  # the last consonant's vowel is not spoken anyway
