"""A transcript's words in the letters that an aligner knows. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

_SPOKEN_SIGNS = frozenset("%&+@°")
"""Signs outside letters, digits and currencies that are read out."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """An aligner's characters and their columns."""

    columns: dict[str, int]
    """Single characters alone; the aligner's special tokens are left out."""
    blank: int
    delimiter: int | None
    """The sign between words; None where there is none."""
    star: int
    """One past the last column: a made one, that any sound fits."""


def vocabulary(tokens: Mapping[str, int], delimiter: str, blank: int, columns: int) -> Vocabulary:
    """Sort out the content of a ``vocab.json``; ``columns`` is how many the network has."""
    return Vocabulary(
        columns={
            token: column
            for token, column in tokens.items()
            if len(token) == 1 and token not in (delimiter, " ") and column != blank
        },
        blank=blank,
        delimiter=tokens.get(delimiter, tokens.get(" ")),
        star=columns,
    )


class SpelledWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word, the punctuation that stands by itself beside it, and the columns of its letters."""

    text: str
    columns: tuple[int, ...]


def spell_words(text: str, known: Vocabulary) -> list[SpelledWord]:
    """The words of a text, none without letters: a lone dash or danda goes to its neighbour.

    Joined by spaces again, they are the text. Empty if nothing in the text is spoken.
    """
    words: list[SpelledWord] = []
    lead = ""
    for token in text.split():
        columns = spell(token, known)
        if columns:
            words.append(SpelledWord(text=lead + token, columns=columns))
            lead = ""
        elif words:
            words[-1] = SpelledWord(text=f"{words[-1].text} {token}", columns=words[-1].columns)
        else:
            lead += token + " "
    return words


def spell(word: str, known: Vocabulary) -> tuple[int, ...]:
    """The columns of a word's letters, in the case that the vocabulary knows best.

    Digits and letters that it does not know become one star each run; punctuation nothing.
    """
    spellings = [_spell(form, known) for form in (word, word.lower(), word.upper())]
    return min(spellings, key=lambda columns: (columns.count(known.star), -len(columns)))


def _spell(word: str, known: Vocabulary) -> tuple[int, ...]:
    columns: list[int] = []
    for character in _composed(word, known.columns):
        if character in known.columns:
            columns.append(known.columns[character])
        elif _is_spoken(character) and columns[-1:] != [known.star]:
            columns.append(known.star)
    return tuple(columns)


def _composed(word: str, columns: Mapping[str, int]) -> str:
    """The word in parts, but for the compositions (such as nukta letters) in the vocabulary."""
    decomposed = unicodedata.normalize("NFD", word)
    for letter in columns:
        parts = unicodedata.normalize("NFD", letter)
        if parts != letter:
            decomposed = decomposed.replace(parts, letter)
    return decomposed


def _is_spoken(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "Sc" or character in _SPOKEN_SIGNS


def targets(words: Sequence[SpelledWord], known: Vocabulary) -> list[int]:
    """The columns to align, in order: each word's letters, and the delimiter after each word."""
    end = [] if known.delimiter is None else [known.delimiter]
    return [column for word in words for column in (*word.columns, *end)]


def frames_needed(columns: Sequence[int]) -> int:
    """How many frames CTC needs at least: a blank stands between equal neighbours."""
    repeats = sum(a == b for a, b in pairwise(columns))
    return len(columns) + repeats
