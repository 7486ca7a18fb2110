"""Translates every different line once, checks it, and translates lines that fail a check again.

Pure of any engine: the translators and the checks are arguments.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from indicsubs_contract.transcript import QualityIssue
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language
from indicsubs_text.sentences import CLOSERS, TERMINATORS
from indicsubs_translation.checks import ending, issues_of
from indicsubs_translation.cue_sentences import PUNCTUATED_SHARE
from indicsubs_translation.lines import parse_line

MANY_BEAMS = 10
"""Beams of the second attempt: twice the usual five, so that a hypothesis that was pruned early can
win."""
GREEDY = 1
"""Beams of the third attempt: a greedy search has no bias to short outputs, as beam search has."""
MOST_FAILING = 0.5
"""With a larger share of failing lines the model does not fit the text. More attempts would cost
several times the first one and repair little."""
FEW_FAILING = 20
"""Up to this number, failing lines are always translated again, whatever their share."""


class Attempt(NamedTuple):
    """One attempt to translate a line."""

    text: str
    warnings: tuple[str, ...] = ()
    """The translator's own warnings."""
    others: tuple[str, ...] = ()
    """Other hypotheses of the beam that are close to the best one, best first."""


class CheckedTranslation(NamedTuple):
    """The translations of lines, in the order of the lines, and their quality issues."""

    texts: list[str]
    issues: list[QualityIssue]
    """In order of their index."""
    warnings: list[tuple[int, str]]
    """Pairs of a line's index and a warning of the translator about the chosen attempt."""
    note: str | None = None
    """A warning about all lines together."""


class _CheckedAttempt(NamedTuple):
    """An attempt, with the checks that it fails."""

    attempt: Attempt
    issues: list[tuple[str, str]]
    is_readable: bool
    """Whether the translation can be read while its line is shown."""

    @property
    def rank(self) -> tuple[bool, int, bool]:
        """A sort key, least first: texts with words, then fewer issues, then readable texts."""
        return ("empty" in self.reasons, len(self.issues), not self.is_readable)

    @property
    def is_repairable(self) -> bool:
        """Whether another attempt can help; it cannot where the line is in another language."""
        return bool(self.issues) and "source" not in self.reasons

    @property
    def reasons(self) -> set[str]:
        return {reason for reason, _ in self.issues}


Translator: TypeAlias = Callable[[Sequence[str], int], Sequence[Attempt]]
"""Takes lines and a number of beams, and returns one attempt for each line."""
IsReadable: TypeAlias = Callable[[str, str], bool]
"""Takes a line and its translation, and returns whether there is time to read the translation."""
Rewording: TypeAlias = Callable[[str, set[str], Language], str | None]
"""Takes a line, the reasons of its issues and its language, and returns the line to translate
instead; None skips the line."""


class _Retry(NamedTuple):
    """How failing lines are translated again."""

    beam_size: int
    rewording: Rewording
    translator: Translator


