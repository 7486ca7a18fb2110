"""What each stage is asked: from what the user asked, and what the stages before it answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from msgspec.structs import replace

from indicsubs.jobs.glossary_files import terms_for
from indicsubs.jobs.job import NO_EDITS, Edits, JobSpec
from indicsubs.machine.hardware import EngineUse, Placement
from indicsubs.machine.models import (
    PROFILES,
    Direction,
    Profile,
    ProfileName,
    direction,
    is_present,
    locate,
    recogniser_name,
    translator_name,
)
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import EngineRow
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult, MediaInfo
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.envelope import Request, StageResult
from indicsubs_contract.messages.export_transcript import ExportTranscriptRequest
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest, LoadTranscriptResult
from indicsubs_contract.messages.mux import MuxRequest
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.messages.rules import Rules
from indicsubs_contract.messages.subtitles import (
    SubtitleFiles,
    SubtitleFormat,
    SubtitleRequest,
    SubtitleResult,
)
from indicsubs_contract.messages.translation import (
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language
from indicsubs_text.rule_profiles import load_profile
from indicsubs_text.rules import parse_frame_rate

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class RequestInputs:
    """All that a request is made from."""

    workspace: Workspace
    spec: JobSpec
    placement: Placement
    results: Mapping[StageName, StageResult]
    edits: Edits = NO_EDITS

    @property
    def profile(self) -> Profile:
        """The models asked for."""
        return PROFILES[cast("ProfileName", self.spec.profile)]

    def result(self, stage: StageName, kind: type[R]) -> R:
        """What an earlier stage answered.

        Raises:
            IndicsubsError: it has not run yet.
        """
        result = self.results.get(stage)
        if not isinstance(result, kind):
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"Stage {stage} has no result yet. Start from it, or from an earlier one: --from"
                f" {stage}",
            )
        return result

    def model(self, name: str, use: EngineUse) -> ModelFolder:
        """The folder of a model on this machine, for an engine.

        Raises:
            IndicsubsError: ``MISSING_MODEL``.
        """
        return locate(name, use.row.layout, self.workspace.models)

    def recogniser(self) -> str:
        """The name of the speech model.

        Raises:
            IndicsubsError: ``USAGE``, where the profile has none for the engine.
        """
        return self.spec.asr_model or recogniser_name(self.profile, self.placement.recogniser.row)

    def aligner(self, language: str) -> str | None:
        """Name of the aligner for a language; None where there is none."""
        return self.spec.alignment_model or self.profile.aligners.get(language)

    def route(self, source: str, target: str) -> tuple[str | None, str | None]:
        """Names of the translation model into English, where there is a pivot, and of the last one.

        Raises:
            IndicsubsError: the profile has no model for a step.
        """
        source, target = find_language(source).base, find_language(target).base
        if source == target:
            return None, None
        if self.spec.translation_model:
            return None, self.spec.translation_model
        if direction(source, target) == "indic-indic" and self._pivots():
            return (
                self._translator_name(source, _ENGLISH),
                self._translator_name(_ENGLISH, target),
            )
        return None, self._translator_name(source, target)

    def _translator_name(self, source: str, target: str) -> str:
        return translator_name(self.profile, self.placement.translator.row, source, target)

    def _pivots(self) -> bool:
        if self.spec.pivot != "auto":
            return self.spec.pivot == "always"
        models = self.profile.translators.get(self.placement.translator.row.layout.name, {})
        own, *steps = (models.get(family) for family in _FAMILIES)

        def is_here(name: str | None) -> bool:
            return name is not None and is_present(name, self.workspace.models)

        return not is_here(own) and all(map(is_here, steps))


_ENGLISH = "en"
_FAMILIES: tuple[Direction, ...] = ("indic-indic", "indic-en", "en-indic")


def _demux(inputs: RequestInputs) -> Request:
    return DemuxRequest(
        source=inputs.spec.source,
        audio_track=inputs.spec.audio_track,
        language=inputs.spec.source_language,
        channel=inputs.spec.channel,
    )


def _spoken_languages(tag: str | None, engine: EngineRow) -> dict[str, EngineLanguage]:
    """The languages that may be spoken, as the engine knows them; all, to detect which."""
    return engine.languages if tag is None else {tag: recognised_language(tag, engine)}


def recognised_language(tag: str, engine: EngineRow) -> EngineLanguage:
    """Returns a language as a recogniser knows it.

    Raises:
        IndicsubsError: ``USAGE``, for a language that the engine does not recognise.
    """
    known = engine.languages.get(tag)
    if known is None:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{engine.title} does not recognise {find_language(tag).name}. Give a transcript made"
            " elsewhere with --transcript FILE, or choose another --backend. It recognises:"
            f" {', '.join(engine.languages)}.",
        )
    return known


def _asr(inputs: RequestInputs) -> Request:
    use = inputs.placement.recogniser
    demux = inputs.result(StageName.DEMUX, DemuxResult)
    return AsrRequest(
        audio=demux.audio,
        speech=demux.speech,
        audio_start_ms=demux.audio_start_ms,
        model=inputs.model(inputs.recogniser(), use),
        device=use.device,
        compute_type=use.compute_type,
        languages=_spoken_languages(inputs.spec.source_language, use.row),
        language=inputs.spec.source_language,
        initial_prompt=inputs.spec.initial_prompt,
        hotwords=inputs.spec.hotwords,
        beam_size=inputs.spec.beam_size,
        batch_size=inputs.spec.batch_size,
        chunk_ms=inputs.spec.chunk_ms,
    )


def _alignment(inputs: RequestInputs) -> Request:
    demux = inputs.result(StageName.DEMUX, DemuxResult)
    asr = inputs.result(StageName.ASR, AsrResult)
    name = inputs.aligner(asr.language)
    use = inputs.placement.aligner
    return AlignmentRequest(
        audio=demux.audio,
        audio_start_ms=demux.audio_start_ms,
        transcript=asr.transcript,
        model=inputs.model(name, use) if name else None,
        device=use.device,
    )


def _export_transcript(inputs: RequestInputs) -> Request:
    alignment = inputs.result(StageName.ALIGNMENT, AlignmentResult)
    return ExportTranscriptRequest(transcript=alignment.transcript)


def _load_transcript(inputs: RequestInputs) -> Request:
    edited = inputs.edits.transcript
    if edited is not None:
        return LoadTranscriptRequest(
            source=edited, language=edited.language, baseline=inputs.edits.baseline
        )
    if inputs.spec.transcript is not None:
        return LoadTranscriptRequest(
            source=inputs.spec.transcript, language=inputs.spec.source_language
        )
    return LoadTranscriptRequest(
        source=inputs.result(StageName.ALIGNMENT, AlignmentResult).transcript
    )


def _translation(inputs: RequestInputs) -> Request:
    loaded = inputs.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    rules = rules_of(inputs.spec, inputs.spec.targets)
    use = inputs.placement.translator
    targets: list[TranslationTarget] = []
    for target in inputs.spec.targets:
        pivot, name = inputs.route(loaded.language, target)
        language = find_language(target)
        targets.append(
            TranslationTarget(
                language=language.base,
                script=language.shown_in,
                model=inputs.model(name, use) if name else None,
                pivot=inputs.model(pivot, use) if pivot else None,
                characters_per_second=rules[target].characters_per_second,
            )
        )
    return TranslationRequest(
        transcript=loaded.transcript,
        targets=tuple(targets),
        languages=_translated_languages(loaded.language, targets, use.row),
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
        beam_size=inputs.spec.beam_size,
        batch_tokens=inputs.spec.batch_tokens,
        glossary=terms_for(
            inputs.spec.glossary, _translated_into(inputs.spec.targets, loaded.language)
        ),
        romanised=inputs.spec.romanised,
    )


def _translated_languages(
    source: str, targets: Iterable[TranslationTarget], engine: EngineRow
) -> dict[str, EngineLanguage]:
    """The languages of a request as the engine knows them; those that it lacks are absent."""
    tags = [find_language(source).base]
    for target in targets:
        tags += [_ENGLISH, target.language] if target.pivot else [target.language]
    return {tag: engine.languages[tag] for tag in dict.fromkeys(tags) if tag in engine.languages}


def _translated_into(targets: Iterable[str], source: str) -> list[str]:
    """Base languages of the targets that need a model."""
    bases = (find_language(target).base for target in targets)
    return [base for base in bases if base != source]


def _subtitles(inputs: RequestInputs) -> Request:
    loaded = inputs.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    translated = inputs.result(StageName.INDICTRANS2_TRANSLATION, TranslationResult)
    demux = inputs.results.get(StageName.DEMUX)
    media = demux.media if isinstance(demux, DemuxResult) else None
    return SubtitleRequest(
        transcript=loaded.transcript,
        # A target equal to the source is the source's own subtitle file already.
        translations=tuple(t for t in translated.translations if t.language != loaded.language),
        film_end_ms=media.start_ms + media.duration_ms if media else None,
        rules=rules_of(inputs.spec, (loaded.language, *inputs.spec.targets)),
        film=inputs.spec.source,
        frame_rate=_frame_rate(media) if media else None,
        files=_files(inputs.spec, media),
        film_path=inputs.spec.source.path,
        film_start_ms=media.start_ms if media else 0,
        audio=demux.audio if isinstance(demux, DemuxResult) else None,
        audio_start_ms=demux.audio_start_ms if isinstance(demux, DemuxResult) else 0,
        edited=tuple(
            edited
            for edited in inputs.edits.subtitles
            if edited.subtitles.language in {loaded.language, *inputs.spec.targets}
        ),
    )


def _files(spec: JobSpec, media: MediaInfo | None) -> SubtitleFiles:
    """The formats asked for, and those that mux makes tracks and pictures of."""
    needed: list[SubtitleFormat] = [*spec.formats]
    if _track_kind(spec) not in needed:
        needed.append(_track_kind(spec))
    if spec.burn_in is not None and "ass" not in needed:
        needed.append("ass")
    files = SubtitleFiles(
        formats=tuple(needed),
        windows_lines=spec.windows_lines,
        byte_order_mark=spec.byte_order_mark,
        font=spec.font,
    )
    pictures = [stream for stream in media.streams if stream.width] if media else []
    if not pictures:
        return files
    picture = pictures[0]
    return replace(files, width=picture.width, height=picture.height)


def _track_kind(spec: JobSpec) -> SubtitleFormat:
    """What the film's tracks are made of."""
    return "ass" if "ass" in spec.formats else "srt"


