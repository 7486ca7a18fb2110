"""Gives a text the punctuation that another recogniser wrote for the same words. Pure."""

from difflib import SequenceMatcher

from msgspec.structs import replace

from indicsubs_contract.transcript import Segment
from indicsubs_recognition.doubts import letters


def borrow_punctuation(segment: Segment, other: str) -> Segment:
    """Returns the segment with the punctuation of another text, at the words that both have.

    Other words keep the punctuation that they have. A sentence stays ended where the other text
    ends without a mark.

    Args:
        segment: A segment whose punctuation was guessed.
        other: The text of a recogniser that writes punctuation.
    """
    own, theirs = segment.text.split(), other.split()
    if len(segment.words) not in (0, len(own)):  # a lone mark is part of a timed word
        return segment
    matcher = SequenceMatcher(
        None, [letters(word) for word in own], [letters(word) for word in theirs], autojunk=False
    )
    for block in matcher.get_matching_blocks():
        for offset in range(block.size):
            own[block.a + offset] = _marked_as(
                own[block.a + offset],
                theirs[block.b + offset],
                keep_end=block.a + offset == len(own) - 1,
            )
    words = tuple(replace(word, text=text) for word, text in zip(segment.words, own, strict=False))
    return replace(segment, text=" ".join(own), words=words)


def _marked_as(word: str, model: str, *, keep_end: bool) -> str:
    """Returns the word with the marks before and after ``model``.

    Where ``keep_end`` and ``model`` has no mark after it, the word keeps its own.
    """
    _, core, after = _split(word)
    their_before, _, their_after = _split(model)
    return their_before + core + (their_after or (after if keep_end else ""))


def _split(word: str) -> tuple[str, str, str]:
    """Splits a word into the marks before it, itself, and the marks after it."""
    spoken = [index for index, character in enumerate(word) if letters(character)]
    if not spoken:
        return "", word, ""
    first, last = spoken[0], spoken[-1] + 1
    return word[:first], word[first:last], word[last:]
