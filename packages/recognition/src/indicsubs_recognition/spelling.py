"""Spells the words of a transcript with the pieces of text that an aligner knows. Pure."""

import unicodedata
from collections.abc import Mapping, Sequence

import msgspec

_SPOKEN_SIGNS = frozenset("%&+@°")
"""Signs that are read aloud, besides letters, digits and currency signs."""


class Vocabulary(msgspec.Struct, frozen=True, kw_only=True):
    """The pieces of text that an aligner knows, and the column of each in the network's output."""

    columns: dict[str, int]
    """The column of each piece of one or more characters, without the aligner's special tokens."""
    blank: int
    delimiter: int | None = None
    """The column of the sign between words; None where the aligner has none."""
    star: int
    """The column after the network's last. It stands for a sound whose character the aligner does
    not know, and any sound fits it."""
    word_start: str = ""
    """The sign before the first letter of each word; empty where the aligner has none."""


def read_vocabulary(
    tokens: Mapping[str, int], delimiter: str, blank: int, columns: int
) -> Vocabulary:
    """Returns the vocabulary that a ``vocab.json`` of single characters holds.

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


class SpelledPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a word: the letters [start, end) of its spelling, which one column stands for."""

    start: int
    end: int
    column: int


class SpelledWord(msgspec.Struct, frozen=True, kw_only=True):
    """A word with the punctuation beside it, and all pieces that its spelling can consist of."""

    text: str
    pieces: tuple[SpelledPiece, ...]
    """Ordered by ``start``. They lead from letter 0 to ``length`` in one or more ways; an aligner
    of single characters has one way."""
    length: int
    """The number of letters; at least 1."""


def spell_words(text: str, vocabulary: Vocabulary) -> list[SpelledWord]:
    """Returns the words of a text; each has at least one piece.

    A dash or danda between spaces becomes part of the word before it, or of the first word. The
    texts of the words, joined by spaces, give the text. If nothing in the text is spoken, the list
    is empty.
    """
    words: list[SpelledWord] = []
    leading = ""
    alphabet = _alphabet(vocabulary)
    for token in text.split():
        letters = _best_spelling(token, vocabulary, alphabet)
        if letters:
            words.append(
                SpelledWord(
                    text=leading + token,
                    pieces=_pieces(letters, vocabulary),
                    length=len(letters),
                )
            )
            leading = ""
        elif words:
            words[-1] = msgspec.structs.replace(words[-1], text=f"{words[-1].text} {token}")
        else:
            leading += token + " "
    return words


_STAR = ""
"""The letter that stands for a run of characters that the vocabulary does not know."""


def spell(word: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Returns the letters of a word in the letter case that the vocabulary knows best.

    Each run of spoken characters that the vocabulary does not know becomes one empty string;
    punctuation is left out. The vocabulary's ``word_start`` comes first.
    """
    return _best_spelling(word, vocabulary, _alphabet(vocabulary))


class _Alphabet(msgspec.Struct, frozen=True, kw_only=True):
    """The letters of a vocabulary's pieces, collected once for each text."""

    letters: frozenset[str]
    composed: tuple[tuple[str, str], ...]
    """The letters that NFD decomposes: their parts, and the letter itself."""


def _alphabet(vocabulary: Vocabulary) -> _Alphabet:
    letters = frozenset(letter for piece in vocabulary.columns for letter in piece)
    decomposed = ((unicodedata.normalize("NFD", letter), letter) for letter in sorted(letters))
    return _Alphabet(
        letters=letters,
        composed=tuple((parts, letter) for parts, letter in decomposed if parts != letter),
    )


def _best_spelling(word: str, vocabulary: Vocabulary, alphabet: _Alphabet) -> tuple[str, ...]:
    forms = (word, word.lower(), word.upper())
    spellings = [_spell(form, vocabulary, alphabet) for form in forms]
    return min(spellings, key=lambda letters: (letters.count(_STAR), -len(letters)))


def _spell(word: str, vocabulary: Vocabulary, alphabet: _Alphabet) -> tuple[str, ...]:
    letters: list[str] = []
    for character in _composed(word, alphabet):
        if character in alphabet.letters:
            letters.append(character)
        elif _is_spoken(character) and letters[-1:] != [_STAR]:
            letters.append(_STAR)
    if not any(letters):  # of a word without known letters, no sign is heard either
        return tuple(letters)
    start = [vocabulary.word_start] if vocabulary.word_start else []
    for spelling in ([*start, *letters], letters):
        if _is_connected(spelling, vocabulary):
            return tuple(spelling)
    # Letters that occur only in longer pieces, none of which fits here.
    alone = [letter if letter in vocabulary.columns else _STAR for letter in letters]
    return tuple(
        letter for k, letter in enumerate(alone) if letter or k == 0 or alone[k - 1] != _STAR
    )


def _pieces(letters: Sequence[str], vocabulary: Vocabulary) -> tuple[SpelledPiece, ...]:
    """Returns every piece of the vocabulary that stands anywhere in the letters."""
    longest = max(map(len, vocabulary.columns))
    pieces: list[SpelledPiece] = []
    for start in range(len(letters)):
        if letters[start] == _STAR:
            pieces.append(SpelledPiece(start=start, end=start + 1, column=vocabulary.star))
            continue
        for end in range(start + 1, min(start + longest, len(letters)) + 1):
            if letters[end - 1] == _STAR:
                break
            column = vocabulary.columns.get("".join(letters[start:end]))
            if column is not None:
                pieces.append(SpelledPiece(start=start, end=end, column=column))
    return tuple(pieces)


def _is_connected(letters: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Returns whether pieces of the vocabulary lead from the first letter to the last."""
    reached = {0}
    for piece in _pieces(letters, vocabulary):  # ordered by start
        if piece.start in reached:
            reached.add(piece.end)
    return len(letters) in reached


def _composed(word: str, alphabet: _Alphabet) -> str:
    """Decomposes a word (NFD), except for the composed characters that the vocabulary has.

    Letters with a nukta are an example of such characters.
    """
    decomposed = unicodedata.normalize("NFD", word)
    for parts, letter in alphabet.composed:
        decomposed = decomposed.replace(parts, letter)
    return decomposed


def _is_spoken(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] in "LN" or category == "Sc" or character in _SPOKEN_SIGNS


def has_known_letters(words: Sequence[SpelledWord], vocabulary: Vocabulary) -> bool:
    """Returns whether the vocabulary knows at least one letter of the words."""
    return any(piece.column != vocabulary.star for word in words for piece in word.pieces)
