"""Finds the cost of a break between two words, a measure of how much the break hurts reading.

The cost depends on the text alone, not on times. Line breaks are therefore the same when a subtitle
file is read back, although the file does not say when each word is spoken.
"""

from functools import lru_cache
from unicodedata import normalize

from indicsubs_common.subtitles.word_classes import WordClasses, word_classes
from indicsubs_text.sentences import CLOSERS, TERMINATORS, ends_sentence

AFTER_SENTENCE = 0.0
AFTER_CLAUSE = 0.1
BEFORE_CLAUSE = 0.25
"""The cost of a break before a conjunction or a relative word."""
AT_PHRASE = 0.45
"""The cost of a break before a preposition, or after a postposition, an auxiliary or a particle."""
ORDINARY = 0.6
WITHIN_GROUP = 2.4
"""The cost of a break between words that are read as one, such as noun and postposition, verb and
auxiliary, or two names."""
WITHIN_WORD = 3.0
BEFORE_PUNCTUATION = 6.0
"""A danda with a space before it must not start a line."""

CLAUSE_ENDS = ",;:،؛—–"
_CLINGING = TERMINATORS + CLOSERS + ",;:،؛"
_MARKS = _CLINGING + "“‘([«¿¡-–—♪"


def break_cost(before: str, after: str, spaced: bool, language: str) -> float:
    """The cost of a break between two neighbouring words; 0 is the best.

    >>> break_cost("घर", "में", True, "hi"), break_cost("आया,", "लेकिन", True, "hi")
    (2.4, 0.1)

    Args:
        before: The word before the break, with its punctuation.
        after: The word after it.
        spaced: Whether a space separates them; otherwise they are parts of one word.
        language: The tag of the language.
    """
    if not after.strip(_CLINGING):
        return BEFORE_PUNCTUATION
    if not spaced:
        return WITHIN_WORD
    if ends_sentence(before, after):
        return AFTER_SENTENCE
    bare = before.rstrip(CLOSERS)
    if bare and bare[-1] in CLAUSE_ENDS:
        return AFTER_CLAUSE
    classes = word_classes(language)
    left, right = _normal_form(before), _normal_form(after)
    if right in classes.open_clause:
        return BEFORE_CLAUSE
    if _are_read_as_one(left, right, classes) or _are_names(before, after, classes):
        return WITHIN_GROUP
    if right in classes.open_phrase or left in classes.cling_to_previous:
        return AT_PHRASE
    return ORDINARY


def _are_read_as_one(left: str, right: str, classes: WordClasses) -> bool:
    """Whether the words are read as one, judged by their classes."""
    return (
        right in classes.cling_to_previous
        or left in classes.cling_to_next
        or left in classes.open_clause
        or (
            (left in classes.pronouns or left in classes.adjectives)
            and right not in classes.open_phrase
        )
        or _is_number(left)
    )


@lru_cache(maxsize=8192)
def _normal_form(word: str) -> str:
    """The word in the form of the tables: without punctuation, in lower case and NFC."""
    return normalize("NFC", word.replace("’", "'").strip(_MARKS)).lower()


def _are_names(before: str, after: str, classes: WordClasses) -> bool:
    """Whether both are capitalised and the second is not a function word: first and last name."""
    return (
        before[:1].isupper()
        and after[:1].isupper()
        and before[-1:].isalpha()
        and _normal_form(after) not in classes.cling_to_next | classes.pronouns
    )


def _is_number(word: str) -> bool:
    return bool(word) and all(character.isdigit() or character in ".,:%₹$" for character in word)
