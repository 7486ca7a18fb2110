"""Terms whose translation the user has settled: they come out as settled, whatever the model does.

A term is hidden from the model behind a mark that looks like a hashtag. IndicTransToolkit's
processor makes a placeholder of it, ``<ID1>``, which the official models have learnt to carry
through, and puts the mark back where the placeholder comes out; here the term's translation takes
the mark's place. Where the model loses a placeholder, its other hypotheses are looked at, then
other numbers of beams, then the line without marks: a model often knows a name, or writes what it
sounds like, and this is found by its sound. In the end the words around the term are translated by
themselves. Pure of any engine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from string import ascii_lowercase
from typing import NamedTuple

from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import SCRIPTS, ascii_digits
from indicsubs_text.sentences import CLOSERS, TERMINATORS
from indicsubs_text.words import begins_sentence, fold, is_of_word, words_of
from indicsubs_translation.lines import parse_line, sentences_of
from indicsubs_translation.repair import GREEDY, MANY_BEAMS, Attempt, Translate
from indicsubs_translation.sounds import comparable, sound_alike

_UNTOUCHED = re.compile(rf"{MARKUP.pattern}|\S*(?:://|[@#]|www\.)\S*")
"""Markup, addresses and hashtags: a term inside one is none."""

_STOP = re.compile(r"[।॥۔᱾᱿꯫]|(?<!\.)\.(?![.\d])")
_QUESTION = re.compile("[?؟꫱]")
_COMMA = re.compile(r"[,،](?!\d)")
_HEAD = re.compile(r"[#\w]")

_LOWERED = re.compile(
    r"(?:a|all|also|and?|are|at|be|because|been|but|by|can|did|do|does|for|from|had|has|have|her?"
    r"|his|how|if|in|is|its?|just|my|no|not|of|on|or|our|she|so|that|the|their|them|then|there"
    r"|they|this|too?|was|we|were|what|when|where|which|who|why|will|with|would|you|your)",
    re.IGNORECASE,
)
"""English words that are no names: capitals of theirs go where a part is moved into a sentence."""


class Occurrence(NamedTuple):
    """A term in a line, ``line[start:end]``."""

    start: int
    end: int
    rendering: str
    """What it is in the target language."""


def find_terms(line: str, renderings: Mapping[str, str]) -> list[Occurrence]:
    """The terms in a line, in order and apart; of two in one place the longer.

    Terms are whole words: not the beginning of an inflected form or of a compound.

    >>> find_terms("रामू और राम!", {"राम": "Ram"})
    [Occurrence(start=8, end=11, rendering='Ram')]

    Args:
        line: With or without markup, in which there are no terms.
        renderings: By folded term.
    """
    text, places = fold(line)
    starts = (*places, len(line))
    lengths = sorted(set(map(len, renderings)), reverse=True)
    untouched = [match.span() for match in _UNTOUCHED.finditer(line)]

    def parts_word(place: int) -> bool:
        return 0 < place < len(line) and is_of_word(line[place - 1]) and is_of_word(line[place])

    found: list[Occurrence] = []
    for k, start in enumerate(places):
        if (found and start < found[-1].end) or (k and places[k - 1] == start) or parts_word(start):
            continue
        for length in lengths:
            term = text[k : k + length]
            end = starts[k + len(term)]
            if (
                term in renderings
                and end > starts[k + len(term) - 1]  # else in the middle of one character
                and not parts_word(end)
                and all(end <= first or last <= start for first, last in untouched)
            ):
                found.append(Occurrence(start, end, renderings[term]))
                break
    return found


class Masked(NamedTuple):
    """A line with marks for its terms."""

    line: str
    renderings: dict[str, str]
    """By mark, in the order of the line."""

    @property
    def marks(self) -> re.Pattern[str]:
        """What finds any of the marks."""
        return re.compile(f"({'|'.join(self.renderings)})")

    def carried_by(self, text: str) -> bool:
        """Whether every term's mark is in a translation."""
        return all(mark in text for mark in self.renderings)

    def restored(self, text: str) -> str:
        """A translation with the terms' translations in place of the marks."""
        return self.marks.sub(
            lambda match: _after(text[: match.start()], self.renderings[match[0]]), text
        )


