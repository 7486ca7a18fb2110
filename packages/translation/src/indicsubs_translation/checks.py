"""Checks translated lines for errors that can be found without knowing their meaning. Pure.

Each check is a function in :data:`CHECKS`. The checks are strict where an error would mislead the
viewer: a number that the translation spells out ("5" as "five") fails too, because only a list of
the number words of 23 languages could distinguish it from a lost number. A failed check changes no
text; it names the line for a person to read.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import SCRIPTS, ascii_digits, letters_by_script
from indicsubs_text.sentences import CLOSERS, TERMINATORS

SCRIPT_SHARE = 0.5
"""With a smaller share of letters in its own script, a line counts as written in another script.
Own choice: one name in Latin letters beside one word passes, a line in another script does not."""
LEFTOVER_LETTERS = 2
"""A word with this many letters and signs of the source's script is a leftover; a single letter may
be quoted."""
LEFTOVER_LATIN = 4
"""A lower-case word with this many Latin letters is a leftover, unlike "CBI", "iPhone" and "km"."""
IN_A_ROW = 3
"""A word, or a group of words, that is repeated this many times in a row is a loop of the decoder.
Indian languages double a word for emphasis; where a correct translation has a word three times, the
source has it three times too."""
CHARACTERS_IN_A_ROW = 10
"""The same limit for characters within words; screams are shorter. Own choice."""
LONGEST_LOOP = 20
"""Units (words or characters) in the longest group that is searched for: about a sentence."""
REPEATED_SHARE = 0.5
"""A line with this share of repeated word pairs is a loop, unless the source has at least half of
this share. Own choice."""
FEWEST_PAIRS = 8
"""The fewest word pairs for which :data:`REPEATED_SHARE` is used."""
LENGTH_RATIO = 3.0
"""A line and its translation differ in their number of letters by at most this factor. Own choice:
the factor is between 0.5 and 2.3 in the demo sentences, and larger with a loop or a lost clause."""
LENGTH_SLACK = 12
"""Additional letters that are allowed, for short lines: "Yes" is a sentence in some languages."""
SOURCE_WORDS = 2
"""The fewest words of a source line whose script is checked; one word may be a name or an "OK"."""

FULL_STOPS = ".।॥۔᱾᱿꯫"
QUESTION_MARKS = "?؟꫱"

_JOINERS = "\u200c\u200d"
_UNSEEN_AT_END = CLOSERS + _JOINERS + "\ufe0e\ufe0f"
_SEPARATORS = str.maketrans("٫٬:", ".,.")
"""Arabic decimal and thousands signs; and a colon, because 5.45 is the same time as 5:45."""
_THOUSANDS = re.compile(r"(?<=\d),(?=(?:\d\d,)*\d{3}(?!\d))")
"""The commas of 1,234,567 and of 12,34,567."""
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*|[A-Za-z0-9-]+(?:\.[a-z]{2,})+\S*")


class TranslatedLine(NamedTuple):
    """A line and its translation, both without markup, and their languages."""

    source_text: str
    translation: str
    source: Language
    target: Language


def issues_of(
    source_text: str,
    translation: str,
    source: Language,
    target: Language,
    excused: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """Returns the checks that a translation fails.

    Args:
        source_text: The line.
        translation: Its translation.
        source: Language of the line.
        target: Language of the translation.
        excused: Words of a glossary, in either language; the user chose their letters and digits.

    Returns:
        Reason (a key of :data:`CHECKS`) and detail of each failed check, in the order of the table;
        for an empty translation, only the reason ``empty``.
    """
    for tag in dict.fromkeys(MARKUP.findall(source_text)):
        translation = translation.replace(tag, " ")  # a leftover placeholder looks like markup too
    line = TranslatedLine(MARKUP.sub(" ", source_text), translation, source, target)
    without_excused = _without(line, excused)
    issues = [
        (reason, detail)
        for reason, check in CHECKS.items()
        if (detail := check(without_excused if reason in _EXCUSING else line))
    ]
    return issues[:1] if issues and issues[0][0] == "empty" else issues


def ending(text: str) -> str:
    """Returns the terminal punctuation of a text; quotes, brackets and symbols may follow it.

    >>> ending("वह गया।\u201d ♪"), ending("जब वह"), ending("क्या?!")
    ('।', '', '?!')
    """
    end = len(text)
    while end and _is_unseen_at_end(text[end - 1]):
        end -= 1
    return text[len(text[:end].rstrip(TERMINATORS)) : end]


def _empty(line: TranslatedLine) -> str | None:
    lost = _has_letters(line.source_text) and not _has_letters(line.translation)
    return "no words" if lost else None


def _numbers(line: TranslatedLine) -> str | None:
    source, translated = _numbers_in(line.source_text), _numbers_in(line.translation)
    parts = [
        f"{', '.join((these - those).elements())} {problem}"
        for these, those, problem in (
            (source, translated, "missing"),
            (translated, source, "new"),
        )
        if these - those
    ]
    return "; ".join(parts) or None


def _script(line: TranslatedLine) -> str | None:
    """Checks the script; words that the source has in a third script, as names, do not count."""
    source_script = line.source.own_script
    copied = {
        word
        for word in _words(_prose(line.source_text))
        if source_script not in letters_by_script(word)
    }
    words = [word for word in _words(_prose(line.translation)) if word not in copied]
    return _strange_script("".join(words), line.target.own_script)


def _leftover(line: TranslatedLine) -> str | None:
    script = line.source.own_script
    if script == line.target.own_script:
        return None
    words = _words(_prose(line.translation))
    if script == "Latn":
        leftovers = [word for word in words if _latin_leftover(word)]
    else:
        leftovers = [word for word in words if letters_by_script(word)[script] >= LEFTOVER_LETTERS]
    return f"{' '.join(leftovers)} is not translated" if leftovers else None


def _repetition(line: TranslatedLine) -> str | None:
    source, translated = (_words(text.casefold()) for text in (line.source_text, line.translation))
    # Laughter may be one word here and three there, so the source's characters count as well.
    usual = max(_most_in_a_row(source), _most_in_a_row("".join(source)))
    for units, limit, name in (
        (translated, IN_A_ROW, "words"),
        ("".join(translated), CHARACTERS_IN_A_ROW, "characters"),
    ):
        times = _most_in_a_row(units)
        if times >= limit and times > usual:
            return f"the same {name} {times} times in a row"
    share = _repeated_share(translated)
    if share >= REPEATED_SHARE and _repeated_share(source) < share / 2:
        return f"{share:.0%} of it repeats earlier words of the line"
    return None


def _stop(line: TranslatedLine) -> str | None:
    end = ending(line.translation)
    stray = len(end) == 1 and end in FULL_STOPS and not ending(line.source_text)
    return f"ends with {end} and the line does not" if stray else None


def _length(line: TranslatedLine) -> str | None:
    source, translated = (
        len("".join(_words(text))) for text in (line.source_text, line.translation)
    )
    if max(source, translated) > LENGTH_RATIO * min(source, translated) + LENGTH_SLACK:
        return f"{translated} letters for the line's {source}"
    return None


def _identical(line: TranslatedLine) -> str | None:
    source, translated = (
        _words(_prose(text).casefold()) for text in (line.source_text, line.translation)
    )
    same = source == translated and sum(map(_has_letters, source)) > 1
    return "the same as the source" if same and line.source != line.target else None


def _question(line: TranslatedLine) -> str | None:
    asks, translation_asks = (
        any(mark in _prose(text) for mark in QUESTION_MARKS)
        for text in (line.source_text, line.translation)
    )
    return "the question mark is lost" if asks and not translation_asks else None


def _source(line: TranslatedLine) -> str | None:
    words = [word for word in _words(_prose(line.source_text)) if _has_letters(word)]
    if len(words) < SOURCE_WORDS:
        return None
    strange = _strange_script("".join(words), line.source.own_script)
    return f"the line to translate is {strange}" if strange else None


CHECKS: dict[str, Callable[[TranslatedLine], str | None]] = {
    "empty": _empty,
    "numbers": _numbers,
    "script": _script,
    "leftover": _leftover,
    "repetition": _repetition,
    "stop": _stop,
    "length": _length,
    "identical": _identical,
    "question": _question,
    "source": _source,
}
"""The checks by their reason. A check returns a description of the error for a person to read; None
where the line passes."""
_EXCUSING = frozenset({"numbers", "script", "leftover", "identical", "source"})
"""The checks that get a line without its excused words; the other checks get the whole line."""


def _without(line: TranslatedLine, excused: Sequence[str]) -> TranslatedLine:
    """Removes the excused words from a line, also where an ending is attached to them."""
    if not excused:
        return line
    longest_first = sorted(excused, key=len, reverse=True)
    words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)
    return line._replace(
        source_text=words.sub(" ", line.source_text),
        translation=words.sub(" ", line.translation),
    )


def _prose(text: str) -> str:
    """Returns a text without web and mail addresses: they are in Latin letters in any language."""
    return _ADDRESS.sub(" ", text)


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _words(text: str) -> list[str]:
    """Returns runs of letters (with signs) and of digits; apostrophes and hyphens end a run."""
    return "".join(c if _is_of_word(c) else " " for c in text).split()


def _is_of_word(character: str) -> bool:
    mark = unicodedata.category(character).startswith("M")
    return character.isalnum() or mark or character in _JOINERS


def _is_unseen_at_end(character: str) -> bool:
    symbol = unicodedata.category(character).startswith("S")
    return symbol or character.isspace() or character in _UNSEEN_AT_END


def _numbers_in(text: str) -> Counter[str]:
    plain = ascii_digits(text).translate(_SEPARATORS)
    return Counter(_NUMBER.findall(_THOUSANDS.sub("", plain)))


@lru_cache(maxsize=4096)  # a process may serve many films
def _strange_script(text: str, wanted: str) -> str | None:
    counts = letters_by_script(text)
    if counts[wanted] >= SCRIPT_SHARE * counts.total():
        return None
    most = counts.most_common(1)[0][0]
    name = SCRIPTS[most].name if most in SCRIPTS else most
    return f"{name}, not {SCRIPTS[wanted].name}"


def _latin_leftover(word: str) -> bool:
    return word.islower() and letters_by_script(word)["Latn"] >= LEFTOVER_LATIN


def _most_in_a_row(units: Sequence[str]) -> int:
    """Returns the most times that a group of units occurs in a row; 0 without units."""
    most = min(len(units), 1)
    for size in range(1, min(LONGEST_LOOP, len(units) // 2) + 1):
        equal = 0
        for unit, later in zip(units, units[size:], strict=False):
            equal = equal + 1 if unit == later else 0
            most = max(most, equal // size + 1)
    return most


def _repeated_share(words: Sequence[str]) -> float:
    pairs = list(pairwise(words))
    return 1 - len(set(pairs)) / len(pairs) if len(pairs) >= FEWEST_PAIRS else 0.0
