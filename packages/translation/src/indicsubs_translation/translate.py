"""Stage indictrans2_translation without its engine: every sentence into each target language.

An engine translates single sentences. Everything else is here: the route through English, Romanised
lines, the glossary, checks and repairs, one spelling for each name, and other scripts.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from msgspec.structs import replace

from indicsubs_contract.context import Context
from indicsubs_contract.documents import read_document
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.translation import (
    GlossaryTerm,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.transcript import QualityIssue, Transcript, Translation
from indicsubs_text.clock import clock
from indicsubs_text.languages import LANGUAGES, Language, find_language, in_script
from indicsubs_text.transliteration.romanised import LineKind, classify_all, to_native
from indicsubs_text.transliteration.transliterate import transliterate
from indicsubs_translation.engine import LoadEngine, TranslationEngine
from indicsubs_translation.glossary import Glossary, with_glossary
from indicsubs_translation.line_translation import translate_lines
from indicsubs_translation.names import unify_names
from indicsubs_translation.reading_time import reading_times, time_allows
from indicsubs_translation.repair import (
    Attempt,
    Fits,
    Outcome,
    Translate,
    summary,
    translate_checked,
)

ENGLISH = LANGUAGES["en"]


_FOREIGN: dict[LineKind, str] = {
    "english": "the line to translate is English",
    "romanised": "the line to translate is in Latin letters",
}
"""What is said of lines that the model was not made for."""


class _Route(NamedTuple):
    """Through which models a target is reached; None copies, or goes straight."""

    pivot: ModelFolder | None
    model: ModelFolder | None


def translate(request: TranslationRequest, context: Context, load: LoadEngine) -> TranslationResult:
    """Stage indictrans2_translation, given how to ``load`` its engine.

    A model that serves several targets is loaded once. Every line is checked; lines that fail a
    check are translated again in other ways. Lines that still fail stand in the translation with
    the reason, and a warning counts them.

    Raises:
        IndicsubsError: ``BAD_INPUT`` for a language that indicsubs or the model does not know;
            ``BAD_REQUEST`` for a target without a model; what ``load`` and the engine raise.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    return _Film(request, context, transcript, load).translate()


