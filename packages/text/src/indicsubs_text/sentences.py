"""Finds the ends of sentences, in every language that indicsubs reads."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from indicsubs_text.scripts import SCRIPTS

TERMINATORS = ".?!…" + "".join(
    dict.fromkeys(mark for script in SCRIPTS.values() for mark in script.sentence_ends)
)
"""The marks at the end of a sentence in the 22 languages and English: danda and double danda, the
Arabic and Urdu marks, Ol Chiki's mucaad and double mucaad, Meitei Mayek's full stop and question
mark. The ellipsis ends a line of dialogue too."""
CLOSERS = "\"'”’)]»"
"""Marks that may follow a terminator and still belong to its sentence."""
ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "rs", "डॉ", "श्री", "कु"})
"""Words whose full stop does not end a sentence (compared in lower case)."""
BEFORE_FIGURES = frozenset({"no", "nos"})
"""Abbreviations only before a figure, because "No." is an answer more often than a number."""

Item = TypeVar("Item")


def ends_sentence(word: str, after: str = "") -> bool:
    """Returns whether a word ends a sentence. Both words are given with their punctuation.

    >>> ends_sentence("हूँ।"), ends_sentence("Dr."), ends_sentence("गया"), ends_sentence('go!"')
    (True, False, False, True)
    >>> ends_sentence("No.", "Wait!"), ends_sentence("No.", "7")
    (True, False)

    Args:
        word: The word that may end the sentence.
        after: The word that follows; empty where there is none.
    """
    bare = word.rstrip(CLOSERS)
    if not bare or bare[-1] not in TERMINATORS:
        return False
    if bare[-1] == ".":
        stem = bare.rstrip(TERMINATORS).lower()
        if stem in BEFORE_FIGURES:
            return not after[:1].isdigit()
        return stem not in ABBREVIATIONS and not (
            len(stem) == 1 and stem.isascii() and stem.isalpha()
        )
    return True


def split_sentences(words: Sequence[Item], text: Callable[[Item], str]) -> list[list[Item]]:
    """Groups words into sentences; the last one may have no full stop. No group is empty.

    Args:
        words: The words, in order.
        text: Returns the text of a word, with its punctuation.
    """
    groups: list[list[Item]] = []
    is_first = True
    for index, word in enumerate(words):
        if is_first:
            groups.append([])
        groups[-1].append(word)
        after = text(words[index + 1]) if index + 1 < len(words) else ""
        is_first = ends_sentence(text(word), after)
    return groups