def _no_subtitles_to_burn_in(language: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.USAGE,
        f"--burn-in {language}: no subtitles are made in that language. Add it to --target.",
    )


def rules_of(spec: JobSpec, tags: tuple[str, ...]) -> dict[str, Rules]:
    """The complete rules of each language, as the profile has them and the options change them.

    Raises:
        IndicsubsError: the profile is none, or no cue can keep its rules.
    """
    profile = load_profile(spec.rules)
    rules = {tag: profile.rules_for(tag) for tag in tags}
    if spec.line_characters is None:
        return rules
    return {tag: replace(rule, line_characters=spec.line_characters) for tag, rule in rules.items()}


def _frame_rate(media: MediaInfo) -> str | None:
    """The rate of the film's picture; a cover has none."""
    rates = (stream.frame_rate for stream in media.streams if stream.kind == "video")
    return next((rate for rate in rates if parse_frame_rate(rate)), None)


def _mux(inputs: RequestInputs) -> Request:
    made = inputs.result(StageName.SUBTITLE_GENERATION, SubtitleResult)
    spec = inputs.spec
    kind = _track_kind(spec)
    drawn = [
        file for file in made.subtitles if file.kind == "ass" and file.language == spec.burn_in
    ]
    if spec.burn_in is not None and not drawn:
        raise _no_subtitles_to_burn_in(spec.burn_in)
    first = spec.targets[0] if spec.targets else None
    return MuxRequest(
        source=spec.source,
        subtitles=tuple(
            file for file in made.subtitles if file.kind == kind and file.language != spec.burn_in
        ),
        container=spec.container,
        default_language=first if spec.burn_in is None else None,
        purpose=spec.purpose,
        font=spec.font,
        burned_in=drawn[0] if drawn else None,
    )


