"""Where sentences end, in every language that indicsubs reads."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from indicsubs_text.scripts import SCRIPTS

TERMINATORS = ".?!…" + "".join(
    dict.fromkeys(mark for script in SCRIPTS.values() for mark in script.sentence_ends)
)
"""Full stops of the 22 languages and English: danda and double danda, the Arabic and Urdu marks,
Ol Chiki's mucaad and double mucaad, Meitei Mayek's full stop and question mark; the ellipsis closes
a line of dialogue as well."""
CLOSERS = "\"'”’)]»"
"""What may follow a terminator and still belong to its sentence."""
ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "st", "prof", "rs", "डॉ", "श्री", "कु"})
"""Words after which a full stop ends no sentence (compared in lower case)."""
BEFORE_FIGURES = frozenset({"no", "nos"})
"""The same, but before a figure alone: "No." is an answer more often than a number."""

Item = TypeVar("Item")


def ends_sentence(word: str, after: str = "") -> bool:
    """Whether a sentence ends with this word, before the word ``after``; both with punctuation.

    >>> ends_sentence("हूँ।"), ends_sentence("Dr."), ends_sentence("गया"), ends_sentence('go!"')
    (True, False, False, True)
    >>> ends_sentence("No.", "Wait!"), ends_sentence("No.", "7")
    (True, False)
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
    """Group words into sentences; the last group may lack its full stop. No group is empty."""
    groups: list[list[Item]] = []
    fresh = True
    for index, word in enumerate(words):
        if fresh:
            groups.append([])
        groups[-1].append(word)
        after = text(words[index + 1]) if index + 1 < len(words) else ""
        fresh = ends_sentence(text(word), after)
    return groups
