"""The terms of a glossary in one target language, and how they are found in lines. Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from string import ascii_lowercase
from typing import NamedTuple

from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import SCRIPTS, ascii_digits
from indicsubs_text.words import begins_sentence, fold, is_of_word, words_of

_UNTOUCHED = re.compile(rf"{MARKUP.pattern}|\S*(?:://|[@#]|www\.)\S*")
"""Markup, addresses and hashtags, in which terms are not searched."""

_STOP = re.compile(r"[।॥۔᱾᱿꯫]|(?<!\.)\.(?![.\d])")
_QUESTION = re.compile("[?؟꫱]")
_COMMA = re.compile(r"[,،](?!\d)")


class Occurrence(NamedTuple):
    """A term in a line, ``line[start:end]``."""

    start: int
    end: int
    translation: str
    """The term in the target language."""


def find_terms(line: str, translations: Mapping[str, str]) -> list[Occurrence]:
    """Returns the terms in a line, in order and without overlaps; the longest one at each place.

    Only whole words are terms; the beginning of an inflected form or of a compound is not a term.

    >>> find_terms("रामू और राम!", {"राम": "Ram"})
    [Occurrence(start=8, end=11, translation='Ram')]

    Args:
        line: A line; no term is found inside its markup.
        translations: Translations by folded term.
    """
    text, places = fold(line)
    starts = (*places, len(line))
    lengths = sorted(set(map(len, translations)), reverse=True)
    untouched = [match.span() for match in _UNTOUCHED.finditer(line)]

    def is_inside_word(place: int) -> bool:
        return 0 < place < len(line) and is_of_word(line[place - 1]) and is_of_word(line[place])

    found: list[Occurrence] = []
    for k, start in enumerate(places):
        if (
            (found and start < found[-1].end)
            or (k and places[k - 1] == start)
            or is_inside_word(start)
        ):
            continue
        for length in lengths:
            term = text[k : k + length]
            end = starts[k + len(term)]
            if (
                term in translations
                and end > starts[k + len(term) - 1]  # otherwise in the middle of a character
                and not is_inside_word(end)
                and all(end <= first or last <= start for first, last in untouched)
            ):
                found.append(Occurrence(start, end, translations[term]))
                break
    return found


class Masked(NamedTuple):
    """A line with marks in place of its terms."""

    line: str
    translations: dict[str, str]
    """The terms' translations by mark, in the order of the line."""

    @property
    def marks(self) -> re.Pattern[str]:
        """A pattern that matches any of the marks."""
        return re.compile(f"({'|'.join(self.translations)})")

    def is_complete(self, text: str) -> bool:
        """Returns whether a translation has every mark."""
        return all(mark in text for mark in self.translations)

    def restored(self, text: str) -> str:
        """Returns a translation with the terms' translations in place of the marks."""
        return self.marks.sub(
            lambda match: capitalised(text[: match.start()], self.translations[match[0]]), text
        )


class Glossary:
    """The terms that have a translation in one target language."""

    def __init__(self, terms: Iterable[GlossaryTerm], target: Language) -> None:
        """Takes the translations into the target; later terms win over earlier ones."""
        translations: dict[str, str] = {}
        for term in terms:
            translation = term.targets.get(target.tag) or (term.source if term.keep else None)
            folded = fold(term.source.strip()).text
            if translation and folded:
                translations[folded] = translation
        self.translations: Mapping[str, str] = translations
        """Translations by folded term."""
        self._target = target

    def masked(self, line: str) -> Masked | None:
        """Returns the line with a mark for each term; None where it has no term.

        Terms with the same translation have the same mark.
        """
        terms = find_terms(line, self.translations)
        if not terms:
            return None
        unused = _marks(line)
        marks: dict[str, str] = {}
        for term in terms:
            if term.translation not in marks:
                marks[term.translation] = next(unused)
        text = replaced(line, terms, [marks[term.translation] for term in terms])
        return Masked(text, {mark: translation for translation, mark in marks.items()})

    def excused(self, line: str) -> tuple[str, ...]:
        """Returns the terms of a line and their translations, for ``issues_of``."""
        terms = find_terms(line, self.translations)
        words = [word for term in terms for word in (line[term.start : term.end], term.translation)]
        return tuple(dict.fromkeys(words))

    def alone(self, masked: Masked) -> str | None:
        """Returns the translation of a line that has only terms; None where it has other words."""
        parts = masked.marks.split(masked.line)
        if any(map(has_letters, parts[::2])):
            return None
        parts[::2] = [punctuated(part, self._target) for part in parts[::2]]
        return masked.restored("".join(parts))


def capitalised(before: str, translation: str) -> str:
    """Returns a term's translation, with a capital if it begins a sentence.

    A translation whose first word has a capital inside, such as "iPhone", stays as it is.

    Args:
        before: The text before the term.
        translation: The term's translation.
    """
    first = next(words_of(translation), None)
    common = translation[0].islower() and first is not None and first.text.islower()
    if common and begins_sentence(before):
        return translation[0].upper() + translation[1:]
    return translation


def replaced(line: str, terms: Sequence[Occurrence], replacements: Sequence[str]) -> str:
    """Returns a line with a replacement for each of its terms."""
    for term, text in zip(reversed(terms), reversed(replacements), strict=True):
        line = line[: term.start] + text + line[term.end :]
    return line


def _marks(line: str) -> Iterator[str]:
    """Returns marks that are not in a line; no mark is the beginning of another mark."""
    marks = (f"#q{first}{second}" for first, second in product(ascii_lowercase, repeat=2))
    return (mark for mark in marks if mark not in line)


def has_letters(text: str) -> bool:
    """Returns whether a text has letters outside its markup."""
    return any(map(str.isalpha, MARKUP.sub("", text)))


def punctuated(text: str, target: Language) -> str:
    """Returns a text without letters, with the digits and punctuation of the target language."""
    stop, script = target.full_stop, SCRIPTS[target.own_script]
    pieces = re.split(f"({MARKUP.pattern})", text)
    for k in range(0, len(pieces), 2):
        piece = _STOP.sub(stop, ascii_digits(pieces[k]))
        pieces[k] = _COMMA.sub(script.comma, _QUESTION.sub(script.question_mark, piece))
    return "".join(pieces)