class Glossary:
    """The terms that have a translation in one target language, ready to be looked up."""

    def __init__(self, terms: Iterable[GlossaryTerm], target: Language) -> None:
        """Take from the terms what concerns the target; later terms win over earlier ones."""
        renderings: dict[str, str] = {}
        for term in terms:
            made = term.targets.get(target.tag) or (term.source if term.keep else None)
            folded = fold(term.source.strip()).text
            if made and folded:
                renderings[folded] = made
        self.renderings: Mapping[str, str] = renderings
        """Translation by folded term."""
        self._target = target

    def masked(self, line: str) -> Masked | None:
        """The line with a mark for each term, the same for the same; None without a term."""
        found = find_terms(line, self.renderings)
        if not found:
            return None
        unused = _marks(line)
        marks: dict[str, str] = {}
        for one in found:
            if one.rendering not in marks:
                marks[one.rendering] = next(unused)
        text = _replaced(line, found, [marks[one.rendering] for one in found])
        return Masked(text, {mark: rendering for rendering, mark in marks.items()})

    def excused(self, line: str) -> tuple[str, ...]:
        """The terms of a line and their translations: for ``issues_of``."""
        found = find_terms(line, self.renderings)
        words = [word for one in found for word in (line[one.start : one.end], one.rendering)]
        return tuple(dict.fromkeys(words))

    def alone(self, masked: Masked) -> str | None:
        """The translation of a line that has nothing but terms to translate; else None."""
        parts = masked.marks.split(masked.line)
        if any(map(_has_letters, parts[::2])):
            return None
        parts[::2] = [_punctuated(part, self._target) for part in parts[::2]]
        return masked.restored("".join(parts))


def with_glossary(
    translate: Translate,
    terms: Sequence[GlossaryTerm],
    source: Language,
    target: Language,
) -> Translate:
    """Make a translation obey a glossary. Lines without a term pass as they are.

    What is returned calls ``translate`` once with all lines, and again only for those whose terms
    the model lost. Whatever it gives has every term's translation in it.

    Args:
        translate: From ``source`` to ``target``.
        terms: Later ones win over earlier ones; those with nothing for ``target`` are left to the
            model.
        source: Language of the lines; into itself nothing is translated, and no term either.
        target: Language of the translations.
    """
    glossary = Glossary(terms, target)
    if source == target or not glossary.renderings:
        return translate
    attempts_at = _remembering(translate)

    def translated(lines: Sequence[str], beam_size: int) -> list[Attempt]:
        masked = {line: found for line in lines if (found := glossary.masked(line))}
        made = {
            line: Attempt(text)
            for line, found in masked.items()
            if (text := glossary.alone(found)) is not None
        }

        def spec(beams: int) -> None:
            """JobSpec for what is not made yet, and keep what has its terms."""
            asked = {line: masked[line].line if line in masked else line for line in left()}
            attempts = attempts_at(asked.values(), beams)
            for line, text in asked.items():
                attempt = attempts[text]
                carried = _restored(masked[line], attempt) if line in masked else attempt
                if carried:
                    made[line] = carried

        def left() -> list[str]:
            return [line for line in lines if line not in made]

        for beams in dict.fromkeys((beam_size, MANY_BEAMS, GREEDY)):
            spec(beams)
        plain = attempts_at(left(), beam_size)
        made |= {
            line: settled
            for line, attempt in plain.items()
            if (settled := _settled(line, attempt, glossary.renderings, source, target))
        }
        parted = {line: _Parts(masked[line], target) for line in left()}
        parts = attempts_at((part for one in parted.values() for part in one.asked), beam_size)
        made |= {line: one.joined(parts) for line, one in parted.items()}
        return [made[line] for line in lines]

    return translated


class _Parts:
    """A line that is translated in parts: what is before, between and after its terms."""

    def __init__(self, masked: Masked, target: Language) -> None:
        self._masked = masked
        self._target = target
        self._line = parse_line(masked.line)
        self._sentences = [masked.marks.split(text) for text in sentences_of(self._line.text)]

    @property
    def asked(self) -> list[str]:
        """The parts to translate; a sentence without a term is one."""
        parts = [part.strip() for sentence in self._sentences for part in sentence[::2]]
        return [part for part in parts if _has_letters(part)]

    def joined(self, attempts: Mapping[str, Attempt]) -> Attempt:
        """The parts' translations with the terms between them, in the order of the source."""
        sentences: list[str] = []
        for parts in self._sentences:
            made = ""
            for k, part in enumerate(parts):
                piece = part if k % 2 else self._made(part, attempts, begins=not made)
                meet = made and piece and is_of_word(made[-1]) and _HEAD.match(piece)
                made += f" {piece}" if meet else piece
            sentences.append(" ".join(made.split()))
        text = self._line.before + " ".join(sentences) + self._line.after
        terms = ", ".join(self._masked.renderings.values())
        warnings = [what for part in self.asked for what in attempts[part].warnings]
        if self._line.dropped_markup:
            warnings.append("markup inside the line is lost")
        warnings.append(
            f"the model did not carry {terms} through, so the words around were translated by"
            " themselves; look at their order"
        )
        return Attempt(self._masked.restored(text), tuple(dict.fromkeys(warnings)))

    def _made(self, part: str, attempts: Mapping[str, Attempt], *, begins: bool) -> str:
        """A part's translation, with the spaces around it as they are."""
        said = part.strip()
        if not _has_letters(said):
            return _punctuated(part, self._target)
        made = attempts[said].text.strip()
        if not said.rstrip(CLOSERS).endswith(tuple(TERMINATORS)):
            made = made.rstrip(TERMINATORS)
        first = next(words_of(made), None)
        if not begins and first and _LOWERED.fullmatch(first.text):
            made = made[: first.start] + first.text.lower() + made[first.end :]
        return part.replace(said, made)


