"""Keeps a recogniser of the Whisper kind in one script. Pure.

Whisper writes Hindi in Devanagari, in Arabic letters or in Latin ones, often all three in one film.
Where every token is suppressed that cannot be part of a text in the wanted script, the same sounds
come in that script. What was tried is in docs/decisions/0023-script.md.
"""

import unicodedata
from collections.abc import Callable, Container, Sequence

import msgspec

from indicsubs_recognition.decoded_chunk import (
    DecodedChunk,
    clean_text,
    compression_ratio,
    has_words,
)
from indicsubs_text.scripts import SCRIPTS, Script, is_in_script

_HIGHEST_COMPRESSION_RATIO = 2.4
"""The highest compression ratio of a text that is not a loop (as in ``decoded_chunk``)."""
_COMMON_MARKS = ",.?!"


class ScriptTokens(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of the tokens that a text in a script may have."""

    letters: frozenset[int]
    """The space, letters and vowel signs; also the parts of those that have no token."""
    marks: frozenset[int]
    """A single mark that ends a sentence or a clause."""
    mark_ends: frozenset[int]
    """The parts of ``letters`` that can also be the end of a mark."""


def script_tokens(vocabulary: Sequence[bytes], script: str) -> ScriptTokens:
    """Returns the tokens that can be part of a text in a script.

    Digits cannot, and marks after a space or in a row cannot: the decoder would repeat them without
    end where it is unsure of the letters.

    Args:
        vocabulary: The bytes of each token, by its number. They may be parts of characters; each
            single byte must be a token.
        script: ISO 15924 code, a key of :data:`~indicsubs_text.scripts.SCRIPTS`.
    """
    row = SCRIPTS[script]
    known = set(vocabulary)
    letters = _letters_in_use(row, known)
    marks = {c.encode() for c in (*_COMMON_MARKS, row.full_stop, row.comma, row.question_mark)} | {
        c.encode() for c in row.sentence_ends
    }
    parts = {b" "}
    for letter in letters:
        parts.update(_segmented(letter.encode(), known), _segmented(f" {letter}".encode(), known))
    ends = {mark[k:] for mark in marks for k in range(1, len(mark))}
    found: dict[str, set[int]] = {"letters": set(), "marks": set(), "mark_ends": set()}
    for number, data in enumerate(vocabulary):
        if data in marks:
            found["marks"].add(number)
        elif data in parts or (data and set(_text(data) or "?") <= letters | {" "}):
            found["letters"].add(number)
            if data in ends:
                found["mark_ends"].add(number)
    return ScriptTokens(**{name: frozenset(numbers) for name, numbers in found.items()})


DecodeWith = Callable[[Sequence[bytes], frozenset[int], float], list[DecodedChunk]]
"""Decodes chunks with some tokens only, and with a penalty on repetition."""


def decode_in_script(
    chunks: Sequence[bytes], script: str, tokens: ScriptTokens, decode: DecodeWith
) -> list[DecodedChunk]:
    """Decodes chunks in a script.

    A chunk whose output escapes from its letters, into a row of marks or a loop, is decoded again
    with fewer tokens and with a higher penalty on repetition.

    Args:
        chunks: The chunks, as the engine gets them.
        script: ISO 15924 code.
        tokens: The tokens of the script.
        decode: Decodes chunks with the tokens and the penalty that it is given.

    Returns:
        The first output of each chunk that is no escape. Where each is one, the last output.
    """
    letters = tokens.letters - tokens.mark_ends
    attempts = ((tokens.letters | tokens.marks, 1.15), (letters, 1.15), (letters, 1.3))
    outputs: dict[int, DecodedChunk] = {}
    waiting = list(range(len(chunks)))
    for allowed, penalty in attempts:
        decoded = decode([chunks[k] for k in waiting], allowed, penalty) if waiting else []
        outputs.update(zip(waiting, decoded, strict=True))
        waiting = [k for k in waiting if _is_escape(outputs[k].text, script)]
    return [outputs[k] for k in range(len(chunks))]


def _is_escape(text: str, script: str) -> bool:
    text = clean_text(text)
    marks = sum(unicodedata.category(c)[0] == "P" for c in text)
    return (
        not has_words(text)
        or marks > sum(map(has_words, text.split()))
        or not is_in_script(text, script)
        or compression_ratio(text) > _HIGHEST_COMPRESSION_RATIO
    )


def _letters_in_use(script: Script, known: Container[bytes]) -> frozenset[str]:
    """Returns the letters and vowel signs of a script that the vocabulary was made for.

    The part of a rare letter is a way to other characters: an accent of the Vedas begins with the
    byte E1, as Greek does. So a letter is left out that takes two tokens more than the script's
    cheapest, and a block in which no letter is as cheap as that one.
    """
    blocks = [
        {
            letter: len(_segmented(letter.encode(), known))
            for letter in map(chr, range(first, last + 1))
            if unicodedata.category(letter)[0] in "LM"
        }
        for first, last in script.blocks
    ]
    fewest = min(count for block in blocks for count in block.values())
    return frozenset(
        letter
        for block in blocks
        if fewest in block.values()
        for letter, count in block.items()
        if count <= fewest + 1
    )


def _segmented(form: bytes, known: Container[bytes]) -> list[bytes]:
    """Cuts the bytes of a character into tokens, each as long as possible."""
    parts: list[bytes] = []
    while form:
        length = next((n for n in range(len(form), 1, -1) if form[:n] in known), 1)
        parts.append(form[:length])
        form = form[length:]
    return parts


def _text(data: bytes) -> str | None:
    """Returns the text of a token; None where it has a part of a character."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