_BUILDERS: dict[StageName, Callable[[RequestInputs], Request]] = {
    StageName.DEMUX: _demux,
    StageName.ASR: _asr,
    StageName.ALIGNMENT: _alignment,
    StageName.EXPORT_TRANSCRIPT: _export_transcript,
    StageName.LOAD_TRANSCRIPT: _load_transcript,
    StageName.INDICTRANS2_TRANSLATION: _translation,
    StageName.SUBTITLE_GENERATION: _subtitles,
    StageName.MUX: _mux,
}


def build_request(stage: StageName, inputs: RequestInputs) -> Request:
    """What ``stage`` is to be asked.

    Raises:
        IndicsubsError: a stage before it has no result, or a model is missing.
    """
    return _BUILDERS[stage](inputs)


def _prepare_asr(inputs: RequestInputs) -> Preparation | None:
    use = inputs.placement.recogniser
    return Preparation(
        prepare=StageName.ASR,
        model=inputs.model(inputs.recogniser(), use),
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
    )


def _prepare_alignment(inputs: RequestInputs) -> Preparation | None:
    language = inputs.spec.source_language
    if language is not None and inputs.aligner(language) is None:
        return None
    return Preparation(prepare=StageName.ALIGNMENT)


def _prepare_translation(inputs: RequestInputs) -> Preparation | None:
    language = inputs.spec.source_language
    routes = [inputs.route(language, target) for target in inputs.spec.targets] if language else []
    names = [name for route in routes for name in route if name]
    if language is not None and not names:
        return None
    use = inputs.placement.translator
    return Preparation(
        prepare=StageName.INDICTRANS2_TRANSLATION,
        model=inputs.model(names[0], use) if names else None,
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
    )


