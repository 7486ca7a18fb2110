"""Translate every different line once, check it, try the doubtful ones again, and say what is left.

Pure of any engine: what translates and what checks are given.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from indicsubs_contract.transcript import QualityIssue
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language
from indicsubs_text.sentences import CLOSERS, TERMINATORS
from indicsubs_translation.checks import ending, issues_of
from indicsubs_translation.cue_sentences import PUNCTUATED_SHARE
from indicsubs_translation.lines import parse_line

MANY_BEAMS = 10
"""Beams of the second try: twice the usual five, so that what was pruned early can win."""
GREEDY = 1
"""Beams of the third: without a beam there is none of its bias to short outputs."""
MOST_DOUBTFUL = 0.5
"""With a larger share of doubtful lines the model does not fit the text, and more tries would cost
several times the first one and mend little."""
FEW_LINES = 20
"""So few doubtful lines are tried again whatever their share."""


class Attempt(NamedTuple):
    """What the model made of a line."""

    text: str
    warnings: tuple[str, ...] = ()
    """What the translator itself had to say."""
    others: tuple[str, ...] = ()
    """Other hypotheses of the beam that come close, best first."""


class Outcome(NamedTuple):
    """The lines' translations, in order."""

    texts: list[str]
    issues: list[QualityIssue]
    """In order of their index."""
    warnings: list[tuple[int, str]]
    """Index of a line, and what the translator said about the attempt that was taken."""
    note: str | None = None
    """What is to be said of all lines together."""


class _Checked(NamedTuple):
    attempt: Attempt
    issues: list[tuple[str, str]]
    fits: bool
    """It can be read in the time that it is shown."""

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """Less is better: any words before none, then fewer doubts, then what can be read."""
        return ("empty" in self.reasons, len(self.issues), not self.fits)

    @property
    def may_mend(self) -> bool:
        """Whether another try can help: none does where the line is in another language."""
        return bool(self.issues) and "source" not in self.reasons

    @property
    def reasons(self) -> set[str]:
        return {reason for reason, _ in self.issues}


Translate = Callable[[Sequence[str], int], Sequence[Attempt]]
"""Lines and a number of beams to one attempt per line."""
Fits = Callable[[str, str], bool]
"""A line and its translation to whether there is time to read that."""
Reword = Callable[[str, set[str], Language], str | None]
"""A line and the reasons to doubt it to the line that is tried instead; None leaves it out."""


def translate_checked(
    lines: Sequence[str],
    ways: Sequence[Translate],
    source: Language,
    target: Language,
    *,
    beam_size: int,
    fits: Fits = lambda _line, _text: True,
    excused: Callable[[str], Sequence[str]] = lambda _line: (),
    retrying: Callable[[int], None] = lambda _: None,
) -> Outcome:
    """Translate lines, and those that fail a check again in other ways.

    Equal lines are translated once, and so alike. Of the hypotheses of a beam the first one without
    a doubt that can be read in time is taken, else the best by its doubts. A doubtful line is tried
    with ten beams, greedily, with its last punctuation changed, and by a more precise engine, until
    nothing is doubtful; the attempt with the fewest doubts is taken, the first of equals. What is
    still doubtful stays as the model wrote it.

    Args:
        lines: In the order of the film.
        ways: What translates, called with different lines and at least once; and, where that
            computes in less than float32, what does so in float32.
        source: Language of the lines.
        target: Another one.
        beam_size: Beams of the first pass.
        fits: Asked of each line and a translation.
        excused: Words of a line, or of its translation, that no check minds: a glossary's.
        retrying: Called with the number of different lines, before each new try.
    """
    different = list(dict.fromkeys(lines))
    check = _checker(different, source, target, excused)

    def choose(line: str, attempt: Attempt) -> _Checked:
        def judge(text: str) -> _Checked:
            return _Checked(attempt._replace(text=text), check(line, text), fits(line, text))

        chosen = judge(attempt.text)
        for text in attempt.others:
            if not chosen.issues and chosen.fits:
                break
            chosen = min(chosen, judge(text), key=lambda one: one.rank)
        return chosen

    first = ways[0](different, beam_size)
    best = {line: choose(line, attempt) for line, attempt in zip(different, first, strict=True)}
    doubtful = sum(checked.may_mend for checked in best.values())
    hopeless = doubtful > max(FEW_LINES, MOST_DOUBTFUL * len(different))
    for beams, reword, by in () if hopeless else _tries(beam_size, *ways):
        again = {
            line: reworded
            for line, checked in best.items()
            if checked.may_mend and (reworded := reword(line, checked.reasons, source))
        }
        if not again:
            continue
        retrying(len(again))
        attempts = by(list(again.values()), beams)
        for line, attempt in zip(again, attempts, strict=True):
            best[line] = min(best[line], choose(line, attempt), key=lambda one: one.rank)
    return Outcome(
        texts=[best[line].attempt.text for line in lines],
        issues=[
            QualityIssue(index=index, reason=reason, detail=detail)
            for index, line in enumerate(lines)
            for reason, detail in best[line].issues
        ],
        warnings=[
            (index, what)
            for index, line in enumerate(lines)
            for what in best[line].attempt.warnings
        ],
        note=f"{doubtful} of {len(different)} different lines are doubtful: the model does not fit"
        " this text, so none was tried again"
        if hopeless
        else None,
    )


