"""The function words of each language, grouped by the line breaks that they allow.

A line, and even more a cue, should not be broken between words that are read as one: a noun and
its postposition, a verb and its auxiliary or negation, an article and its noun, a title and a name
(Netflix, Timed Text General Requirements, "Line treatment"). A file ``function_words/TAG.toml``
lists the closed word classes of a language as they are written in dialogue, the most frequent forms
first. Of the open classes only the most frequent adjectives are listed; a verb is recognised by the
word that follows it.

The lists are our own, compiled from the closed classes in grammars. They need not be complete: a
break beside a missing form has the ordinary cost. A form that is just as often another word (Hindi
तो, a conjunction and a particle) is in neither list.
"""

import tomllib
from functools import cache
from pathlib import Path
from unicodedata import normalize

import msgspec

LANGUAGES_WITH_CLASSES = ("en", "hi", "ta", "te", "bn", "mr", "gu", "kn", "ml", "pa", "ur")
"""The languages with a file ``function_words/TAG.toml``."""

_FOLDER = Path(__file__).parent / "function_words"


class WordClasses(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The function words and adjectives of one language, in lower case and NFC."""

    cling_to_previous: frozenset[str] = frozenset()
    """Postpositions, auxiliaries, negations and particles that follow their word; honorifics that
    follow a name."""
    cling_to_next: frozenset[str] = frozenset()
    """Articles, determiners, possessives, numerals; titles before a name; prepositions,
    auxiliaries and negations that precede their word; genitives, which stand between two nouns."""
    pronouns: frozenset[str] = frozenset()
    """Pronouns whose form is the same as subject and as object. Before a preposition they are
    objects and may end a line; before any other word they are kept with that word."""
    adjectives: frozenset[str] = frozenset()
    """The most frequent adjectives. They are kept with the noun that follows; before a preposition
    they are predicates and may end a line."""
    open_clause: frozenset[str] = frozenset()
    """Conjunctions and relative words: a break before them is good, a break after them is bad."""
    open_phrase: frozenset[str] = frozenset()
    """Prepositions: a break before them is acceptable."""


@cache
def word_classes(tag: str) -> WordClasses:
    """The word classes of a language; empty for a language without a table.

    Lines of such a language are broken by punctuation and length alone: the words of another
    language, even in the same script, would be wrong more often than right.
    """
    if tag not in LANGUAGES_WITH_CLASSES:
        return WordClasses()
    lists = tomllib.loads((_FOLDER / f"{tag}.toml").read_text(encoding="utf-8"))
    words = {name: normalize("NFC", " ".join(lines)).split() for name, lines in lists.items()}
    return msgspec.convert(words, WordClasses)
