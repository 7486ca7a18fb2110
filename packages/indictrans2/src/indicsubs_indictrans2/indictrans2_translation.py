"""Stage indictrans2_translation: every sentence into each target language."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from indicsubs_contract.audio import clock
from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.languages import LANGUAGES, Language, find_language
from indicsubs_contract.messages import (
    Artifact,
    ModelFolder,
    TranslationPrecision,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.transcript import Doubt, Transcript, Translation
from indicsubs_contract.wire import read_document
from indicsubs_indictrans2.reading_time import reading_times, time_allows
from indicsubs_indictrans2.repair import (
    Attempt,
    Fits,
    Outcome,
    Translate,
    summary,
    translate_checked,
)

if TYPE_CHECKING:
    from indicsubs_indictrans2.translator import Translator

MEMORY = "translations.sqlite"
"""File of the translation memory, in the folder that a stage may keep."""
ENGLISH = LANGUAGES["en"]


class _Route(NamedTuple):
    """Through which models a target is reached; None copies, or goes straight."""

    pivot: ModelFolder | None
    model: ModelFolder | None


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translate; a model that serves several targets is loaded once.

    Every line is checked, and doubtful ones are tried again; those that stay doubtful stand in the
    translation with the reason, and a warning counts them.

    Raises:
        StageError: a language that nobody or the model does not know, a model that is absent or
            damaged, a device that is absent.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    return _Film(request, context, transcript).translate()


class _Film:
    """The lines of a request on their way into all targets."""

    def __init__(self, request: TranslationRequest, context: Context, film: Transcript) -> None:
        self._request = request
        self._context = context
        self._source = find_language(film.language)
        self._lines = [segment.text for segment in film.segments]
        self._starts = [segment.start_ms for segment in film.segments]
        self._times = reading_times(film.segments)
        self._warnings: list[str] = []
        self._routes = _routes(request.targets, self._source)
        pivots = {route.pivot for route in self._routes if route.pivot}
        self._total = len(self._lines) * (len(request.targets) + len(pivots))
        self._done = 0
        self._open: dict[tuple[ModelFolder, TranslationPrecision], Translator] = {}

    def translate(self) -> TranslationResult:
        """All targets, in their order, grouped by the models they need."""
        outcomes: dict[int, Outcome] = {}
        english: dict[ModelFolder, Outcome] = {}
        for route, positions in self._routes.items():
            if route.pivot and route.pivot not in english:
                english[route.pivot] = self._step(
                    self._lines, self._source, ENGLISH, route.pivot, None, "English on the way"
                )
            before = english[route.pivot] if route.pivot else None
            for position in positions:
                asked = self._request.targets[position]
                target = find_language(asked.language)
                outcome = self._step(
                    before.texts if before else self._lines,
                    ENGLISH if before else self._source,
                    target,
                    route.model,
                    asked.characters_per_second,
                    target.name,
                )
                outcomes[position] = _both(before, outcome) if before else outcome
                self._warn(outcomes[position], target)
        return TranslationResult(
            translations=tuple(
                self._write(find_language(target.language), outcomes[position])
                for position, target in enumerate(self._request.targets)
            ),
            warnings=tuple(self._warnings),
        )

    def _step(
        self,
        lines: list[str],
        source: Language,
        target: Language,
        model: ModelFolder | None,
        characters_per_second: float | None,
        name: str,
    ) -> Outcome:
        """All lines through one model, or copied where there is none."""
        request = self._request
        base = self._done
        self._done += len(lines)
        retrying = False

        def report(count: int, note: str = name) -> None:
            self._context.report(base + count, self._total, "sentences", note)

        def count(different: int, of: int) -> None:
            if not retrying:  # then all lines have a translation already
                report(len(lines) * different // of)

        def retry(different: int) -> None:
            nonlocal retrying
            retrying = True
            report(len(lines), f"{name}, {different} doubtful again")

        if model is None or not lines:
            outcome = Outcome(lines, [], [])
        else:
            report(0, f"loading {model.name}")
            outcome = translate_checked(
                lines,
                self._by(self._translator(model, request), source, target, count),
                source,
                target,
                beam_size=request.beam_size,
                precise=self._precise(model, source, target, count),
                fits=self._fits(lines, characters_per_second),
                retrying=retry,
            )
        report(len(lines))
        return outcome

    def _translator(self, model: ModelFolder, request: TranslationRequest) -> "Translator":
        """The model, loaded once; another model goes before it comes."""
        if model not in {folder for folder, _ in self._open}:
            self._open.clear()
        key = (model, request.compute_type)
        if key not in self._open:
            self._open[key] = _load(model, request, self._context)
        return self._open[key]

    def _precise(
        self,
        model: ModelFolder,
        source: Language,
        target: Language,
        count: Callable[[int, int], None],
    ) -> Translate | None:
        """The same model in float32, where the first pass computes in less."""
        if self._request.compute_type == "float32":
            return None
        request = replace(self._request, engine="torch", compute_type="float32")
        return self._by(self._translator(model, request), source, target, count)

    def _by(
        self,
        translator: "Translator",
        source: Language,
        target: Language,
        count: Callable[[int, int], None],
    ) -> Translate:
        def translate(texts: Sequence[str], beam_size: int) -> list[Attempt]:
            return translator.translate(
                texts,
                source.flores,
                target.flores,
                beam_size=beam_size,
                hypotheses=beam_size,
                batch_tokens=self._request.batch_tokens,
                report=lambda different: count(different, len(texts)),
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
        if outcome.doubts:
            self._warnings.append(
                summary(outcome.doubts, target.tag, self._starts.__getitem__, _file_name(target))
            )

    def _write(self, target: Language, outcome: Outcome) -> Artifact:
        translation = Translation(
            language=target.tag,
            source_language=self._source.tag,
            texts=tuple(outcome.texts),
            doubts=tuple(outcome.doubts),
        )
        return self._context.write_document(
            _file_name(target), translation, "translation", target.tag
        )


def _routes(targets: tuple[TranslationTarget, ...], source: Language) -> dict[_Route, list[int]]:
    """Positions of the targets of each route; those in the source language need no model.

    Raises:
        StageError: ``BAD_REQUEST``, for another target without a model.
    """
    routes: dict[_Route, list[int]] = {}
    for position, target in enumerate(targets):
        language = find_language(target.language)
        same = language == source
        if target.model is None and not same:
            raise StageError(
                FailureCode.BAD_REQUEST,
                f"No model is given for {source.name} to {language.name}; `indicsubs models`"
                " shows which there are.",
            )
        route = _Route(None, None) if same else _Route(target.pivot, target.model)
        routes.setdefault(route, []).append(position)
    return routes


def _load(model: ModelFolder, request: TranslationRequest, context: Context) -> "Translator":
    from indicsubs_indictrans2.translator import Translator  # torch and all: seconds

    return Translator.load(
        context.model(model),
        request.device,
        request.compute_type,
        request.engine,
        model.fingerprint,
        context.memory / MEMORY if context.memory else None,
    )


def _both(english: Outcome, last: Outcome) -> Outcome:
    """The last step's texts, with what is doubtful about either step."""
    said = [replace(doubt, detail=f"in English: {doubt.detail}") for doubt in english.doubts]
    doubts: list[Doubt] = sorted([*said, *last.doubts], key=lambda doubt: doubt.index)
    return last._replace(doubts=doubts, warnings=sorted([*english.warnings, *last.warnings]))


def _file_name(target: Language) -> str:
    return f"translation.{target.tag}.json"
