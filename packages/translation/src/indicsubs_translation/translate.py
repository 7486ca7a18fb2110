"""Translates every sentence into each target language: stage indictrans2_translation.

An engine translates single sentences. This package does the rest: a model for each language of the
film, the route through English, Romanised lines, the glossary, checks and repairs, one spelling for
each name, and other scripts.
"""

from collections.abc import Sequence

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
from indicsubs_contract.transcript import NOT_TRANSLATED, QualityIssue, Transcript, Translation
from indicsubs_text.clock import clock
from indicsubs_text.languages import Language, find_language, in_script
from indicsubs_text.transliteration.romanised import LineKind
from indicsubs_text.transliteration.transliterate import transliterate
from indicsubs_translation.engine import LoadEngine
from indicsubs_translation.language_lines import LanguageLines, lines_by_language
from indicsubs_translation.model_translation import Lines, ModelTranslation
from indicsubs_translation.repair import CheckedTranslation, summary
from indicsubs_translation.routes import ENGLISH, Route, Step, glossaries_through_english, routes_of

_FOREIGN: dict[LineKind, str] = {
    "english": "the line to translate is English",
    "romanised": "the line to translate is in Latin letters",
}
"""The detail of the quality issue of a line that the model was not trained for."""


def translate(request: TranslationRequest, context: Context, load: LoadEngine) -> TranslationResult:
    """Does the work of stage indictrans2_translation with the engine that ``load`` loads.

    Each line is translated from its own language. A model that serves several targets or languages
    is loaded once. Every line is checked; lines that fail a check are translated again in other
    ways. Lines that still fail are named in the translation with the reason, and a warning counts
    them. Lines in another language than the film's that no model translates are copied and named in
    the same way; a warning states what to do.

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
        self._request = request
        self._context = context
        self._film = film
        self._groups = lines_by_language(
            film, request.doubtful, romanised_converted=request.romanised == "transliterate"
        )
        self._routes = routes_of(request.targets, [group.language for group in self._groups])
        self._models = ModelTranslation(request, context, load, self._total())
        self._untranslated: dict[tuple[int, str], list[Language]] = {}
        """The targets into which the lines of a language were not translated, by the language's
        index and the reason."""

    def translate(self) -> TranslationResult:
        """Translates into all targets, grouped by models; the result keeps the targets' order."""
        self._models.warnings += map(_conversion_warning, filter(_is_converted, self._groups))
        translations: dict[int, list[CheckedTranslation]] = {
            position: [CheckedTranslation([], [], [])] * len(self._groups)
            for position in range(len(self._request.targets))
        }
        for route, steps in self._routes.items():
            english = self._into_english(route, steps)
            for step in steps:
                translations[step.target][step.language] = self._translate_step(
                    route, step, english.get(step.language)
                )
        merged = [self._merge(translations[n], n) for n in range(len(self._request.targets))]
        warnings = [*self._models.warnings, *self._untranslated_warnings()]
        return TranslationResult(
            translations=tuple(
                self._write(_shown_language(target), translation)
                for target, translation in zip(self._request.targets, merged, strict=True)
            ),
            warnings=tuple(warnings),
        )

    def _total(self) -> int:
        """Returns the number of lines of all steps, those into English included."""
        total = 0
        for route, steps in self._routes.items():
            counted = [step.language for step in steps]
            if route.pivot:
                counted += dict.fromkeys(counted)
            total += sum(len(self._groups[index].lines) for index in counted)
        return total

    def _into_english(
        self, route: Route, steps: Sequence[Step]
    ) -> dict[int, CheckedTranslation | str]:
        """Returns the English lines by the index of their language; empty for a direct route."""
        if route.pivot is None:
            return {}
        terms, _ = glossaries_through_english(self._request.glossary)
        return {
            index: self._by_model(
                index, _native(self._groups[index]), ENGLISH, route.pivot, terms, "English first"
            )
            for index in dict.fromkeys(step.language for step in steps)
        }

    def _translate_step(
        self, route: Route, step: Step, english: CheckedTranslation | str | None
    ) -> CheckedTranslation:
        """Returns the lines of one language as viewers see them in one target."""
        group, target = self._groups[step.language], self._request.targets[step.target]
        shown = _shown_language(target)
        if route.model is None or isinstance(english, str):
            copied = self._models.copy(_native(group), shown.name)
            reason = english if isinstance(english, str) else route.unavailable
            if reason is not None:
                return self._copied(step, reason, shown)
            return copied._replace(texts=_in_script_of(shown, group.lines))
        lines = _native(group)
        if english:
            lines = lines._replace(texts=english.texts, language=ENGLISH)
        translation = self._by_model(
            step.language,
            lines,
            find_language(target.language),
            route.model,
            self._terms(lines.language, step),
            shown.name,
            target.characters_per_second,
        )
        if isinstance(translation, str):
            return self._copied(step, translation, shown)
        if english:
            translation = _with_issues_of_english(translation, english)
        texts = _in_script_of(shown, translation.texts)
        return translation._replace(texts=texts, issues=_with_issues_of_source(translation, group))

    def _by_model(
        self,
        index: int,
        lines: Lines,
        target: Language,
        model: ModelFolder,
        terms: tuple[GlossaryTerm, ...],
        note: str,
        characters_per_second: float | None = None,
    ) -> CheckedTranslation | str:
        """Returns the translation of the lines of a language by a model.

        Where the model cannot translate a language that is not the film's, the result is the reason
        instead.
        """
        try:
            return self._models.translate(lines, target, model, terms, note, characters_per_second)
        except IndicsubsError as error:
            if index == 0 or error.code is not FailureCode.BAD_INPUT:
                raise
            return error.message

    def _terms(self, source: Language, step: Step) -> tuple[GlossaryTerm, ...]:
        """Returns the glossary of a step, whose lines may be English where the film is not."""
        terms = self._request.glossary
        film_is_english = self._groups[0].language == ENGLISH
        if source != ENGLISH or (film_is_english and step.language == 0):
            return terms
        return glossaries_through_english(terms)[1]

    def _copied(self, step: Step, reason: str, shown: Language) -> CheckedTranslation:
        """Returns lines that no model translates, each with an issue."""
        group = self._groups[step.language]
        detail = f"the line is in {group.language.name} and was not translated"
        issues = [
            QualityIssue(index=index, reason=NOT_TRANSLATED, detail=detail)
            for index, line in enumerate(group.lines)
            if any(map(str.isalpha, line))
        ]
        if issues:
            self._untranslated.setdefault((step.language, reason), []).append(shown)
        return CheckedTranslation(list(group.lines), issues, [])

    def _merge(self, parts: Sequence[CheckedTranslation], position: int) -> CheckedTranslation:
        """Joins the translations of all languages; also adds the warnings about them.

        A segment without a line, because it is quarantined, has an empty text.
        """
        texts = [""] * len(self._film.segments)
        issues: list[QualityIssue] = []
        warnings: list[tuple[int, str]] = []
        shown = _shown_language(self._request.targets[position])
        for group, part in zip(self._groups, parts, strict=True):
            for index, text in zip(group.indices, part.texts, strict=True):
                texts[index] = text
            issues += [replace(issue, index=group.indices[issue.index]) for issue in part.issues]
            warnings += [(group.indices[index], warning) for index, warning in part.warnings]
            if part.note:
                of = "" if group is self._groups[0] else f"{group.language.name}: "
                self._models.warnings.append(f"{shown.tag}: {of}{part.note}.")
        known = self._remembered(shown, texts)
        for index, text in known.items():
            texts[index] = text
        merged = CheckedTranslation(
            texts,
            sorted((issue for issue in issues if issue.index not in known), key=_index),
            sorted(warning for warning in warnings if warning[0] not in known),
        )
        self._warn(merged, shown)
        return merged

    def _remembered(self, shown: Language, texts: Sequence[str]) -> dict[int, str]:
        """Returns the corrected translations of lines that the show's memory has, by their index.

        A warning counts them.
        """
        memory = {
            line.source: line.text for line in self._request.memory if line.language == shown.tag
        }
        known = {
            index: memory[source]
            for index, segment in enumerate(self._film.segments)
            if segment.language is None
            and texts[index]
            and (source := " ".join(segment.text.split())) in memory
        }
        if known:
            self._models.warnings.append(
                f"{shown.tag}: {len(known)} line(s) have the translation that was corrected in the"
                " show."
            )
        return known

    def _warn(self, translation: CheckedTranslation, target: Language) -> None:
        starts = [segment.start_ms for segment in self._film.segments]
        self._models.warnings += [
            f"{target.tag}, line {index + 1} at {clock(starts[index])}: {warning}."
            for index, warning in translation.warnings
        ]
        if translation.issues:
            file = _file_name(target)
            self._models.warnings.append(
                summary(translation.issues, target.tag, starts.__getitem__, file)
            )

    def _untranslated_warnings(self) -> list[str]:
        return [
            f"{len(self._groups[index].lines)} line(s) in {self._groups[index].language.name} were"
            f" not translated into {', '.join(target.name for target in targets)} and are shown as"
            f" they are. {reason}"
            for (index, reason), targets in self._untranslated.items()
        ]

    def _write(self, target: Language, translation: CheckedTranslation) -> Artifact:
        document = Translation(
            language=target.tag,
            source_language=find_language(self._film.language).tag,
            texts=tuple(translation.texts),
            issues=tuple(translation.issues),
        )
        return self._context.write_document(_file_name(target), document, "translation", target.tag)


