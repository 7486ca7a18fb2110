"""Translates lines with the translations that the user has chosen for the terms of a glossary.

A term is hidden from the model behind a mark that looks like a hashtag. IndicTransToolkit's
processor turns the mark into a placeholder, ``<ID1>``, which the official models have learnt to
copy, and turns the placeholder in the output back into the mark; this module replaces the mark with
the term's translation. Where the model loses a placeholder, its other hypotheses are searched, then
other numbers of beams are tried. Then the line is translated without marks, and the term is found
by its sound, because a model often knows a name or writes its sound. If all of these fail, the
words around the term are translated separately. Independent of any engine.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise

from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import Language
from indicsubs_text.sentences import CLOSERS, TERMINATORS
from indicsubs_text.words import fold, is_of_word, words_of
from indicsubs_translation.glossary import (
    Glossary,
    Masked,
    Occurrence,
    capitalised,
    find_terms,
    has_letters,
    punctuated,
    replaced,
)
from indicsubs_translation.lines import parse_line, sentences_of
from indicsubs_translation.repair import GREEDY, MANY_BEAMS, Attempt, Translator
from indicsubs_translation.sounds import comparable, sound_alike

_HEAD = re.compile(r"[#\w]")
"""The beginning of a word or of a mark."""

_LOWERED = re.compile(
    r"(?:a|all|also|and?|are|at|be|because|been|but|by|can|did|do|does|for|from|had|has|have|her?"
    r"|his|how|if|in|is|its?|just|my|no|not|of|on|or|our|she|so|that|the|their|them|then|there"
    r"|they|this|too?|was|we|were|what|when|where|which|who|why|will|with|would|you|your)",
    re.IGNORECASE,
)
"""English words that are not names. They lose their capital where a part is placed in the middle of
a sentence."""


def with_glossary(
    translator: Translator,
    terms: Sequence[GlossaryTerm],
    source: Language,
    target: Language,
) -> Translator:
    """Returns a translator that translates the terms of a glossary as the glossary does.

    It calls ``translator`` once with all lines, and again only with lines whose terms the model
    lost. Lines without a term are passed unchanged to ``translator``.

    Args:
        translator: Translates from ``source`` to ``target``.
        terms: Later terms win over earlier ones; terms without a translation into ``target`` are
            left to the model.
        source: Language of the lines. If it is also the target, the glossary is not used.
        target: Language of the translations.
    """
    glossary = Glossary(terms, target)
    if source == target or not glossary.translations:
        return translator
    attempts_at = _cached(translator)

    def translate(lines: Sequence[str], beam_size: int) -> list[Attempt]:
        masked = {line: found for line in lines if (found := glossary.masked(line))}
        accepted = {
            line: Attempt(text)
            for line, found in masked.items()
            if (text := glossary.alone(found)) is not None
        }

        def remaining() -> list[str]:
            return [line for line in lines if line not in accepted]

        def attempt_remaining(beams: int) -> None:
            """Translates the remaining lines, and accepts those that have their terms."""
            asked = {line: masked[line].line if line in masked else line for line in remaining()}
            attempts = attempts_at(asked.values(), beams)
            for line, text in asked.items():
                attempt = attempts[text]
                complete = _restored(masked[line], attempt) if line in masked else attempt
                if complete:
                    accepted[line] = complete

        for beams in dict.fromkeys((beam_size, MANY_BEAMS, GREEDY)):
            attempt_remaining(beams)
        unmasked = attempts_at(remaining(), beam_size)
        accepted |= {
            line: with_terms
            for line, attempt in unmasked.items()
            if (with_terms := _found(line, attempt, glossary.translations, source, target))
        }
        split = {line: _Parts(masked[line], target) for line in remaining()}
        attempts = attempts_at(
            (part for parts in split.values() for part in parts.asked), beam_size
        )
        accepted |= {line: parts.joined(attempts) for line, parts in split.items()}
        return [accepted[line] for line in lines]

    return translate


class _Parts:
    """A line that is translated in parts: the words before, between and after its terms."""

    def __init__(self, masked: Masked, target: Language) -> None:
        self._masked = masked
        self._target = target
        self._line = parse_line(masked.line)
        self._sentences = [masked.marks.split(text) for text in sentences_of(self._line.text)]

    @property
    def asked(self) -> list[str]:
        """The parts to translate; a sentence without a term is one part."""
        parts = [part.strip() for sentence in self._sentences for part in sentence[::2]]
        return [part for part in parts if has_letters(part)]

    def joined(self, attempts: Mapping[str, Attempt]) -> Attempt:
        """Returns the parts' translations with the terms between them, in the source's order."""
        sentences: list[str] = []
        for parts in self._sentences:
            sentence = ""
            for k, part in enumerate(parts):
                piece = part if k % 2 else self._translated(part, attempts, begins=not sentence)
                meet = sentence and piece and is_of_word(sentence[-1]) and _HEAD.match(piece)
                sentence += f" {piece}" if meet else piece
            sentences.append(" ".join(sentence.split()))
        text = self._line.before + " ".join(sentences) + self._line.after
        terms = ", ".join(self._masked.translations.values())
        warnings = [warning for part in self.asked for warning in attempts[part].warnings]
        if self._line.dropped_markup:
            warnings.append("markup inside the line is lost")
        warnings.append(
            f"the model lost the placeholder of {terms}, so the words around it were translated by"
            " themselves; check the order of the words"
        )
        return Attempt(self._masked.restored(text), tuple(dict.fromkeys(warnings)))

    def _translated(self, part: str, attempts: Mapping[str, Attempt], *, begins: bool) -> str:
        """Returns the translation of a part; the spaces around the part stay."""
        words = part.strip()
        if not has_letters(words):
            return punctuated(part, self._target)
        translation = attempts[words].text.strip()
        if not words.rstrip(CLOSERS).endswith(tuple(TERMINATORS)):
            translation = translation.rstrip(TERMINATORS)
        first = next(words_of(translation), None)
        if not begins and first and _LOWERED.fullmatch(first.text):
            translation = translation[: first.start] + first.text.lower() + translation[first.end :]
        return part.replace(words, translation)


def _cached(translator: Translator) -> Callable[[Iterable[str], int], dict[str, Attempt]]:
    """Returns a function that takes lines and a number of beams, and returns attempts by line.

    The function translates a line only once with each number of beams, and does not call the
    translator without lines.
    """
    known: dict[tuple[str, int], Attempt] = {}

    def attempts_at(lines: Iterable[str], beams: int) -> dict[str, Attempt]:
        lines = list(dict.fromkeys(lines))
        new = [line for line in lines if (line, beams) not in known]
        if new:
            keys = ((line, beams) for line in new)
            known.update(zip(keys, translator(new, beams), strict=True))
        return {line: known[line, beams] for line in lines}

    return attempts_at


def _restored(masked: Masked, attempt: Attempt) -> Attempt | None:
    """Returns the hypotheses with every mark, with terms in place of marks; None without any."""
    complete = [text for text in (attempt.text, *attempt.others) if masked.is_complete(text)]
    if not complete:
        return None
    first, *others = map(masked.restored, complete)
    return attempt._replace(text=first, others=tuple(others))


def _found(
    line: str, attempt: Attempt, translations: Mapping[str, str], source: Language, target: Language
) -> Attempt | None:
    """Returns the hypotheses for an unmarked line that have every term; None without any."""
    words: dict[str, list[str]] = {}
    for term in find_terms(line, translations):
        words.setdefault(term.translation, []).append(line[term.start : term.end])
    texts = [_with_terms(text, words, source, target) for text in (attempt.text, *attempt.others)]
    found = [text for text in texts if text is not None]
    return attempt._replace(text=found[0], others=tuple(found[1:])) if found else None


def _with_terms(
    text: str, source_words: Mapping[str, Sequence[str]], source: Language, target: Language
) -> str | None:
    """Replaces words that sound like the terms by the translations of the terms.

    Args:
        text: A translation.
        source_words: The terms as the line writes them, by their translation.
        source: Language of the line.
        target: Language of the translation.

    Returns:
        The changed translation; None where a term is not found.
    """
    scripts = [language.own_script for language in (source, target)]
    terms = find_terms(text, {fold(translation).text: translation for translation in source_words})
    present = {term.translation for term in terms}
    for translation, words in source_words.items():
        if translation in present:
            continue
        alike = [
            Occurrence(word.start, word.end, translation)
            for word in words_of(text)
            if comparable(*scripts)
            and any(sound_alike(term, scripts[0], word.text, scripts[1]) for term in words)
        ]
        if not 0 < len(alike) <= len(words):
            return None
        terms += alike
    terms.sort()
    apart = all(term.end <= following.start for term, following in pairwise(terms))
    replacements = [capitalised(text[: term.start], term.translation) for term in terms]
    return replaced(text, terms, replacements) if apart else None
