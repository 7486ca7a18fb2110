"""What can be seen to be wrong with a translated line without knowing what it means: pure.

Every check is a function of a row in :data:`CHECKS`. They are strict where a miss would mislead the
viewer: a number that the translation spells out ("5" as "five") is a doubt too, because telling the
two apart would take the numerals of 23 languages. A doubt alters nothing; a person looks.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP
from indicsubs_text.scripts import SCRIPTS, ascii_digits, letters_by_script
from indicsubs_text.sentences import CLOSERS, TERMINATORS

SCRIPT_SHARE = 0.5
"""Below this share of letters in its own script, a line counts as written in another. Own choice:
one name in Latin letters beside one word passes, a line in another script does not."""
LEFTOVER_LETTERS = 2
"""So many letters and signs of the source's script make a leftover; a single one may be quoted."""
LEFTOVER_LATIN = 4
"""The same for Latin, in lower case: Indian languages keep "CBI", "iPhone" and "km" as they are."""
IN_A_ROW = 3
"""Words, or groups of words, so often in a row are a loop of the decoder; Indian languages double a
word for emphasis, and a line that says it three times has done so in the source."""
CHARACTERS_IN_A_ROW = 10
"""The same for the characters within words; screams are shorter. Own choice."""
LONGEST_LOOP = 20
"""Units (words or characters) in the longest group looked for: a sentence or so."""
REPEATED_SHARE = 0.5
"""With this share of its word pairs said before, a line turns in circles, unless the source comes
to half of that itself. Own choice."""
FEWEST_PAIRS = 8
"""Word pairs below which that share means nothing."""
LENGTH_RATIO = 3.0
"""The longer of the two has at most so many times the letters of the other. Own choice: it lies
between 0.5 and 2.3 in the demo sentences, and a loop or a lost clause goes beyond."""
LENGTH_SLACK = 12
"""Letters on top of that, for short lines: "Yes" is a sentence elsewhere."""
SOURCE_WORDS = 2
"""A line of fewer words in another script may be a name or an "OK"."""

FULL_STOPS = ".।॥۔᱾᱿꯫"
QUESTION_MARKS = "?؟꫱"


_JOINERS = "\u200c\u200d"
_UNSEEN_AT_END = CLOSERS + _JOINERS + "\ufe0e\ufe0f"
_SEPARATORS = str.maketrans("٫٬:", ".,.")
"""Arabic decimal and thousands signs; and 5.45 is a time as 5:45 is."""
_THOUSANDS = re.compile(r"(?<=\d),(?=(?:\d\d,)*\d{3}(?!\d))")
"""1,234,567 and 12,34,567."""
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_ADDRESS = re.compile(r"\S*(?:://|@|www\.)\S*|[A-Za-z0-9-]+(?:\.[a-z]{2,})+\S*")


class Pair(NamedTuple):
    """A line and its translation, both without markup."""

    said: str
    made: str
    source: Language
    target: Language


def issues_of(
    source_text: str,
    target_text: str,
    source: Language,
    target: Language,
    excused: Sequence[str] = (),
) -> list[tuple[str, str]]:
    """What is doubtful about a translation.

    Args:
        source_text: The line.
        target_text: Its translation.
        source: Language of the line.
        target: Language of the translation.
        excused: Words of a glossary, in either language: what their letters and digits are is the
            user's choice.

    Returns:
        Reason (a key of :data:`CHECKS`) and detail of each check that fails, in the order of the
        table; of an empty translation nothing but that.
    """
    made = target_text
    for tag in dict.fromkeys(MARKUP.findall(source_text)):
        made = made.replace(tag, " ")  # and no other: a placeholder left behind looks like markup
    pair = Pair(MARKUP.sub(" ", source_text), made, source, target)
    free = _without(pair, excused)
    found = [
        (reason, detail)
        for reason, check in CHECKS.items()
        if (detail := check(free if reason in _EXCUSING else pair))
    ]
    return found[:1] if found and found[0][0] == "empty" else found


def ending(text: str) -> str:
    """The terminal punctuation of a text, whatever closes behind it.

    >>> ending("वह गया।\u201d ♪"), ending("जब वह"), ending("क्या?!")
    ('।', '', '?!')
    """
    end = len(text)
    while end and _is_unseen_at_end(text[end - 1]):
        end -= 1
    return text[len(text[:end].rstrip(TERMINATORS)) : end]


def _empty(pair: Pair) -> str | None:
    return "no words" if _has_letters(pair.said) and not _has_letters(pair.made) else None