PREPARATIONS: dict[StageName, Callable[[RequestInputs], Preparation | None]] = {
    StageName.ASR: _prepare_asr,
    StageName.ALIGNMENT: _prepare_alignment,
    StageName.INDICTRANS2_TRANSLATION: _prepare_translation,
}
"""The stages with an engine, which take seconds to start and most of the memory, and what can be
known of their requests before the others have answered; None where no engine will be needed."""


def check_models(stages: tuple[StageName, ...], inputs: RequestInputs) -> None:
    """Find every model that can be known before any work is done.

    With a source language that is still to be detected, the aligner and the translators can only be
    checked when it is known.

    Raises:
        IndicsubsError: one is missing; says how to get it.
    """
    spec, placement = inputs.spec, inputs.placement
    language = spec.source_language
    wanted: list[tuple[str | None, EngineUse]] = []
    if StageName.ASR in stages:
        if language is not None:
            recognised_language(language, placement.recogniser.row)
        wanted.append((inputs.recogniser(), placement.recogniser))
    if language is not None:
        if StageName.ALIGNMENT in stages:
            wanted.append((inputs.aligner(language), placement.aligner))
        if StageName.INDICTRANS2_TRANSLATION in stages:
            for target in spec.targets:
                route = inputs.route(language, target)
                wanted += [(name, placement.translator) for name in route]
    for name, use in wanted:
        if name is not None:
            inputs.model(name, use)


def check_spec(spec: JobSpec) -> None:
    """Refuse what cannot be done whatever the machine.

    Raises:
        IndicsubsError: says which option to change.
        IndicsubsError: an unknown language, or a rule profile that cannot be.
    """
    if spec.profile not in PROFILES:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--profile {spec.profile}: there is no such profile; choose {', '.join(PROFILES)}.",
        )
    for tag in (spec.source_language, *spec.targets):
        if tag is not None:
            find_language(tag)
    made = (spec.source_language, *spec.targets)
    if spec.burn_in is not None and spec.source_language is not None and spec.burn_in not in made:
        raise _no_subtitles_to_burn_in(spec.burn_in)
    if spec.source_language is not None and (
        script := find_language(spec.source_language).shown_in
    ):
        raise IndicsubsError(
            FailureCode.USAGE,
            f"-s {spec.source_language}: a language is spoken in no script. Give"
            f" -s {spec.source_language.removesuffix(f'-{script}')}; Romanised lines are found by"
            " themselves (--romanised).",
        )
    if spec.line_characters is not None and spec.line_characters < 1:
        raise IndicsubsError(
            FailureCode.USAGE, f"--line-characters {spec.line_characters}: give a positive number."
        )
    load_profile(spec.rules)
