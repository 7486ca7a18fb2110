"""Spells the words of a transcript with the characters that an aligner knows. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

_SPOKEN_SIGNS = frozenset("%&+@°")
"""Signs that are read aloud, besides letters, digits and currency signs."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """The characters of an aligner, and the column of each in the network's output."""

    columns: dict[str, int]
    """The column of each single character, without the aligner's special tokens."""
    blank: int
    delimiter: int | None
    """The column of the sign between words; None where the aligner has none."""
    star: int
    """The column after the network's last. It stands for a sound whose character the aligner does
    not know, and any sound fits it."""


def read_vocabulary(
    tokens: Mapping[str, int], delimiter: str, blank: int, columns: int
) -> Vocabulary:
    """Returns the vocabulary that a ``vocab.json`` holds.

    Args:
        tokens: The content of the file, from token to column.
        delimiter: The token between words; if ``tokens`` lacks it, a space is used.
        blank: The column of CTC's blank.
        columns: The number of columns of the network.
    """
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
    """A word with the punctuation beside it, and the columns of its characters."""

    text: str
    columns: tuple[int, ...]


def spell_words(text: str, vocabulary: Vocabulary) -> list[SpelledWord]:
    """Returns the words of a text; each has at least one column.

    A dash or danda between spaces becomes part of the word before it, or of the first word. The
    texts of the words, joined by spaces, give the text. If nothing in the text is spoken, the list
    is empty.
    """
    words: list[SpelledWord] = []
    leading = ""
    for token in text.split():
        columns = spell(token, vocabulary)
        if columns:
            words.append(SpelledWord(text=leading + token, columns=columns))
            leading = ""
        elif words:
            words[-1] = SpelledWord(text=f"{words[-1].text} {token}", columns=words[-1].columns)
        else:
            leading += token + " "
    return words


def spell(word: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Returns the columns of a word in the letter case that the vocabulary knows best.

    Each run of spoken characters that the vocabulary does not know becomes one star; punctuation
    is left out.
    """
    spellings = [_spell(form, vocabulary) for form in (word, word.lower(), word.upper())]
    return min(spellings, key=lambda columns: (columns.count(vocabulary.star), -len(columns)))


def _spell(word: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    columns: list[int] = []
    for character in _composed(word, vocabulary.columns):
        if character in vocabulary.columns:
            columns.append(vocabulary.columns[character])
        elif _is_spoken(character) and columns[-1:] != [vocabulary.star]:
            columns.append(vocabulary.star)
    return tuple(columns)


def _composed(word: str, columns: Mapping[str, int]) -> str:
    """Decomposes a word (NFD), except for the composed characters that the vocabulary has.

    Letters with a nukta are an example of such characters.
    """
    decomposed = unicodedata.normalize("NFD", word)
    for letter in columns:
        parts = unicodedata.normalize("NFD", letter)
        if parts != letter:
            decomposed = decomposed.replace(parts, letter)
    return decomposed


def _is_spoken(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "Sc" or character in _SPOKEN_SIGNS


def has_known_characters(words: Sequence[SpelledWord], vocabulary: Vocabulary) -> bool:
    """Returns whether the vocabulary knows at least one character of the words."""
    return any(column != vocabulary.star for word in words for column in word.columns)


def target_columns(words: Sequence[SpelledWord], vocabulary: Vocabulary) -> list[int]:
    """Returns the columns of all words, with the delimiter (if there is one) after each word."""
    end = [] if vocabulary.delimiter is None else [vocabulary.delimiter]
    return [column for word in words for column in (*word.columns, *end)]


def frames_needed(columns: Sequence[int]) -> int:
    """Returns the fewest frames in which CTC can align the columns.

    Two equal neighbours need a blank between them.
    """
    repeats = sum(a == b for a, b in pairwise(columns))
    return len(columns) + repeats
