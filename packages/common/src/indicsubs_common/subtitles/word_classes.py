"""The function words of each language, by what they do at the end of a line.

A line, and still more a cue, should not be broken between words that are read as one: a noun and
its postposition, a verb and its auxiliary or negation, an article and its noun, a title and a name
(Netflix, Timed Text General Requirements, "Line treatment"). A file ``function_words/TAG.toml``
lists the closed classes of a language as they are written in dialogue, most frequent forms first.
Of open classes only the most frequent adjectives are listed; a verb is known by what follows it.

The lists are our own, made from the grammars' closed classes. They need not be complete: a form
that is missing makes its break an ordinary one. A form that is as often another word (Hindi तो, the
conjunction and the particle) is left out of both.
"""

import tomllib
from functools import cache
from pathlib import Path
from unicodedata import normalize

import msgspec

LANGUAGES_WITH_CLASSES = ("en", "hi", "ta", "te", "bn", "mr", "gu", "kn", "ml", "pa", "ur")
"""The languages whose function words are known, each in ``function_words/TAG.toml``."""

_FOLDER = Path(__file__).parent / "function_words"


class WordClasses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The words of one language that mind where a line breaks, in lower case and NFC."""

    cling_to_previous: frozenset[str] = frozenset()
    """Postpositions, auxiliaries, negations and particles after their word; honorifics after a
    name."""
    cling_to_next: frozenset[str] = frozenset()
    """Articles, determiners, possessives, numerals; titles before a name; prepositions,
    auxiliaries and negations before their word; genitives, which stand between two nouns."""
    pronouns: frozenset[str] = frozenset()
    """Those of a form that is subject or object: before a preposition they are objects, and cling
    to nothing; before any other word to that."""
    adjectives: frozenset[str] = frozenset()
    """The most frequent, which cling to their noun; before a preposition they are predicates."""
    open_clause: frozenset[str] = frozenset()
    """Conjunctions and relatives: a good place to break before, and a bad one after."""
    open_phrase: frozenset[str] = frozenset()
    """Prepositions: a fair place to break before."""


@cache
def word_classes(tag: str) -> WordClasses:
    """The table of a language's tag; one without any words where we have none.

    Lines of such a language break by punctuation and length alone: another language's words, even
    in the same script, would mislead more often than they help.
    """
    if tag not in LANGUAGES_WITH_CLASSES:
        return WordClasses()
    lists = tomllib.loads((_FOLDER / f"{tag}.toml").read_text(encoding="utf-8"))
    words = {name: normalize("NFC", " ".join(lines)).split() for name, lines in lists.items()}
    return msgspec.convert(words, WordClasses)
