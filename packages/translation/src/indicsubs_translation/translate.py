"""Translates every sentence into each target language: stage indictrans2_translation.

An engine translates single sentences. This module does the rest: the route through English,
Romanised lines, the glossary, checks and repairs, one spelling for each name, and other scripts.
"""

from collections import Counter
from collections.abc import Callable, Sequence

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
from indicsubs_text.languages import Language, find_language, in_script
from indicsubs_text.transliteration.romanised import LineKind, classify_all, to_native
from indicsubs_text.transliteration.transliterate import transliterate
from indicsubs_translation.engine import LoadEngine, TranslationEngine
from indicsubs_translation.glossary import Glossary
from indicsubs_translation.glossary_translation import with_glossary
from indicsubs_translation.line_translation import translate_lines
from indicsubs_translation.names import unify_names
from indicsubs_translation.reading_time import readable_in_time, reading_times
from indicsubs_translation.repair import (
    Attempt,
    CheckedTranslation,
    IsReadable,
    Translator,
    summary,
    translate_checked,
)
from indicsubs_translation.routes import ENGLISH, glossaries_through_english, routes_of

_FOREIGN: dict[LineKind, str] = {
    "english": "the line to translate is English",
    "romanised": "the line to translate is in Latin letters",
}
"""The detail of the quality issue of a line that the model was not trained for."""


