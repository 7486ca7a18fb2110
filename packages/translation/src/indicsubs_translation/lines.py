"""Takes a subtitle line apart into the sentences for the model and the marks around them.

The model translates single sentences of plain text. So the marks at both ends of a line are kept
aside, a line of several sentences is translated sentence by sentence, and a sentence that is too
long is cut, best after a clause.
"""

import re
import unicodedata
from collections.abc import Callable
from typing import NamedTuple

from indicsubs_text.markup import MARKUP
from indicsubs_text.sentences import CLOSERS, ends_sentence

DIALOGUE_DASH = re.compile(r"[-‐‑–—]\s*(?=[^\d\s‐‑–—-])")
"""The dash before a speaker's line; before a digit, a dash is a minus sign."""
_JOINERS = "\u200d\ufe0e\ufe0f"
"""Zero-width joiner and variation selectors: parts of emoji."""
_ELLIPSIS = ("..", "…")
_CLAUSE = re.compile(r"(?<=[,;:،؛…])\s+|\s+(?=[-–—]\s)|(?<=[.?!।॥؟۔᱾])\s+")
_LETTER = r"(?:[^\W\d_]|[\u064b-\u0652\u0900-\u0dff\uabc0-\uabff])"
"""A letter, or a vowel sign of an Indian script, which Python's ``\\w`` does not match."""
_GLUED = re.compile(rf"(?<={_LETTER}{_LETTER})[.?!](?=[^\W\d_])")
_ADDRESS = re.compile(r"://|@|/|^www\.", re.IGNORECASE)


class Line(NamedTuple):
    """A line in three parts; only ``text`` is translated."""

    before: str
    """Notes, emoji, markup and a dialogue dash at the start, with their spaces."""
    text: str
    """The words, without markup and with single spaces; empty where there are none."""
    after: str
    """Notes, emoji and markup at the end, with their spaces."""
    dropped_markup: bool
    """Whether markup inside the text is lost."""


def parse_line(raw: str) -> Line:
    """Returns the parts of a line; a line without any letter has no text.

    >>> parse_line("♪ <i>चलो</i> ♪")
    Line(before='♪ <i>', text='चलो', after='</i> ♪', dropped_markup=False)
    """
    start, end = 0, len(raw)
    while start < end and (width := _mark_at(raw, start, end)):
        start += width
    while end > start and (width := _mark_before(raw, start, end)):
        end -= width
    core = raw[start:end]
    text = " ".join(MARKUP.sub(" ", core).split())
    if not any(character.isalpha() for character in text):
        return Line(raw, "", "", dropped_markup=False)
    return Line(raw[:start], text, raw[end:], dropped_markup=bool(MARKUP.search(core)))


def sentences_of(text: str) -> list[str]:
    """Returns the sentences that have letters; an ellipsis inside the text ends no sentence.

    >>> sentences_of("रुको। कौन है? मैं... नहीं जानता।")
    ['रुको।', 'कौन है?', 'मैं... नहीं जानता।']
    """
    found: list[list[str]] = [[]]
    words = _separate(text).split()
    for word, after in zip(words, [*words[1:], ""], strict=True):
        found[-1].append(word)
        if (
            ends_sentence(word, after)
            and not word.rstrip(CLOSERS).endswith(_ELLIPSIS)
            and _has_letters(found[-1])
        ):
            found.append([])
    if len(found) > 1 and not _has_letters(found[-1]):
        rest = found.pop()
        found[-1] += rest
    return [" ".join(words) for words in found]


def split_to_fit(text: str, fits: Callable[[str], bool]) -> list[str]:
    """Returns the pieces of a text that fit, in order; a text that fits is one piece.

    Each cut is near the middle: after a clause, otherwise between words, otherwise between two
    letters. A letter and the signs attached to it are never cut apart, even if they do not fit.
    """
    text = text.strip()
    if not text or fits(text):
        return [text]
    places = _clause_ends(text) or [gap.span() for gap in re.finditer(r"\s+", text)]
    places = places or [(k, k) for k in range(1, len(text)) if not _is_attached(text, k)]
    if not places:
        return [text]
    end, start = min(places, key=lambda place: abs(place[0] - len(text) / 2))
    return [*split_to_fit(text[:end], fits), *split_to_fit(text[start:], fits)]


def _separate(text: str) -> str:
    """Adds the missing space after a full stop: two sentences without it look like a web address.

    The space is added only before a letter that is not lower case, so that ``film.in`` stays an
    address.
    """

    def with_space(match: re.Match[str]) -> str:
        following = match.string[match.end()]
        return match[0] if following.islower() else f"{match[0]} "

    return " ".join(
        word if _ADDRESS.search(word) else _GLUED.sub(with_space, word) for word in text.split()
    )


def _clause_ends(text: str) -> list[tuple[int, int]]:
    """Returns the gaps after clauses in the middle half of a text, so that no piece is short."""
    spans = (match.span() for match in _CLAUSE.finditer(text))
    return [(end, start) for end, start in spans if 0.25 < end / len(text) < 0.75]


def _is_attached(text: str, k: int) -> bool:
    """Returns whether the character at ``k`` is a sign of the letter before it."""
    return (
        unicodedata.category(text[k]).startswith("M")
        or text[k] in _JOINERS
        or text[k - 1] == _JOINERS[0]
    )


def _has_letters(words: list[str]) -> bool:
    return any(character.isalpha() for word in words for character in word)


def _is_mark(character: str) -> bool:
    # Notes, stars, emoji; lower code points are signs of words and numbers, such as the degree.
    symbol = character >= "\u2190" and unicodedata.category(character) in {"So", "Sk"}
    return symbol or character.isspace()


def _mark_at(raw: str, start: int, end: int) -> int:
    if _is_mark(raw[start]) or raw[start] in _JOINERS:
        return 1
    match = MARKUP.match(raw, start, end) or DIALOGUE_DASH.match(raw, start, end)
    return len(match[0]) if match else 0


def _mark_before(raw: str, start: int, end: int) -> int:
    bare = raw[start:end].rstrip(_JOINERS)  # after a letter, a joiner belongs to it
    if bare and _is_mark(bare[-1]):
        return end - start - len(bare) + 1
    for match in MARKUP.finditer(raw, start, end):
        if match.end() == end:
            return len(match[0])
    return 0
