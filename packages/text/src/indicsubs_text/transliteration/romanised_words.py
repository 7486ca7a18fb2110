"""Reads the words that show whether a line in Latin letters is in a given language or in English.

A file ``word_lists/TAG.toml`` lists the function words of a language in the spellings that people
use in messages and subtitles. Some files also give the spelling in the language's own script. The
project wrote the lists itself, from usage.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

ROMANISED_LANGUAGES = ("hi", "ur", "mr", "pa", "bn", "gu", "ta", "te", "kn", "ml")
"""The languages whose Romanised words are known, each in ``word_lists/TAG.toml``."""

_FOLDER = Path(__file__).parent / "word_lists"
_ENGLISH = "english"


class RomanisedWords(NamedTuple):
    """The Romanised words of one language, in small letters."""

    function_words: frozenset[str]
    native_spellings: dict[str, str]
    """Words in the language's own script, by Romanised spelling; empty where the language's file
    has none."""


class EnglishWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The English words that help to recognise Romanised lines, in small letters."""

    function_words: frozenset[str]
    rare_words: frozenset[str]
    """Words that are rare words or names in English, and function words in an Indian language."""


class _WordList(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A file of Romanised words."""

    function_words: tuple[str, ...] = ()
    """Lines of words, separated by spaces, without a spelling in the language's own script."""
    with_words_of: str | None = None
    """Tag of a language whose words are function words here too."""
    spellings: dict[str, str] = {}
    """The commonest words in the language's own script, each with its Romanised spellings, which
    are separated by spaces. The rules of ``romanised.py`` spell these words wrongly."""
    pronouns: dict[str, str] = {}
    """Pronouns that are written as one word with a postposition, by Romanised spelling."""
    postpositions: dict[str, str] = {}
    """The postpositions after these pronouns, by Romanised spelling."""


@cache
def romanised_words(tag: str) -> RomanisedWords:
    """Returns the words of a language; empty for a language outside ``ROMANISED_LANGUAGES``."""
    if tag not in ROMANISED_LANGUAGES:
        return RomanisedWords(frozenset(), {})
    words = msgspec.convert(_read(tag), _WordList)
    native = {
        pronoun + postposition: native_pronoun + native_postposition
        for pronoun, native_pronoun in words.pronouns.items()
        for postposition, native_postposition in words.postpositions.items()
    }
    native |= {
        romanised: word
        for word, spellings in words.spellings.items()
        for romanised in spellings.split()
    }
    shared = romanised_words(words.with_words_of or "").function_words
    listed = " ".join(words.function_words).split()
    return RomanisedWords(frozenset(native) | shared | frozenset(listed), native)


@cache
def english_words() -> EnglishWords:
    """Returns the English words of ``word_lists/english.toml``."""
    lists = {name: " ".join(lines).split() for name, lines in _read(_ENGLISH).items()}
    return msgspec.convert(lists, EnglishWords)


def _read(name: str) -> dict[str, list[str]]:
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
