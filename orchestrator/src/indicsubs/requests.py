"""What each stage is asked: from what the user asked, and what the stages before it answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from indicsubs.hardware import Choice
from indicsubs.jobs import Ask
from indicsubs.models import PROFILES, Profile, ProfileName, locate, translator_name
from indicsubs.workspace import CommandError, Workspace
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.languages import find_language
from indicsubs_contract.messages import (
    AlignmentRequest,
    AlignmentResult,
    AsrRequest,
    AsrResult,
    DemuxRequest,
    DemuxResult,
    ExportTranscriptRequest,
    LoadTranscriptRequest,
    LoadTranscriptResult,
    ModelFolder,
    MuxRequest,
    Request,
    StageResult,
    SubtitleRequest,
    SubtitleResult,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.stages import StageName

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a request is made from."""

    workspace: Workspace
    ask: Ask
    choice: Choice
    results: Mapping[StageName, StageResult]

    @property
    def profile(self) -> Profile:
        """The models asked for."""
        return PROFILES[cast("ProfileName", self.ask.profile)]

    def result(self, stage: StageName, kind: type[R]) -> R:
        """What an earlier stage answered.

        Raises:
            CommandError: it has not run yet.
        """
        result = self.results.get(stage)
        if not isinstance(result, kind):
            raise CommandError(
                f"Stage {stage} has no result yet. Start from it, or from an earlier one: --from"
                f" {stage}",
                ExitStatus.NO_INPUT,
            )
        return result

    def model(self, name: str) -> ModelFolder:
        """A model's folder on this machine."""
        return locate(name, self.workspace.models)

    def recogniser(self) -> str:
        """Name of the speech model."""
        return self.ask.asr_model or self.profile.recognisers[self.choice.backend]

    def aligner(self, language: str) -> str | None:
        """Name of the aligner for a language; None where there is none."""
        return self.ask.alignment_model or self.profile.aligners.get(language)

    def translator(self, source: str, target: str) -> str | None:
        """Name of the translation model; None where nothing is to be translated."""
        if source == target:
            return None
        return self.ask.translation_model or translator_name(self.profile, source, target)


def _demux(at: Situation) -> Request:
    return DemuxRequest(
        source=at.ask.source,
        audio_track=at.ask.audio_track,
        language=at.ask.source_language,
        channel=at.ask.channel,
    )


def _asr(at: Situation) -> Request:
    demux = at.result(StageName.DEMUX, DemuxResult)
    return AsrRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        model=at.model(at.recogniser()),
        device=at.choice.asr_device,
        compute_type=at.choice.asr_compute_type,
        language=at.ask.source_language,
        initial_prompt=at.ask.initial_prompt,
        hotwords=at.ask.hotwords,
        beam_size=at.ask.beam_size,
        batch_size=at.ask.batch_size,
        chunk_ms=at.ask.chunk_ms,
    )


def _alignment(at: Situation) -> Request:
    demux = at.result(StageName.DEMUX, DemuxResult)
    asr = at.result(StageName.ASR, AsrResult)
    name = at.aligner(asr.language)
    return AlignmentRequest(
        audio=demux.audio,
        audio_start_ms=demux.audio_start_ms,
        transcript=asr.transcript,
        model=at.model(name) if name else None,
        device=at.choice.alignment_device,
    )


def _export_transcript(at: Situation) -> Request:
    alignment = at.result(StageName.ALIGNMENT, AlignmentResult)
    return ExportTranscriptRequest(transcript=alignment.transcript)


def _load_transcript(at: Situation) -> Request:
    if at.ask.transcript is not None:
        return LoadTranscriptRequest(source=at.ask.transcript, language=at.ask.source_language)
    return LoadTranscriptRequest(source=at.result(StageName.ALIGNMENT, AlignmentResult).transcript)


def _translation(at: Situation) -> Request:
    loaded = at.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    targets: list[TranslationTarget] = []
    for target in at.ask.targets:
        name = at.translator(loaded.language, target)
        model = at.model(name) if name else None
        targets.append(TranslationTarget(language=target, model=model))
    return TranslationRequest(
        transcript=loaded.transcript,
        targets=tuple(targets),
        device=at.choice.translation_device,
        engine=at.choice.translation_engine,
        compute_type=at.choice.translation_compute_type,
        beam_size=at.ask.beam_size,
        batch_size=at.ask.batch_size,
    )


def _subtitles(at: Situation) -> Request:
    loaded = at.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    translated = at.result(StageName.INDICTRANS2_TRANSLATION, TranslationResult)
    demux = at.results.get(StageName.DEMUX)
    media = demux.media if isinstance(demux, DemuxResult) else None
    return SubtitleRequest(
        transcript=loaded.transcript,
        # A target equal to the source is the source's own subtitle file already.
        translations=tuple(t for t in translated.translations if t.language != loaded.language),
        film_end_ms=media.start_ms + media.duration_ms if media else None,
        limits=at.ask.limits,
        film_path=at.ask.source.path,
        film_start_ms=media.start_ms if media else 0,
        audio=demux.audio if isinstance(demux, DemuxResult) else None,
        audio_start_ms=demux.audio_start_ms if isinstance(demux, DemuxResult) else 0,
    )


def _mux(at: Situation) -> Request:
    made = at.result(StageName.SUBTITLE_GENERATION, SubtitleResult)
    return MuxRequest(
        source=at.ask.source,
        subtitles=tuple(file for file in made.subtitles if file.kind == "srt"),
        container=at.ask.container,
        default_language=at.ask.targets[0] if at.ask.targets else None,
    )


_BUILDERS: dict[StageName, Callable[[Situation], Request]] = {
    StageName.DEMUX: _demux,
    StageName.ASR: _asr,
    StageName.ALIGNMENT: _alignment,
    StageName.EXPORT_TRANSCRIPT: _export_transcript,
    StageName.LOAD_TRANSCRIPT: _load_transcript,
    StageName.INDICTRANS2_TRANSLATION: _translation,
    StageName.SUBTITLE_GENERATION: _subtitles,
    StageName.MUX: _mux,
}


def build_request(stage: StageName, situation: Situation) -> Request:
    """What ``stage`` is to be asked.

    Raises:
        CommandError: a stage before it has no result, or a model is missing.
    """
    return _BUILDERS[stage](situation)


def check_models(stages: tuple[StageName, ...], situation: Situation) -> None:
    """Find every model that can be known before any work is done.

    With a source language that is still to be detected, the aligner and the translators can only be
    checked when it is known.

    Raises:
        CommandError: one is missing; says how to get it.
    """
    ask = situation.ask
    names: list[str | None] = []
    if StageName.ASR in stages:
        names.append(situation.recogniser())
    language = ask.source_language
    if language is not None:
        if StageName.ALIGNMENT in stages:
            names.append(situation.aligner(language))
        if StageName.INDICTRANS2_TRANSLATION in stages:
            names += [situation.translator(language, target) for target in ask.targets]
    for name in names:
        if name is not None:
            situation.model(name)


def check_ask(ask: Ask) -> None:
    """Refuse what cannot be done whatever the machine.

    Raises:
        CommandError: says which option to change.
    """
    if ask.profile not in PROFILES:
        raise CommandError(
            f"--profile {ask.profile}: there is no such profile; choose {', '.join(PROFILES)}.",
            ExitStatus.USAGE,
        )
    for tag in (ask.source_language, *ask.targets):
        if tag is not None:
            find_language(tag)