def _numbers(pair: Pair) -> str | None:
    said, made = _numbers_in(pair.said), _numbers_in(pair.made)
    parts = [
        f"{', '.join((one - other).elements())} {what}"
        for one, other, what in ((said, made, "missing"), (made, said, "new"))
        if one - other
    ]
    return "; ".join(parts) or None


def _script(pair: Pair) -> str | None:
    """Words that the line has from a third script, such as names, count for none."""
    wanted, spoken = pair.target.own_script, pair.source.own_script
    given = {word for word in _words(_prose(pair.said)) if spoken not in letters_by_script(word)}
    own = [word for word in _words(_prose(pair.made)) if word not in given]
    return _strange_script("".join(own), wanted)


def _leftover(pair: Pair) -> str | None:
    script = pair.source.own_script
    if script == pair.target.own_script:
        return None
    words = _words(_prose(pair.made))
    if script == "Latn":
        left = [word for word in words if _latin_leftover(word)]
    else:
        left = [w for w in words if letters_by_script(w)[script] >= LEFTOVER_LETTERS]
    return f"{' '.join(left)} is not translated" if left else None


def _repetition(pair: Pair) -> str | None:
    said, made = _words(pair.said.casefold()), _words(pair.made.casefold())
    # Laughter may be one word here and three there, so the source's characters count as well.
    usual = max(_most_in_a_row(said), _most_in_a_row("".join(said)))
    for units, limit, what in (
        (made, IN_A_ROW, "words"),
        ("".join(made), CHARACTERS_IN_A_ROW, "characters"),
    ):
        times = _most_in_a_row(units)
        if times >= limit and times > usual:
            return f"the same {what} {times} times in a row"
    share = _repeated_share(made)
    if share >= REPEATED_SHARE and _repeated_share(said) < share / 2:
        return f"{share:.0%} of it was said before in the line"
    return None


def _stop(pair: Pair) -> str | None:
    end = ending(pair.made)
    stray = len(end) == 1 and end in FULL_STOPS and not ending(pair.said)
    return f"ends with {end} where the line goes on" if stray else None


def _length(pair: Pair) -> str | None:
    said, made = (len("".join(_words(text))) for text in (pair.said, pair.made))
    if max(said, made) > LENGTH_RATIO * min(said, made) + LENGTH_SLACK:
        return f"{made} letters for {said}"
    return None


def _identical(pair: Pair) -> str | None:
    said, made = (_words(_prose(text).casefold()) for text in (pair.said, pair.made))
    same = said == made and sum(map(_has_letters, said)) > 1 and pair.source != pair.target
    return "the same as the source" if same else None


def _question(pair: Pair) -> str | None:
    said, made = (
        any(mark in _prose(text) for mark in QUESTION_MARKS) for text in (pair.said, pair.made)
    )
    return "the question mark is lost" if said and not made else None


def _source(pair: Pair) -> str | None:
    words = [word for word in _words(_prose(pair.said)) if _has_letters(word)]
    if len(words) < SOURCE_WORDS:
        return None
    strange = _strange_script("".join(words), pair.source.own_script)
    return f"the line to translate is {strange}" if strange else None


CHECKS: dict[str, Callable[[Pair], str | None]] = {
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
"""By reason: what the check found, for a person, or None."""
_EXCUSING = frozenset({"numbers", "script", "leftover", "identical", "source"})
"""The checks that excused words are kept from; the others look at the line as a whole."""


def _without(pair: Pair, excused: Sequence[str]) -> Pair:
    """Without the excused words, also where an ending was glued to one."""
    if not excused:
        return pair
    longest_first = sorted(excused, key=len, reverse=True)
    words = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})", re.IGNORECASE)
    return pair._replace(said=words.sub(" ", pair.said), made=words.sub(" ", pair.made))


def _prose(text: str) -> str:
    """Without web and mail addresses, which are in Latin letters everywhere."""
    return _ADDRESS.sub(" ", text)


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _words(text: str) -> list[str]:
    """Runs of letters with their signs, and of digits; an apostrophe or hyphen parts them."""
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


@cache
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
    """How often the group of units that is said most often in a row is said; 0 or 1 if never."""
    most = min(len(units), 1)
    for size in range(1, min(LONGEST_LOOP, len(units) // 2) + 1):
        same = 0
        for one, later in zip(units, units[size:], strict=False):
            same = same + 1 if one == later else 0
            most = max(most, same // size + 1)
    return most


def _repeated_share(words: Sequence[str]) -> float:
    pairs = list(pairwise(words))
    return 1 - len(set(pairs)) / len(pairs) if len(pairs) >= FEWEST_PAIRS else 0.0