def translate(request: TranslationRequest, context: Context, load: LoadEngine) -> TranslationResult:
    """Does the work of stage indictrans2_translation with the engine that ``load`` loads.

    A model that serves several targets is loaded once. Every line is checked; lines that fail a
    check are translated again in other ways. Lines that still fail are named in the translation
    with the reason, and a warning counts them.

    Raises:
        IndicsubsError: ``NO_INPUT`` or ``BAD_INPUT`` for a transcript that is absent or damaged;
            ``BAD_INPUT`` for a language that indicsubs or the model does not know; ``BAD_REQUEST``
            for a target without a model; all errors of ``load`` and of the engine.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    return _FilmTranslation(request, context, transcript, load).translate()


class _FilmTranslation:
    """The translation of a film's lines into all targets of a request."""

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
        self._routes = routes_of(request.targets, self._source)
        pivots = {route.pivot for route in self._routes if route.pivot}
        self._total = len(self._lines) * (len(request.targets) + len(pivots))
        self._done = 0
        self._open: dict[tuple[ModelFolder, bool], TranslationEngine] = {}

    def translate(self) -> TranslationResult:
        """Translates into all targets, grouped by models; the result keeps the targets' order."""
        translations: dict[int, CheckedTranslation] = {}
        into_english: dict[ModelFolder, CheckedTranslation] = {}
        terms = self._request.glossary
        terms_into_english, terms_from_english = glossaries_through_english(terms)
        for route, positions in self._routes.items():
            if route.pivot and route.pivot not in into_english:
                into_english[route.pivot] = self._translate_or_copy(
                    self._native,
                    self._source,
                    TranslationTarget(language=ENGLISH.tag, model=route.pivot),
                    terms_into_english,
                    "English first",
                )
            english = into_english[route.pivot] if route.pivot else None
            for position in positions:
                target = self._request.targets[position]
                shown = _shown_language(target)
                if english:
                    last = self._translate_or_copy(
                        english.texts, ENGLISH, target, terms_from_english, shown.name
                    )
                    translation = _with_issues_of_english(last, english)
                else:
                    translation = self._translate_or_copy(
                        self._native, self._source, target, terms, shown.name
                    )
                translations[position] = self._as_shown(translation, target, shown)
                self._warn(translations[position], shown)
        return TranslationResult(
            translations=tuple(
                self._write(_shown_language(target), translations[position])
                for position, target in enumerate(self._request.targets)
            ),
            warnings=tuple(self._warnings),
        )

    def _in_own_script(self) -> list[str]:
        """Returns the lines; Romanised ones are in the script of their language where possible."""
        if self._request.romanised == "flag":
            return self._lines
        native = [
            (to_native(line, self._source) if kind == "romanised" else None) or line
            for line, kind in zip(self._lines, self._kinds, strict=True)
        ]
        changed = sum(a != b for a, b in zip(native, self._lines, strict=True))
        if changed:
            self._warnings.append(
                f"{changed} Romanised line(s) were converted to {self._source.name}'s own script"
                " before they were translated. To translate them as they are, give"
                " --romanised flag."
            )
        return native

    def _as_shown(
        self, translation: CheckedTranslation, target: TranslationTarget, shown: Language
    ) -> CheckedTranslation:
        """Returns a translation in the script for viewers, with the issues of the source lines."""
        copied = target.model is None
        texts = self._lines if copied else translation.texts
        if shown.shown_in:
            language = find_language(target.language)
            texts = [transliterate(text, language, shown.script) for text in texts]
        if copied:
            return translation._replace(texts=texts)
        named = {issue.index for issue in translation.issues if issue.reason == "source"}
        issues = [
            QualityIssue(index=index, reason="source", detail=_FOREIGN[kind])
            for index, (kind, line) in enumerate(zip(self._kinds, self._native, strict=True))
            if kind in _FOREIGN and index not in named and line == self._lines[index]
        ]
        issues = sorted([*translation.issues, *issues], key=lambda issue: issue.index)
        return translation._replace(texts=texts, issues=issues)

    def _translate_or_copy(
        self,
        lines: list[str],
        source: Language,
        target: TranslationTarget,
        terms: tuple[GlossaryTerm, ...],
        note: str,
    ) -> CheckedTranslation:
        """Returns all lines translated by the target's model, or copied if the target has no model.

        Args:
            lines: The lines, in ``source``.
            source: Language of the lines.
            target: The language to translate into, and its model.
            terms: The glossary from ``source``.
            note: Name of this step in the progress reports.
        """
        base = self._done
        self._done += len(lines)
        most = 0

        def count(done: int, note: str = note) -> None:
            nonlocal most  # later attempts count from 0 again
            most = max(most, done)
            self._context.report(base + most, self._total, "sentences", note)

        if target.model is None or not lines:
            translation = CheckedTranslation(lines, [], [])
        else:
            count(0, f"loading {target.model.name}")
            translation = self._checked(lines, source, target, target.model, terms, count, note)
        count(len(lines))
        return translation

    def _checked(
        self,
        lines: list[str],
        source: Language,
        target: TranslationTarget,
        model: ModelFolder,
        terms: tuple[GlossaryTerm, ...],
        count: Callable[..., None],
        note: str,
    ) -> CheckedTranslation:
        """Translates lines with the glossary, checks and repairs them, and unifies their names."""
        request = self._request
        language = find_language(target.language)
        glossary = Glossary(terms, language)

        def translator(*, precise: bool) -> Translator:
            engine = self._engine(model, precise=precise)
            return with_glossary(
                self._line_translator(engine, source, language, count), terms, source, language
            )

        def retrying(different: int) -> None:
            count(len(lines), f"{note}, translating {different} line(s) again")

        translators = [translator(precise=False)]
        if request.compute_type != "float32":
            translators.append(translator(precise=True))
        translation = translate_checked(
            lines,
            translators,
            source,
            language,
            beam_size=request.beam_size,
            is_readable=self._is_readable(lines, target.characters_per_second),
            excused=glossary.excused,
            retrying=retrying,
        )
        unified = unify_names(lines, translation.texts, source, language, glossary.translations)
        counted = Counter((change.old, change.new) for change in unified.respellings)
        self._warnings += [
            f"{language.tag}: the name {old} is spelt {new}, as elsewhere in the film, in"
            f" {times} line(s)."
            for (old, new), times in counted.items()
        ]
        return translation._replace(texts=unified.texts)

    def _engine(self, model: ModelFolder, *, precise: bool) -> TranslationEngine:
        """Returns the engine of a model, loaded once; other models' engines are dropped first."""
        if model not in {folder for folder, _ in self._open}:
            self._open.clear()
        if (model, precise) not in self._open:
            self._open[model, precise] = self._load(model, precise=precise)
        return self._open[model, precise]

    def _code(self, language: Language) -> str:
        """Returns the engine's code of a language.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a language that the engine does not translate.
        """
        row = self._request.languages.get(language.tag)
        if row is None:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"This translation engine does not know {language.name}. Choose another one with"
                " --translation-engine.",
            )
        return row.code

    def _line_translator(
        self,
        engine: TranslationEngine,
        source: Language,
        target: Language,
        count: Callable[[int], None],
    ) -> Translator:
        def translator(texts: Sequence[str], beam_size: int) -> list[Attempt]:
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

        return translator

    def _is_readable(self, lines: Sequence[str], characters_per_second: float | None) -> IsReadable:
        if characters_per_second is None:
            return lambda _line, _text: True
        return readable_in_time(lines, self._times, characters_per_second)

    def _warn(self, translation: CheckedTranslation, target: Language) -> None:
        self._warnings += [
            f"{target.tag}, line {index + 1} at {clock(self._starts[index])}: {warning}."
            for index, warning in translation.warnings
        ]
        if translation.note:
            self._warnings.append(f"{target.tag}: {translation.note}.")
        if translation.issues:
            file = _file_name(target)
            self._warnings.append(
                summary(translation.issues, target.tag, self._starts.__getitem__, file)
            )

    def _write(self, target: Language, translation: CheckedTranslation) -> Artifact:
        document = Translation(
            language=target.tag,
            source_language=self._source.tag,
            texts=tuple(translation.texts),
            issues=tuple(translation.issues),
        )
        return self._context.write_document(_file_name(target), document, "translation", target.tag)


def _shown_language(target: TranslationTarget) -> Language:
    """Returns the language of a target in the script that viewers see."""
    return in_script(find_language(target.language), target.script)


def _with_issues_of_english(
    translation: CheckedTranslation, english: CheckedTranslation
) -> CheckedTranslation:
    """Adds the issues and warnings of the step into English to a translation from English."""
    of_english = [replace(issue, detail=f"in English: {issue.detail}") for issue in english.issues]
    issues = sorted([*of_english, *translation.issues], key=lambda issue: issue.index)
    warnings = sorted([*english.warnings, *translation.warnings])
    return translation._replace(issues=issues, warnings=warnings)


def _file_name(target: Language) -> str:
    return f"translation.{target.tag}.json"
