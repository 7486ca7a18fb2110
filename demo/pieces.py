"""The vocabulary of the demo IndicConformer: 256 pieces of text for each language.

A piece that begins a word begins with ``▁``, as in SentencePiece. Pieces are letters and, by
byte-pair merges over the demo sentences, groups of letters. The rest of the 256 are further letters
of the script and pieces that no text has, so that every language has exactly as many as in the
official model.
"""

import unicodedata
from collections import Counter
from functools import cache
from itertools import pairwise

from demo.sentences import lines

LANGUAGES = ("hi", "or", "ta")
"""In the order of their columns."""
SIZE = 256
"""Pieces of a language; the blank comes after them."""
START_OF_WORD = "▁"
UNKNOWN = "<unk>"
PUNCTUATION = "।?!,."
MERGES = {"hi": 110, "or": 40, "ta": 130}
"""Byte-pair merges of each language: words have about two pieces."""
_BLOCKS = {"hi": (0x0900, 0x0980), "or": (0x0B00, 0x0B80), "ta": (0x0B80, 0x0C00)}


def plain(text: str) -> str:
    """Returns the text as the recogniser writes it, without punctuation."""
    return " ".join(text.translate(dict.fromkeys(map(ord, PUNCTUATION))).split())


@cache
def vocabulary(language: str) -> tuple[str, ...]:
    """Returns the 256 pieces of ``language``, in the order of their ids."""
    words = Counter(w for line in lines(language) for w in plain(line[language]).split())
    letters = sorted({c for word in words for c in word})
    pieces = [UNKNOWN, START_OF_WORD, *letters, *_merged(words, MERGES[language])]
    pieces = list(dict.fromkeys(pieces))
    first, end = _BLOCKS[language]
    for code in range(first, end):
        letter = chr(code)
        if letter not in pieces and unicodedata.category(letter)[0] in "LM":
            pieces += [letter, START_OF_WORD + letter]
    unused = (f"<unused{n}>" for n in range(SIZE))
    pieces = list(dict.fromkeys(pieces))[:SIZE]
    return (*pieces, *(next(unused) for _ in range(SIZE - len(pieces))))


def _merged(words: Counter[str], merges: int) -> list[str]:
    """Returns the pieces of the most frequent merges; equal counts are decided by the text."""
    split = {word: [START_OF_WORD + word[0], *word[1:]] for word in words}
    pieces = sorted({parts[0] for parts in split.values()})
    for _ in range(merges):
        pairs: Counter[tuple[str, str]] = Counter()
        for word, parts in split.items():
            for pair in pairwise(parts):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        pieces.append("".join(best))
        for parts in split.values():
            at = 0
            while at < len(parts) - 1:
                if (parts[at], parts[at + 1]) == best:
                    parts[at : at + 2] = ["".join(best)]
                at += 1
    return pieces


@cache
def encode(word: str, language: str) -> tuple[int, ...]:
    """Returns the ids (0-255) of a word's pieces: the longest piece first, from the left.

    Raises:
        ValueError: The vocabulary lacks a letter of the word.
    """
    ids = {piece: i for i, piece in enumerate(vocabulary(language))}
    rest, found = START_OF_WORD + word, []
    while rest:
        length = next((n for n in range(len(rest), 0, -1) if rest[:n] in ids), 0)
        if not length:
            raise ValueError(f"no piece of {language} begins {rest!r}")
        found.append(ids[rest[:length]])
        rest = rest[length:]
    return tuple(found)


def decode(ids: list[int], language: str) -> str:
    """Returns the text of pieces by their ids (0-255)."""
    text = "".join(vocabulary(language)[i] for i in ids)
    return text.replace(START_OF_WORD, " ").strip()