def _remembering(translate: Translate) -> Callable[[Iterable[str], int], dict[str, Attempt]]:
    """Attempts by line; each different line is asked once for a number of beams, none for none."""
    known: dict[tuple[str, int], Attempt] = {}

    def attempts_at(lines: Iterable[str], beams: int) -> dict[str, Attempt]:
        lines = list(dict.fromkeys(lines))
        new = [line for line in lines if (line, beams) not in known]
        if new:
            keys = ((line, beams) for line in new)
            known.update(zip(keys, translate(new, beams), strict=True))
        return {line: known[line, beams] for line in lines}

    return attempts_at


def _restored(masked: Masked, attempt: Attempt) -> Attempt | None:
    """The hypotheses that have every mark, with terms for marks; None without any."""
    carried = [text for text in (attempt.text, *attempt.others) if masked.carried_by(text)]
    if not carried:
        return None
    first, *others = map(masked.restored, carried)
    return attempt._replace(text=first, others=tuple(others))


def _settled(
    line: str, attempt: Attempt, renderings: Mapping[str, str], source: Language, target: Language
) -> Attempt | None:
    """The hypotheses for a line without marks in which every term can be found; or None."""
    said: dict[str, list[str]] = {}
    for one in find_terms(line, renderings):
        said.setdefault(one.rendering, []).append(line[one.start : one.end])
    texts = [_with_terms(text, said, source, target) for text in (attempt.text, *attempt.others)]
    settled = [text for text in texts if text is not None]
    return attempt._replace(text=settled[0], others=tuple(settled[1:])) if settled else None


def _with_terms(
    text: str, said: Mapping[str, Sequence[str]], source: Language, target: Language
) -> str | None:
    """A translation with each term as it should be, where something is like it; or None.

    Args:
        text: A translation.
        said: The words of the line that stand for each term's translation.
        source: Language of the line.
        target: Language of the translation.
    """
    scripts = [language.own_script for language in (source, target)]
    found = find_terms(text, {fold(rendering).text: rendering for rendering in said})
    known = {one.rendering for one in found}
    for rendering, words in said.items():
        if rendering in known:
            continue
        alike = [
            Occurrence(word.start, word.end, rendering)
            for word in words_of(text)
            if comparable(*scripts)
            and any(sound_alike(one, scripts[0], word.text, scripts[1]) for one in words)
        ]
        if not 0 < len(alike) <= len(words):
            return None
        found += alike
    found.sort()
    apart = all(one.end <= other.start for one, other in pairwise(found))
    renderings = [_after(text[: one.start], one.rendering) for one in found]
    return _replaced(text, found, renderings) if apart else None


def _after(before: str, rendering: str) -> str:
    """A term's translation, with a capital if its first word is a common one and begins a sentence.

    "iPhone" stays as it is.
    """
    first = next(words_of(rendering), None)
    common = rendering[0].islower() and first is not None and first.text.islower()
    return rendering[0].upper() + rendering[1:] if common and begins_sentence(before) else rendering


def _replaced(line: str, found: Sequence[Occurrence], instead: Sequence[str]) -> str:
    """A line with something else in place of each of its terms."""
    for one, text in zip(reversed(found), reversed(instead), strict=True):
        line = line[: one.start] + text + line[one.end :]
    return line


def _marks(line: str) -> Iterator[str]:
    """Marks that are not in a line, none the beginning of another."""
    marks = (f"#q{one}{other}" for one, other in product(ascii_lowercase, repeat=2))
    return (mark for mark in marks if mark not in line)


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, MARKUP.sub("", text)))


def _punctuated(text: str, target: Language) -> str:
    """Text without letters, with the digits and the punctuation of the target language."""
    stop, script = target.full_stop, SCRIPTS[target.own_script]
    pieces = re.split(f"({MARKUP.pattern})", text)
    for k in range(0, len(pieces), 2):
        piece = _STOP.sub(stop, ascii_digits(pieces[k]))
        pieces[k] = _COMMA.sub(script.comma, _QUESTION.sub(script.question_mark, piece))
    return "".join(pieces)
