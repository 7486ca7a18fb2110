"""Compares texts word by word."""

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_DIGITS = {str(digit): name for digit, name in enumerate(_NAMES)}


class Errors(NamedTuple):
    """The word errors of a text."""

    words: int
    """Words of the reference."""
    substituted: int
    deleted: int
    inserted: int

    @property
    def rate(self) -> float:
        """The word error rate; NaN for a reference without words."""
        wrong = self.substituted + self.deleted + self.inserted
        return wrong / self.words if self.words else float("nan")

    @property
    def found(self) -> float:
        """The share of the reference's words that the text has."""
        lost = self.substituted + self.deleted
        return 1 - lost / self.words if self.words else float("nan")


def total(errors: Sequence[Errors]) -> Errors:
    """Returns the errors of several texts together."""
    return Errors(*(sum(column) for column in zip(*errors, strict=True)))


def plain(text: str) -> str:
    """Returns the words of a text alone: no case, no punctuation, single digits as English words.

    >>> plain("And so, my Fellow: 1, 2!")
    'and so my fellow one two'
    """
    kept = "".join(
        character if unicodedata.category(character)[0] in "LMN" else " "
        for character in unicodedata.normalize("NFC", text).casefold().replace("'", "")
    )
    return " ".join(_DIGITS.get(word, word) for word in kept.split())


def word_errors(reference: str, text: str) -> Errors:
    """Returns the fewest errors that turn the reference into the text, by jiwer."""
    import jiwer

    reference, text = plain(reference), plain(text)
    if not reference or not text:
        return Errors(len(reference.split()), 0, len(reference.split()), len(text.split()))
    found = jiwer.process_words(reference, text)
    return Errors(len(reference.split()), found.substitutions, found.deletions, found.insertions)


def character_error_rate(reference: str, text: str) -> float:
    """Returns the share of wrong characters, by jiwer; above 1 where many are added."""
    import jiwer

    return jiwer.cer(plain(reference), plain(text))
