"""Builds the request of each stage from the specification and the results of earlier stages."""

from collections.abc import Callable, Iterable

from indicsubs.jobs.glossary_files import terms_for
from indicsubs.jobs.profile_choices import doubtful_of
from indicsubs.jobs.show_memory import memory_of_show
from indicsubs.run.language_routes import language_routes
from indicsubs.run.run_state import ENGLISH, RunState, recognised_language
from indicsubs.run.subtitle_requests import (
    mux_request,
    require_forced_lines,
    rules_of,
    subtitle_request,
)
from indicsubs_contract.engines import WHISPER, EngineRow
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, LanguageDetection
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.envelope import Request
from indicsubs_contract.messages.export_transcript import ExportTranscriptRequest
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest, LoadTranscriptResult
from indicsubs_contract.messages.translation import (
    TranslationRequest,
    TranslationTarget,
)
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language


def build_request(stage: StageName, state: RunState) -> Request:
    """Returns the request of a stage.

    Raises:
        IndicsubsError: ``NO_INPUT`` where an earlier stage has no result; ``MISSING_MODEL`` where a
            model is absent; ``USAGE`` where the engine or the profile does not know a language.
    """
    return _BUILDERS[stage](state)


def _demux(state: RunState) -> Request:
    return DemuxRequest(
        source=state.spec.source,
        audio_track=state.spec.audio_track,
        language=state.spec.source_language,
        detection=None if state.spec.source_language else _detection(state),
        channel=state.spec.channel,
    )


def _detection(state: RunState) -> LanguageDetection:
    use, name = state.detector()
    known = use.row.languages
    if state.placement.recogniser is not None:
        named = state.placement.recogniser.row.languages
        known = {tag: language for tag, language in known.items() if tag in named}
    return LanguageDetection(
        model=state.model(name, use),
        device=use.device,
        compute_type=use.compute_type,
        languages=known,
    )


def _asr(state: RunState) -> Request:
    language = _known_language(state)
    use, name = state.recogniser(language)
    demux = state.result(StageName.DEMUX, DemuxResult)
    own = recognised_language(language, use.row)
    return AsrRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        model=state.model(name, use),
        device=use.device,
        compute_type=use.compute_type,
        # Only Whisper can tell that a segment is in another language.
        languages=use.row.languages if use.row.family == WHISPER else {language: own},
        language=language,
        script=_script(state, language),
        decoding=state.spec.decoding,
        gaps=use.row.family != WHISPER and _hears_all(state, language),
        initial_prompt=state.spec.initial_prompt,
        hotwords=state.spec.hotwords,
        beam_size=state.spec.beam_size,
        batch_size=state.spec.batch_size,
        chunk_ms=state.spec.chunk_ms,
    )


def _known_language(state: RunState) -> str:
    language = state.language
    if language is None:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            "The film's language is not known. Give it with -s, or start from stage demux, which"
            " detects it: --from demux",
        )
    return language


def _script(state: RunState, language: str) -> str | None:
    """Returns the script that the text must be in; None where the user accepts every script."""
    return None if state.spec.script == "any" else find_language(language).script


def _hears_all(state: RunState, language: str) -> bool:
    witness = state.witness(language)
    return witness is not None and witness[2] == "all"


def _witness(state: RunState) -> Request:
    language = _known_language(state)
    witness = state.witness(language)
    if witness is None:
        raise IndicsubsError(
            FailureCode.USAGE,
            "This run has no second recogniser. Give --witness all, or another profile.",
        )
    use, name, scope = witness
    demux = state.result(StageName.DEMUX, DemuxResult)
    return WitnessRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        transcript=state.result(StageName.ASR, AsrResult).transcript,
        scope=scope,
        corrects=language in state.profile.corrections,
        engine=use.engine,
        model=state.model(name, use),
        device=use.device,
        compute_type=use.compute_type,
        language=recognised_language(language, use.row),
        script=_script(state, language),
        beam_size=state.spec.beam_size,
        batch_size=state.spec.batch_size,
    )


