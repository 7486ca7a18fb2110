"""One spelling for each name of a film, where the model wrote one name in several ways. Pure.

The model sees one sentence at a time, so वीरू is Veeru here and Viru there. Two words of the
translations are taken for the same name only if they stand in lines with the same source word, both
sound like that word, and they differ in nothing but what a spelling may choose: long or short i and
u, a doubled consonant, v or w, ``ksh`` or ``x``; in Indian scripts also the sign of a nasal. A miss
is better than a false merge: Ram, Rama and Rum stay three words, and so do the inflected forms of a
name. Texts in scripts whose sounds are not known (Ol Chiki, Meitei Mayek, Arabic as a target) are
left alone.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from indicsubs_text.languages import Language
from indicsubs_text.words import TextWord, begins_sentence, fold, words_of
from indicsubs_translation.glossary import find_terms
from indicsubs_translation.sounds import comparable, sound_alike, spelling


class Change(NamedTuple):
    """A name that was spelled anew."""

    line: int
    """Index of the text."""
    old: str
    new: str


class Unified(NamedTuple):
    """Texts with one spelling for each name."""

    texts: list[str]
    changes: list[Change]
    """In order of their index."""


class _Sighting(NamedTuple):
    """A word of a translation that sounds as one source word of its line does, and no other."""

    line: int
    word: TextWord


def unify_names(
    lines: Sequence[str],
    texts: Sequence[str],
    source: Language,
    target: Language,
    renderings: Mapping[str, str] | None = None,
) -> Unified:
    """Give every name its most frequent spelling; of equally frequent ones the first in the film.

    In English, a name begins with a capital inside a sentence, and never without one. In other
    languages it is known by the source alone: what sounds like it is not translated.

    Args:
        lines: All lines of the film.
        texts: Their translations, in the same order.
        source: Language of the lines.
        target: Language of the translations.
        renderings: Translation by folded term of a glossary: its terms, and what they are
            translated with, are left as they are.
    """
    scripts = source.own_script, target.own_script
    if source == target or not comparable(*scripts):
        return Unified(list(texts), [])
    capitals = _capitals(texts) if scripts[1] == "Latn" else None
    seen: dict[tuple[str, str], list[_Sighting]] = defaultdict(list)
    for index, (line, text) in enumerate(zip(lines, texts, strict=True)):
        settled = find_terms(line, renderings or {})
        taken = {fold(word.text).text for one in settled for word in words_of(one.rendering)}
        said = Counter(
            fold(word.text).text
            for word in words_of(line)
            if not any(one.start <= word.start < one.end for one in settled)
        )
        here: dict[tuple[str, str], list[_Sighting]] = defaultdict(list)
        for word in words_of(text):
            if fold(word.text).text in taken or not (capitals is None or word.text in capitals):
                continue
            alike = [one for one in said if sound_alike(one, scripts[0], word.text, scripts[1])]
            if len(alike) == 1:
                key = alike[0], spelling(word.text, scripts[1])
                here[key].append(_Sighting(index, word))
        for key, sightings in here.items():
            if len(sightings) <= said[key[0]]:
                seen[key] += sightings
    names = seen.values()
    if capitals is not None:
        names = [name for name in names if any(capitals[one.word.text] for one in name)]
    return _respelled(texts, names)


def _respelled(texts: Sequence[str], names: Iterable[Sequence[_Sighting]]) -> Unified:
    anew: list[tuple[_Sighting, str]] = []
    for sightings in names:
        # Counter keeps the order of the film, and most_common that of equals.
        ((most, _),) = Counter(one.word.text for one in sightings).most_common(1)
        anew += [(one, most) for one in sightings if one.word.text != most]
    made = list(texts)
    changes: list[Change] = []
    anew.sort(key=lambda one: (one[0].line, one[0].word.start))
    for (index, word), new in reversed(anew):  # from the end, so that places stay
        made[index] = made[index][: word.start] + new + made[index][word.end :]
        changes.append(Change(index, word.text, new))
    return Unified(made, changes[::-1])


def _capitals(texts: Iterable[str]) -> dict[str, bool]:
    """Words that begin with a capital and never without, and whether one does inside a sentence."""
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