def summary(
    issues: Iterable[QualityIssue], tag: str, start_ms: Callable[[int], int], file: str
) -> str:
    """One sentence about the lines of a language that are still doubtful.

    Args:
        doubts: At least one, in order of their index.
        tag: Of the target language.
        start_ms: Start of the line of an index.
        file: Where the doubts stand.
    """
    issues = list(issues)
    lines = len({issue.index for issue in issues})
    counted = Counter(issue.reason for issue in issues).most_common()
    reasons = ", ".join(f"{reason} {count}" for reason, count in counted)
    what = "1 line is" if lines == 1 else f"{lines} lines are"
    first = clock(start_ms(issues[0].index))
    return f"{tag}: {what} doubtful ({reasons}), the first at {first}; see {file}."


def repunctuate(line: str, reasons: set[str], source: Language) -> str | None:
    """A line with its last punctuation changed, where that can mend what is doubtful about it.

    A fragment that was given a full stop gets a comma, by which the model sees that it goes on; a
    question that is none any more, and a line that came back empty, lose the mark they end with, or
    the empty one gets a full stop if it has none.
    """
    after = parse_line(line).after
    head = line[: len(line) - len(after)]
    bare = head.rstrip(CLOSERS)
    tail = head[len(bare) :] + after
    unmarked = bare.rstrip(TERMINATORS)
    if "stop" in reasons:
        return f"{bare},{tail}"
    if unmarked != bare and reasons & {"question", "empty"}:
        return unmarked + tail
    if "empty" in reasons:
        return f"{bare}{source.full_stop}{tail}"
    return None


def _tries(
    beam_size: int, translate: Translate, *precise: Translate
) -> list[tuple[int, Reword, Translate]]:
    """Beams, wording and engine of each try after the first pass; none is made twice."""
    others = [beams for beams in (MANY_BEAMS, GREEDY) if beams != beam_size]
    tries: list[tuple[int, Reword, Translate]] = [(beams, _as_it_is, translate) for beams in others]
    tries.append((beam_size, repunctuate, translate))
    return [*tries, *((beam_size, _as_it_is, way) for way in precise)]


def _as_it_is(line: str, _reasons: set[str], _source: Language) -> str:
    return line


def _checker(
    lines: Sequence[str],
    source: Language,
    target: Language,
    excused: Callable[[str], Sequence[str]],
) -> Callable[[str, str], list[tuple[str, str]]]:
    """The checks for these lines; where hardly any is punctuated, a full stop is not stray."""
    ended = sum(bool(ending(line)) for line in lines)
    unpunctuated = ended < PUNCTUATED_SHARE * len(lines)

    def check(line: str, text: str) -> list[tuple[str, str]]:
        found = issues_of(line, text, source, target, excused(line))
        return [issue for issue in found if not (unpunctuated and issue[0] == "stop")]

    return check
