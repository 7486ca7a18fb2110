"""Unifies the spelling of each name that the model wrote in several spellings. Pure.

The model sees one sentence at a time, so वीरू is Veeru in one line and Viru in another. Two words of
the translations count as the same name only if they are in lines with the same source word, both
sound like that word, and they differ only where spellings vary: long or short i and u, a doubled
consonant, v or w, ``ksh`` or ``x``; in Indian scripts also the sign of a nasal. Missing a name is
better than merging two names: Ram, Rama and Rum stay three words, and so do the inflected
forms of a name. Texts in scripts whose sounds are not known (Ol Chiki, Meitei Mayek, Arabic as a
target) do not change.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from indicsubs_text.languages import Language
from indicsubs_text.words import TextWord, begins_sentence, fold, words_of
from indicsubs_translation.glossary import find_terms
from indicsubs_translation.sounds import comparable, sound_alike, spelling


class Respelling(NamedTuple):
    """A change of a name's spelling."""

    line: int
    """Index of the text."""
    old: str
    new: str


class UnifiedTexts(NamedTuple):
    """Texts with one spelling for each name."""

    texts: list[str]
    respellings: list[Respelling]
    """In order of their index."""


class _NameUse(NamedTuple):
    """A word of a translation that sounds like exactly one source word of its line."""

    line: int
    """Index of the text."""
    word: TextWord


def unify_names(
    lines: Sequence[str],
    texts: Sequence[str],
    source: Language,
    target: Language,
    glossary: Mapping[str, str] | None = None,
) -> UnifiedTexts:
    """Gives every name its most frequent spelling; of equally frequent spellings, the first one.

    In English, a name begins with a capital inside a sentence, and never without one. In other
    languages, any word that sounds like its source word is a name, because it is not translated.

    Args:
        lines: All lines of the film.
        texts: Their translations, in the same order.
        source: Language of the lines.
        target: Language of the translations.
        glossary: Translations of terms by folded term; the terms and their translations do not
            change.
    """
    scripts = source.own_script, target.own_script
    if source == target or not comparable(*scripts):
        return UnifiedTexts(list(texts), [])
    capitals = _capitals(texts) if scripts[1] == "Latn" else None
    uses: dict[tuple[str, str], list[_NameUse]] = defaultdict(list)
    for index, (line, text) in enumerate(zip(lines, texts, strict=True)):
        terms = find_terms(line, glossary or {})
        of_terms = {fold(word.text).text for term in terms for word in words_of(term.translation)}
        source_words = Counter(
            fold(word.text).text
            for word in words_of(line)
            if not any(term.start <= word.start < term.end for term in terms)
        )
        uses_in_line: dict[tuple[str, str], list[_NameUse]] = defaultdict(list)
        for word in words_of(text):
            if fold(word.text).text in of_terms:
                continue
            if capitals is not None and word.text not in capitals:
                continue
            alike = [
                source_word
                for source_word in source_words
                if sound_alike(source_word, scripts[0], word.text, scripts[1])
            ]
            if len(alike) == 1:
                key = alike[0], spelling(word.text, scripts[1])
                uses_in_line[key].append(_NameUse(index, word))
        for (source_word, spelt), found in uses_in_line.items():
            if len(found) <= source_words[source_word]:
                uses[source_word, spelt] += found
    names = uses.values()
    if capitals is not None:
        names = [name for name in names if any(capitals[use.word.text] for use in name)]
    return _respelt(texts, names)


def _respelt(texts: Sequence[str], names: Iterable[Sequence[_NameUse]]) -> UnifiedTexts:
    replacements: list[tuple[_NameUse, str]] = []
    for uses in names:
        # Counter keeps the order of the film, and most_common that of equals.
        ((most, _),) = Counter(use.word.text for use in uses).most_common(1)
        replacements += [(use, most) for use in uses if use.word.text != most]
    unified = list(texts)
    respellings: list[Respelling] = []
    replacements.sort(key=lambda replacement: (replacement[0].line, replacement[0].word.start))
    for (index, word), new in reversed(replacements):  # from the end, so that places stay right
        unified[index] = unified[index][: word.start] + new + unified[index][word.end :]
        respellings.append(Respelling(index, word.text, new))
    return UnifiedTexts(unified, respellings[::-1])


def _capitals(texts: Iterable[str]) -> dict[str, bool]:
    """Returns the words that are always capitalised; True for words also inside a sentence."""
    capitals: dict[str, bool] = {}
    lowered: set[str] = set()
    for text in texts:
        for word in words_of(text):
            if word.text[0].islower():
                lowered.add(word.text)
            elif word.text[1:].islower():
                inside = not begins_sentence(text[: word.start])
                capitals[word.text] = inside or capitals.get(word.text, False)
    return {word: inside for word, inside in capitals.items() if word.lower() not in lowered}