class _Film:
    """The lines of a request on their way into all targets."""

    def __init__(
        self,
        request: TranslationRequest,
        context: Context,
        film: Transcript,
        load: LoadEngine,
    ) -> None:
        self._warnings: list[str] = []
        self._request = request
        self._context = context
        self._load = load
        self._source = find_language(film.language)
        self._lines = [segment.text for segment in film.segments]
        self._kinds = classify_all(self._lines, self._source)
        self._native = self._in_own_script()
        self._starts = [segment.start_ms for segment in film.segments]
        self._times = reading_times(film.segments)
        self._routes = _routes(request.targets, self._source)
        pivots = {route.pivot for route in self._routes if route.pivot}
        self._total = len(self._lines) * (len(request.targets) + len(pivots))
        self._done = 0
        self._open: dict[tuple[ModelFolder, bool], TranslationEngine] = {}

    def translate(self) -> TranslationResult:
        """All targets, in their order, grouped by the models they need."""
        outcomes: dict[int, Outcome] = {}
        english: dict[ModelFolder, Outcome] = {}
        terms = self._request.glossary
        before_english, after_english = _through_english(terms)
        for route, positions in self._routes.items():
            if route.pivot and route.pivot not in english:
                english[route.pivot] = self._step(
                    self._native,
                    self._source,
                    TranslationTarget(language=ENGLISH.tag, model=route.pivot),
                    before_english,
                    "English on the way",
                )
            first = english[route.pivot] if route.pivot else None
            for position in positions:
                asked = self._request.targets[position]
                shown = _shown(asked)
                lines, source = (first.texts, ENGLISH) if first else (self._native, self._source)
                outcome = self._step(
                    lines, source, asked, after_english if first else terms, shown.name
                )
                outcome = _both(first, outcome) if first else outcome
                outcomes[position] = self._in_script(outcome, asked, shown)
                self._warn(outcomes[position], shown)
        return TranslationResult(
            translations=tuple(
                self._write(_shown(target), outcomes[position])
                for position, target in enumerate(self._request.targets)
            ),
            warnings=tuple(self._warnings),
        )

    def _in_own_script(self) -> list[str]:
        """The lines, Romanised ones in the script of their language as far as that can be."""
        if self._request.romanised == "flag":
            return self._lines
        native = [
            (to_native(line, self._source) if kind == "romanised" else None) or line
            for line, kind in zip(self._lines, self._kinds, strict=True)
        ]
        changed = sum(a != b for a, b in zip(native, self._lines, strict=True))
        if changed:
            self._warnings.append(
                f"{changed} Romanised line(s) were written in {self._source.name}'s own script"
                " before they were translated; --romanised flag leaves them."
            )
        return native

    def _in_script(self, outcome: Outcome, asked: TranslationTarget, shown: Language) -> Outcome:
        """The outcome as it is shown, with what is doubtful about the film's lines themselves."""
        copied = asked.model is None
        texts = self._lines if copied else outcome.texts
        if shown.shown_in:
            language = find_language(asked.language)
            texts = [transliterate(text, language, shown.script) for text in texts]
        if copied:
            return outcome._replace(texts=texts)
        flagged = {issue.index for issue in outcome.issues if issue.reason == "source"}
        issues = [
            QualityIssue(index=index, reason="source", detail=_FOREIGN[kind])
            for index, (kind, line) in enumerate(zip(self._kinds, self._native, strict=True))
            if kind in _FOREIGN and index not in flagged and line == self._lines[index]
        ]
        issues = sorted([*outcome.issues, *issues], key=lambda issue: issue.index)
        return outcome._replace(texts=texts, issues=issues)

    def _step(
        self,
        lines: list[str],
        source: Language,
        asked: TranslationTarget,
        terms: tuple[GlossaryTerm, ...],
        name: str,
    ) -> Outcome:
        """All lines through one model, or copied where there is none."""
        base = self._done
        self._done += len(lines)
        most = 0

        def count(done: int, note: str = name) -> None:
            nonlocal most  # later tries count from 0 again
            most = max(most, done)
            self._context.report(base + most, self._total, "sentences", note)

        if asked.model is None or not lines:
            outcome = Outcome(lines, [], [])
        else:
            count(0, f"loading {asked.model.name}")
            outcome = self._checked(lines, source, asked, asked.model, terms, count, name)
        count(len(lines))
        return outcome

    def _checked(
        self,
        lines: list[str],
        source: Language,
        asked: TranslationTarget,
        model: ModelFolder,
        terms: tuple[GlossaryTerm, ...],
        count: Callable[..., None],
        name: str,
    ) -> Outcome:
        """Translate, check and mend, with the glossary obeyed and names spelt alike."""
        request = self._request
        target = find_language(asked.language)
        glossary = Glossary(terms, target)

        def by(*, precise: bool) -> Translate:
            engine = self._engine(model, precise=precise)
            return with_glossary(
                self._translate_by(engine, source, target, count), terms, source, target
            )

        def retry(different: int) -> None:
            count(len(lines), f"{name}, {different} doubtful again")

        ways = [by(precise=False)]
        if request.compute_type != "float32":
            ways.append(by(precise=True))
        outcome = translate_checked(
            lines,
            ways,
            source,
            target,
            beam_size=request.beam_size,
            fits=self._fits(lines, asked.characters_per_second),
            excused=glossary.excused,
            retrying=retry,
        )
        spelt = unify_names(lines, outcome.texts, source, target, glossary.renderings)
        changes = Counter((change.old, change.new) for change in spelt.changes)
        self._warnings += [
            f"{target.tag}: {old} is spelt {new} as elsewhere, in {times} line(s)."
            for (old, new), times in changes.items()
        ]
        return outcome._replace(texts=spelt.texts)

    def _engine(self, model: ModelFolder, *, precise: bool) -> TranslationEngine:
        """The model, loaded once; the engines of another model are dropped first."""
        if model not in {folder for folder, _ in self._open}:
            self._open.clear()
        if (model, precise) not in self._open:
            self._open[model, precise] = self._load(model, precise=precise)
        return self._open[model, precise]

    def _code(self, language: Language) -> str:
        """The engine's code of a language.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a language that the engine does not translate.
        """
        known = self._request.languages.get(language.tag)
        if known is None:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"This translator does not know {language.name}. Choose another with"
                " --translation-engine.",
            )
        return known.code

    def _translate_by(
        self,
        engine: TranslationEngine,
        source: Language,
        target: Language,
        count: Callable[[int], None],
    ) -> Translate:
        def translate(texts: Sequence[str], beam_size: int) -> list[Attempt]:
            return translate_lines(
                engine,
                texts,
                self._code(source),
                self._code(target),
                beam_size=beam_size,
                hypotheses=beam_size,
                batch_tokens=self._request.batch_tokens,
                report=lambda done: count(len(self._lines) * done // max(1, len(texts))),
            )

        return translate

    def _fits(self, lines: Sequence[str], characters_per_second: float | None) -> Fits:
        if characters_per_second is None:
            return lambda _line, _text: True
        return time_allows(lines, self._times, characters_per_second)

    def _warn(self, outcome: Outcome, target: Language) -> None:
        self._warnings += [
            f"{target.tag}, line {index + 1} at {clock(self._starts[index])}: {what}."
            for index, what in outcome.warnings
        ]
        if outcome.note:
            self._warnings.append(f"{target.tag}: {outcome.note}.")
        if outcome.issues:
            self._warnings.append(
                summary(outcome.issues, target.tag, self._starts.__getitem__, _file_name(target))
            )

    def _write(self, target: Language, outcome: Outcome) -> Artifact:
        translation = Translation(
            language=target.tag,
            source_language=self._source.tag,
            texts=tuple(outcome.texts),
            issues=tuple(outcome.issues),
        )
        return self._context.write_document(
            _file_name(target), translation, "translation", target.tag
        )


def _shown(target: TranslationTarget) -> Language:
    """The target as viewers see it: its language, in another script if that was asked for."""
    return in_script(find_language(target.language), target.script)


def _routes(targets: tuple[TranslationTarget, ...], source: Language) -> dict[_Route, list[int]]:
    """Positions of the targets of each route; those in the source language need no model.

    Raises:
        IndicsubsError: ``BAD_REQUEST``, for another target without a model.
    """
    routes: dict[_Route, list[int]] = {}
    for position, target in enumerate(targets):
        language = find_language(target.language)
        same = language == source
        if target.model is None and not same:
            raise IndicsubsError(
                FailureCode.BAD_REQUEST,
                f"No model is given for {source.name} to {language.name}; `indicsubs models`"
                " shows which there are.",
            )
        route = _Route(None, None) if same else _Route(target.pivot, target.model)
        routes.setdefault(route, []).append(position)
    return routes


def _through_english(
    terms: tuple[GlossaryTerm, ...],
) -> tuple[tuple[GlossaryTerm, ...], tuple[GlossaryTerm, ...]]:
    """A glossary for each of two steps: the first gives the English term, or leaves the source's.

    The second step finds there what the first one gave.
    """
    english = [(term.targets.get(ENGLISH.tag, term.source), term) for term in terms]
    return (
        tuple(replace(term, targets={ENGLISH.tag: word}) for word, term in english),
        tuple(replace(term, source=word) for word, term in english),
    )


def _both(english: Outcome, last: Outcome) -> Outcome:
    """The last step's texts, with what is doubtful about either step."""
    said = [replace(issue, detail=f"in English: {issue.detail}") for issue in english.issues]
    issues: list[QualityIssue] = sorted([*said, *last.issues], key=lambda issue: issue.index)
    return last._replace(issues=issues, warnings=sorted([*english.warnings, *last.warnings]))


def _file_name(target: Language) -> str:
    return f"translation.{target.tag}.json"