def _native(group: LanguageLines) -> Lines:
    return Lines(group.native, group.language, group.times_ms)


def _is_converted(group: LanguageLines) -> bool:
    return group.converted > 0


def _conversion_warning(group: LanguageLines) -> str:
    return (
        f"{group.converted} Romanised line(s) were converted to {group.language.name}'s own script"
        " before they were translated. To translate them as they are, give --romanised flag."
    )


def _in_script_of(shown: Language, texts: Sequence[str]) -> list[str]:
    """Returns texts of a language in the script that viewers see."""
    if not shown.shown_in:
        return list(texts)
    language = find_language(shown.base)
    return [transliterate(text, language, shown.script) for text in texts]


def _with_issues_of_source(
    translation: CheckedTranslation, group: LanguageLines
) -> list[QualityIssue]:
    """Returns the issues of a translation, and those of lines that the model was not made for."""
    named = {issue.index for issue in translation.issues if issue.reason == "source"}
    issues = [
        QualityIssue(index=index, reason="source", detail=_FOREIGN[kind])
        for index, kind in enumerate(group.kinds)
        if kind in _FOREIGN and index not in named and group.native[index] == group.lines[index]
    ]
    return sorted([*translation.issues, *issues], key=_index)


def _index(issue: QualityIssue) -> int:
    return issue.index


def _shown_language(target: TranslationTarget) -> Language:
    """Returns the language of a target in the script that viewers see."""
    return in_script(find_language(target.language), target.script)


def _with_issues_of_english(
    translation: CheckedTranslation, english: CheckedTranslation
) -> CheckedTranslation:
    """Adds the issues and warnings of the step into English to a translation from English."""
    of_english = [replace(issue, detail=f"in English: {issue.detail}") for issue in english.issues]
    issues = sorted([*of_english, *translation.issues], key=_index)
    warnings = sorted([*english.warnings, *translation.warnings])
    return translation._replace(issues=issues, warnings=warnings)


def _file_name(target: Language) -> str:
    return f"translation.{target.tag}.json"