def _recognised(state: RunState) -> Artifact:
    """Returns the transcript of the recognisers that ran."""
    if state.runs(StageName.WITNESS):
        return state.result(StageName.WITNESS, WitnessResult).transcript
    return state.result(StageName.ASR, AsrResult).transcript


def _alignment(state: RunState) -> Request:
    demux = state.result(StageName.DEMUX, DemuxResult)
    language = state.result(StageName.ASR, AsrResult).language
    use, name = state.aligner(language)
    known = use.row.languages.get(language)
    return AlignmentRequest(
        audio=demux.audio,
        audio_start_ms=demux.audio_start_ms,
        transcript=_recognised(state),
        model=state.model(name, use) if name else None,
        engine=use.engine,
        device=use.device,
        compute_type=use.compute_type,
        language=known.code if known else None,
    )


def _export_transcript(state: RunState) -> Request:
    alignment = state.result(StageName.ALIGNMENT, AlignmentResult)
    return ExportTranscriptRequest(
        transcript=alignment.transcript, doubtful=doubtful_of(state.spec)
    )


def _load_transcript(state: RunState) -> Request:
    edited = state.edits.transcript
    if edited is not None:
        return LoadTranscriptRequest(
            source=edited, language=edited.language, baseline=state.edits.baseline
        )
    if state.spec.transcript is not None:
        return LoadTranscriptRequest(
            source=state.spec.transcript, language=state.spec.source_language
        )
    return LoadTranscriptRequest(
        source=state.result(StageName.ALIGNMENT, AlignmentResult).transcript
    )


def _translation(state: RunState) -> Request:
    loaded = state.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    require_forced_lines(state, loaded)
    rules = rules_of(state.spec, state.spec.targets)
    use = state.placement.translator
    targets: list[TranslationTarget] = []
    for tag in state.spec.targets:
        pivot, name = state.route(loaded.language, tag)
        language = find_language(tag)
        targets.append(
            TranslationTarget(
                language=language.base,
                script=language.shown_in,
                model=state.model(name, use) if name else None,
                pivot=state.model(pivot, use) if pivot else None,
                characters_per_second=rules[tag].characters_per_second,
                routes=language_routes(state, loaded.language, loaded.other_languages, tag),
            )
        )
    return TranslationRequest(
        transcript=loaded.transcript,
        targets=tuple(targets),
        languages=_translated_languages(loaded.language, targets, use.row),
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
        beam_size=state.spec.beam_size,
        batch_tokens=state.spec.batch_tokens,
        glossary=terms_for(
            state.spec.glossary, _languages_with_a_model(state.spec.targets, loaded.language)
        ),
        memory=memory_of_show(state.workspace.jobs, state.spec, loaded.language),
        romanised=state.spec.romanised,
        doubtful=doubtful_of(state.spec),
    )


def _translated_languages(
    source: str, targets: Iterable[TranslationTarget], engine: EngineRow
) -> dict[str, EngineLanguage]:
    """Returns the languages of a request that the engine knows, as the engine describes them."""
    tags = [find_language(source).base]
    for target in targets:
        tags += [route.source for route in target.routes]
        through_english = target.pivot or any(route.pivot for route in target.routes)
        tags += [ENGLISH, target.language] if through_english else [target.language]
    return {tag: engine.languages[tag] for tag in dict.fromkeys(tags) if tag in engine.languages}


def _languages_with_a_model(targets: Iterable[str], source: str) -> list[str]:
    """Returns the base languages of the targets, without the source language."""
    bases = (find_language(target).base for target in targets)
    return [base for base in bases if base != source]


_BUILDERS: dict[StageName, Callable[[RunState], Request]] = {
    StageName.DEMUX: _demux,
    StageName.ASR: _asr,
    StageName.WITNESS: _witness,
    StageName.ALIGNMENT: _alignment,
    StageName.EXPORT_TRANSCRIPT: _export_transcript,
    StageName.LOAD_TRANSCRIPT: _load_transcript,
    StageName.INDICTRANS2_TRANSLATION: _translation,
    StageName.SUBTITLE_GENERATION: subtitle_request,
    StageName.MUX: mux_request,
}
