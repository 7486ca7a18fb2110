"""Stage indictrans2_translation: every sentence into each target language."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from indicsubs_contract.audio import clock
from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.harness import Context
from indicsubs_contract.languages import Language, find_language
from indicsubs_contract.messages import (
    Artifact,
    ModelFolder,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.transcript import Transcript, Translation
from indicsubs_contract.wire import read_document
from indicsubs_indictrans2.repair import Attempt, Outcome, summary, translate_checked

if TYPE_CHECKING:
    from indicsubs_indictrans2.translator import Translator


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
    source = find_language(transcript.language)
    lines = [segment.text for segment in transcript.segments]
    starts = [segment.start_ms for segment in transcript.segments]
    total = len(lines) * len(request.targets)
    done = 0
    outcomes: dict[int, Outcome] = {}
    warnings: list[str] = []
    for model, positions in _by_model(request.targets, source).items():
        translator = None  # the last model goes before the next one comes
        if model and lines:
            context.report(done, total, "sentences", f"loading {model.name}")
            translator = _load(model, request, context)
        for position in positions:
            target = find_language(request.targets[position].language)

            def report(count: int, note: str = target.name, base: int = done) -> None:
                context.report(base + count, total, "sentences", note)

            if translator is None:
                outcome = Outcome(lines, [], [])
            else:
                outcome = _translate(translator, lines, source, target, request, report)
            report(len(lines))
            done += len(lines)
            outcomes[position] = outcome
            warnings += [
                f"{target.tag}, line {index + 1} at {clock(starts[index])}: {what}."
                for index, what in outcome.warnings
            ]
            if outcome.doubts:
                warnings.append(
                    summary(outcome.doubts, target.tag, starts.__getitem__, _file_name(target))
                )
    return TranslationResult(
        translations=tuple(
            _write(context, find_language(target.language), source, outcomes[position])
            for position, target in enumerate(request.targets)
        ),
        warnings=tuple(warnings),
    )


def _by_model(
    targets: tuple[TranslationTarget, ...], source: Language
) -> dict[ModelFolder | None, list[int]]:
    """Positions of the targets of each model; those in the source language need none.

    Raises:
        StageError: ``BAD_REQUEST``, for another target without a model.
    """
    positions: dict[ModelFolder | None, list[int]] = {}
    for position, target in enumerate(targets):
        language = find_language(target.language)
        model = None if language == source else target.model
        if model is None and language != source:
            raise StageError(
                FailureCode.BAD_REQUEST,
                f"No model is given for {source.name} to {language.name}; `indicsubs models`"
                " shows which there are.",
            )
        positions.setdefault(model, []).append(position)
    return positions


def _load(model: ModelFolder, request: TranslationRequest, context: Context) -> "Translator":
    from indicsubs_indictrans2.translator import Translator  # torch and all: seconds

    return Translator.load(
        context.model(model),
        request.device,
        request.compute_type,
        request.engine,
        model.fingerprint,
    )


def _translate(
    translator: "Translator",
    lines: list[str],
    source: Language,
    target: Language,
    request: TranslationRequest,
    report: Callable[..., None],
) -> Outcome:
    """Translate and check; ``report`` gets the number of lines done, and what else is going on."""
    retrying = False

    def count(different: int, of: int) -> None:
        if not retrying:  # then all lines have a translation already
            report(len(lines) * different // of)

    def translate(texts: Sequence[str], beam_size: int) -> list[Attempt]:
        said: list[list[str]] = [[] for _ in texts]
        made = translator.translate(
            texts,
            source.flores,
            target.flores,
            beam_size=beam_size,
            batch_size=request.batch_size,
            report=lambda different: count(different, len(texts)),
            warn=lambda index, what: said[index].append(what),
        )
        return [Attempt(text, tuple(what)) for text, what in zip(made, said, strict=True)]

    def retry(different: int) -> None:
        nonlocal retrying
        retrying = True
        report(len(lines), f"{target.name}, {different} doubtful again")

    return translate_checked(
        lines, translate, source, target, beam_size=request.beam_size, retrying=retry
    )


def _file_name(target: Language) -> str:
    return f"translation.{target.tag}.json"


def _write(context: Context, target: Language, source: Language, outcome: Outcome) -> Artifact:
    translation = Translation(
        language=target.tag,
        source_language=source.tag,
        texts=tuple(outcome.texts),
        doubts=tuple(outcome.doubts),
    )
    return context.write_document(_file_name(target), translation, "translation", target.tag)
