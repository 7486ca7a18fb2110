"""Stage indictrans2_translation: every sentence into each target language."""

from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from indicsubs_indictrans2.translator import Translator


def run(request: TranslationRequest, context: Context) -> TranslationResult:
    """Translate; a model that serves several targets is loaded once.

    Raises:
        StageError: a language that nobody or the model does not know, a model that is absent or
            damaged, a device that is absent.
    """
    path = context.path(request.transcript)
    transcript = read_document(path.read_bytes(), Transcript, path.name)
    source = find_language(transcript.language)
    lines = [segment.text for segment in transcript.segments]
    total = len(lines) * len(request.targets)
    done = 0
    texts: dict[int, list[str]] = {}
    warnings: list[str] = []
    for model, positions in _by_model(request.targets, source).items():
        translator = None  # the last model goes before the next one comes
        if model and lines:
            context.report(done, total, "sentences", f"loading {model.name}")
            translator = _load(model, request, context)
        for position in positions:
            target = find_language(request.targets[position].language)

            def report(count: int, name: str = target.name, base: int = done) -> None:
                context.report(base + count, total, "sentences", name)

            def warn(index: int, what: str, tag: str = target.tag) -> None:
                start = transcript.segments[index].start_ms
                warnings.append(f"{tag}, line {index + 1} at {_clock(start)}: {what}.")

            if translator is None:
                texts[position] = lines
            else:
                texts[position] = translator.translate(
                    lines,
                    source.flores,
                    target.flores,
                    beam_size=request.beam_size,
                    batch_size=request.batch_size,
                    report=report,
                    warn=warn,
                )
            report(len(lines))
            done += len(lines)
    return TranslationResult(
        translations=tuple(
            _write(context, find_language(target.language), source, texts[position])
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

    return Translator.load(context.model(model), request.device, request.compute_type)


def _write(context: Context, target: Language, source: Language, texts: list[str]) -> Artifact:
    return context.write_document(
        f"translation.{target.tag}.json",
        Translation(language=target.tag, source_language=source.tag, texts=tuple(texts)),
        "translation",
        target.tag,
    )


def _clock(ms: int) -> str:
    seconds = ms // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