def translate_checked(
    lines: Sequence[str],
    translators: Sequence[Translator],
    source: Language,
    target: Language,
    *,
    beam_size: int,
    is_readable: IsReadable = lambda _line, _text: True,
    excused: Callable[[str], Sequence[str]] = lambda _line: (),
    retrying: Callable[[int], None] = lambda _: None,
) -> CheckedTranslation:
    """Translates lines, and translates lines that fail a check again in other ways.

    Equal lines are translated once. The first hypothesis that passes all checks and can be read in
    time is chosen; if there is none, the hypothesis with the fewest issues is chosen.

    A line that fails a check is translated again with ten beams, greedily, with its last
    punctuation changed, and by a more precise translator, until it passes. The attempt with the
    fewest issues is chosen, or the first of equally good attempts. If it still fails a check, its
    text stays as the model wrote it.

    Args:
        lines: In the order of the film.
        translators: The usual translator, which is called at least once, with lines that all
            differ; and, if it computes in less than float32, a translator that computes in float32.
        source: Language of the lines.
        target: Another language.
        beam_size: Beams of the first attempt.
        is_readable: Called with a line and a translation of it.
        excused: Returns the glossary's words in a line and in its translation, which the checks
            ignore.
        retrying: Called with the number of different lines, before each new attempt.

    Raises:
        IndicsubsError: What the translators raise.
    """
    different = list(dict.fromkeys(lines))
    check = _checker(different, source, target, excused)

    def choose(line: str, attempt: Attempt) -> _CheckedAttempt:
        def checked(text: str) -> _CheckedAttempt:
            return _CheckedAttempt(
                attempt._replace(text=text), check(line, text), is_readable(line, text)
            )

        best = checked(attempt.text)
        for text in attempt.others:
            if not best.issues and best.is_readable:
                break
            best = min(best, checked(text), key=lambda candidate: candidate.rank)
        return best

    attempts = translators[0](different, beam_size)
    chosen = {
        line: choose(line, attempt) for line, attempt in zip(different, attempts, strict=True)
    }
    failing = sum(checked.is_repairable for checked in chosen.values())
    hopeless = failing > max(FEW_FAILING, MOST_FAILING * len(different))
    for retry in () if hopeless else _retries(beam_size, *translators):
        reworded = {
            line: rewording
            for line, checked in chosen.items()
            if checked.is_repairable
            and (rewording := retry.rewording(line, checked.reasons, source))
        }
        if not reworded:
            continue
        retrying(len(reworded))
        attempts = retry.translator(list(reworded.values()), retry.beam_size)
        for line, attempt in zip(reworded, attempts, strict=True):
            candidates = chosen[line], choose(line, attempt)
            chosen[line] = min(candidates, key=lambda candidate: candidate.rank)
    return CheckedTranslation(
        texts=[chosen[line].attempt.text for line in lines],
        issues=[
            QualityIssue(index=index, reason=reason, detail=detail)
            for index, line in enumerate(lines)
            for reason, detail in chosen[line].issues
        ],
        warnings=[
            (index, warning)
            for index, line in enumerate(lines)
            for warning in chosen[line].attempt.warnings
        ],
        note=f"{failing} of {len(different)} different lines failed a check: the model does not fit"
        " this text, so no line was translated again"
        if hopeless
        else None,
    )


def summary(
    issues: Sequence[QualityIssue], tag: str, start_ms: Callable[[int], int], file: str
) -> str:
    """Returns one sentence about the lines of a language that still fail a check.

    Args:
        issues: At least one, in order of their index.
        tag: Tag of the target language.
        start_ms: Returns the start of a line by its index.
        file: The file that names the issues.
    """
    lines = len({issue.index for issue in issues})
    counted = Counter(issue.reason for issue in issues).most_common()
    reasons = ", ".join(f"{reason} {count}" for reason, count in counted)
    subject = "1 line fails" if lines == 1 else f"{lines} lines fail"
    first = clock(start_ms(issues[0].index))
    return f"{tag}: {subject} a check ({reasons}), the first at {first}; see {file}."


def repunctuate(line: str, reasons: set[str], source: Language) -> str | None:
    """Returns a line with its last punctuation changed, where that can repair an issue.

    A fragment whose translation has a full stop gets a comma, which shows the model that the
    sentence continues. A question whose translation has no question mark, and a line with an empty
    translation, lose the mark at their end; a line with an empty translation and without a mark
    gets a full stop.
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


def _retries(beam_size: int, usual: Translator, *precise: Translator) -> list[_Retry]:
    """Returns the attempts after the first one, all different."""
    others = [beams for beams in (MANY_BEAMS, GREEDY) if beams != beam_size]
    return [
        *(_Retry(beams, _unchanged, usual) for beams in others),
        _Retry(beam_size, repunctuate, usual),
        *(_Retry(beam_size, _unchanged, translator) for translator in precise),
    ]


def _unchanged(line: str, _reasons: set[str], _source: Language) -> str:
    return line


def _checker(
    lines: Sequence[str],
    source: Language,
    target: Language,
    excused: Callable[[str], Sequence[str]],
) -> Callable[[str, str], list[tuple[str, str]]]:
    """Returns a function that checks lines; it allows new full stops in an unpunctuated film."""
    ended = sum(bool(ending(line)) for line in lines)
    unpunctuated = ended < PUNCTUATED_SHARE * len(lines)

    def check(line: str, text: str) -> list[tuple[str, str]]:
        issues = issues_of(line, text, source, target, excused(line))
        return [issue for issue in issues if not (unpunctuated and issue[0] == "stop")]

    return check
