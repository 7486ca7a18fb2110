"""Translates lines by a model, with the glossary, checks, repairs and one spelling of each name."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.translation import GlossaryTerm, TranslationRequest
from indicsubs_text.languages import Language
from indicsubs_translation.engine import LoadEngine, TranslationEngine
from indicsubs_translation.glossary import Glossary
from indicsubs_translation.glossary_translation import with_glossary
from indicsubs_translation.line_translation import translate_lines
from indicsubs_translation.names import unify_names
from indicsubs_translation.reading_time import readable_in_time
from indicsubs_translation.repair import (
    Attempt,
    CheckedTranslation,
    IsReadable,
    Translator,
    translate_checked,
)


class Lines(NamedTuple):
    """Lines of one language."""

    texts: Sequence[str]
    """In the order of the film."""
    language: Language
    times_ms: Sequence[int]
    """The longest time to show each line."""


class ModelTranslation:
    """Translates lines by the models of a request, and reports the progress of all steps."""

    def __init__(
        self, request: TranslationRequest, context: Context, load: LoadEngine, total: int
    ) -> None:
        """Prepares the translation; no model is loaded yet.

        Args:
            request: Names the engine, its languages and the way to search.
            context: Receives the progress.
            load: Loads the engine of a model.
            total: The number of lines of all steps together.
        """
        self.warnings: list[str] = []
        self._request = request
        self._context = context
        self._load = load
        self._total = total
        self._done = 0
        self._open: dict[tuple[ModelFolder, bool], TranslationEngine] = {}

    def copy(self, lines: Lines, note: str) -> CheckedTranslation:
        """Returns the lines unchanged, as a step without a model.

        Args:
            lines: The lines.
            note: Name of the step in the progress reports.
        """
        self._counter(len(lines.texts), note)(len(lines.texts))
        return CheckedTranslation(list(lines.texts), [], [])

    def translate(
        self,
        lines: Lines,
        target: Language,
        model: ModelFolder,
        terms: tuple[GlossaryTerm, ...],
        note: str,
        characters_per_second: float | None = None,
    ) -> CheckedTranslation:
        """Returns the lines translated by a model, which is loaded unless it is still open.

        Args:
            lines: The lines.
            target: Another language.
            model: The model.
            terms: The glossary from the language of the lines.
            note: Name of the step in the progress reports.
            characters_per_second: The highest reading speed; None allows any speed.

        Raises:
            IndicsubsError: ``BAD_INPUT`` for a language that the engine or the model does not know;
                what the engine raises.
        """
        count = self._counter(len(lines.texts), note)
        if not lines.texts:
            return CheckedTranslation([], [], [])
        count(0, f"loading {model.name}")
        translation = self._checked(lines, target, model, terms, count, note, characters_per_second)
        count(len(lines.texts))
        return translation

    def _counter(self, lines: int, note: str) -> Callable[..., None]:
        """Returns the function that reports how many lines of a new step are done."""
        base = self._done
        self._done += lines
        most = 0

        def count(done: int, note: str = note) -> None:
            nonlocal most  # later attempts count from 0 again
            most = max(most, done)
            self._context.report(base + most, self._total, "sentences", note)

        return count

    def _checked(
        self,
        lines: Lines,
        target: Language,
        model: ModelFolder,
        terms: tuple[GlossaryTerm, ...],
        count: Callable[..., None],
        note: str,
        characters_per_second: float | None,
    ) -> CheckedTranslation:
        """Translates lines with the glossary, checks and repairs them, and unifies their names."""
        request, source = self._request, lines.language
        glossary = Glossary(terms, target)

        def translator(*, precise: bool) -> Translator:
            engine = self._engine(model, precise=precise)
            return with_glossary(
                self._line_translator(engine, lines, target, count), terms, source, target
            )

        def retrying(different: int) -> None:
            count(len(lines.texts), f"{note}, translating {different} line(s) again")

        translators = [translator(precise=False)]
        if request.compute_type != "float32":
            translators.append(translator(precise=True))
        translation = translate_checked(
            lines.texts,
            translators,
            source,
            target,
            beam_size=request.beam_size,
            is_readable=_is_readable(lines, characters_per_second),
            excused=glossary.excused,
            retrying=retrying,
        )
        unified = unify_names(lines.texts, translation.texts, source, target, glossary.translations)
        counted = Counter((change.old, change.new) for change in unified.respellings)
        self.warnings += [
            f"{target.tag}: the name {old} is spelt {new}, as elsewhere in the film, in"
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
        lines: Lines,
        target: Language,
        count: Callable[[int], None],
    ) -> Translator:
        def translator(texts: Sequence[str], beam_size: int) -> list[Attempt]:
            return translate_lines(
                engine,
                texts,
                self._code(lines.language),
                self._code(target),
                beam_size=beam_size,
                hypotheses=beam_size,
                batch_tokens=self._request.batch_tokens,
                report=lambda done: count(len(lines.texts) * done // max(1, len(texts))),
            )

        return translator


def _is_readable(lines: Lines, characters_per_second: float | None) -> IsReadable:
    if characters_per_second is None:
        return lambda _line, _text: True
    return readable_in_time(lines.texts, lines.times_ms, characters_per_second)
