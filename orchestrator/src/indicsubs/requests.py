"""What each stage is asked: from what the user asked, and what the stages before it answered."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar, cast

from msgspec.structs import replace

from indicsubs.glossary import terms_for
from indicsubs.hardware import Choice
from indicsubs.jobs import NO_EDITS, Ask, Edits
from indicsubs.models import (
    PROFILES,
    Direction,
    Profile,
    ProfileName,
    direction,
    is_present,
    locate,
    translator_name,
)
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
    MediaInfo,
    ModelFolder,
    MuxRequest,
    Preparation,
    Request,
    StageResult,
    SubtitleFiles,
    SubtitleFormat,
    SubtitleRequest,
    SubtitleResult,
    TranslationRequest,
    TranslationResult,
    TranslationTarget,
)
from indicsubs_contract.rule_profiles import load_profile
from indicsubs_contract.rules import Rules, parse_frame_rate
from indicsubs_contract.stages import StageName

R = TypeVar("R")


@dataclass(frozen=True, kw_only=True)
class Situation:
    """All that a request is made from."""

    workspace: Workspace
    ask: Ask
    choice: Choice
    results: Mapping[StageName, StageResult]
    edits: Edits = NO_EDITS

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

    def route(self, source: str, target: str) -> tuple[str | None, str | None]:
        """Names of the translation model into English, where there is a pivot, and of the last one.

        Raises:
            CommandError: the profile has no model for a step.
        """
        source, target = find_language(source).base, find_language(target).base
        if source == target:
            return None, None
        if self.ask.translation_model:
            return None, self.ask.translation_model
        if direction(source, target) == "indic-indic" and self._pivots():
            english = find_language("en").tag
            return (
                translator_name(self.profile, source, english),
                translator_name(self.profile, english, target),
            )
        return None, translator_name(self.profile, source, target)

    def _pivots(self) -> bool:
        if self.ask.pivot != "auto":
            return self.ask.pivot == "always"
        own, *steps = (self.profile.translators.get(family) for family in _FAMILIES)

        def is_here(name: str | None) -> bool:
            return name is not None and is_present(name, self.workspace.models)

        return not is_here(own) and all(map(is_here, steps))


_FAMILIES: tuple[Direction, ...] = ("indic-indic", "indic-en", "en-indic")


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
    edited = at.edits.transcript
    if edited is not None:
        return LoadTranscriptRequest(
            source=edited, language=edited.language, before=at.edits.before
        )
    if at.ask.transcript is not None:
        return LoadTranscriptRequest(source=at.ask.transcript, language=at.ask.source_language)
    return LoadTranscriptRequest(source=at.result(StageName.ALIGNMENT, AlignmentResult).transcript)


def _translation(at: Situation) -> Request:
    loaded = at.result(StageName.LOAD_TRANSCRIPT, LoadTranscriptResult)
    rules = rules_of(at.ask, at.ask.targets)
    targets: list[TranslationTarget] = []
    for target in at.ask.targets:
        pivot, name = at.route(loaded.language, target)
        language = find_language(target)
        targets.append(
            TranslationTarget(
                language=language.base,
                script=language.shown_in,
                model=at.model(name) if name else None,
                pivot=at.model(pivot) if pivot else None,
                characters_per_second=rules[target].characters_per_second,
            )
        )
    return TranslationRequest(
        transcript=loaded.transcript,
        targets=tuple(targets),
        device=at.choice.translation_device,
        engine=at.choice.translation_engine,
        compute_type=at.choice.translation_compute_type,
        beam_size=at.ask.beam_size,
        batch_tokens=at.ask.batch_tokens,
        glossary=terms_for(at.ask.glossary, _translated_into(at.ask.targets, loaded.language)),
        romanised=at.ask.romanised,
    )


def _translated_into(targets: Iterable[str], source: str) -> list[str]:
    """Base languages of the targets that need a model."""
    bases = (find_language(target).base for target in targets)
    return [base for base in bases if base != source]


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
        rules=rules_of(at.ask, (loaded.language, *at.ask.targets)),
        film=at.ask.source,
        frame_rate=_frame_rate(media) if media else None,
        files=_files(at.ask, media),
        film_path=at.ask.source.path,
        film_start_ms=media.start_ms if media else 0,
        audio=demux.audio if isinstance(demux, DemuxResult) else None,
        audio_start_ms=demux.audio_start_ms if isinstance(demux, DemuxResult) else 0,
        edited=tuple(
            edited
            for edited in at.edits.subtitles
            if edited.subtitles.language in {loaded.language, *at.ask.targets}
        ),
    )


def _files(ask: Ask, media: MediaInfo | None) -> SubtitleFiles:
    """The formats asked for, and those that mux makes tracks and pictures of."""
    needed: list[SubtitleFormat] = [*ask.formats]
    if _track_kind(ask) not in needed:
        needed.append(_track_kind(ask))
    if ask.burn_in is not None and "ass" not in needed:
        needed.append("ass")
    files = SubtitleFiles(
        formats=tuple(needed),
        windows_lines=ask.windows_lines,
        byte_order_mark=ask.byte_order_mark,
        font=ask.font,
    )
    pictures = [stream for stream in media.streams if stream.width] if media else []
    if not pictures:
        return files
    picture = pictures[0]
    return replace(files, width=picture.width, height=picture.height)


def _track_kind(ask: Ask) -> SubtitleFormat:
    """What the film's tracks are made of."""
    return "ass" if "ass" in ask.formats else "srt"


def _no_subtitles_to_burn_in(language: str) -> CommandError:
    return CommandError(
        f"--burn-in {language}: no subtitles are made in that language. Add it to --target.",
        ExitStatus.USAGE,
    )


def rules_of(ask: Ask, tags: tuple[str, ...]) -> dict[str, Rules]:
    """The complete rules of each language, as the profile has them and the options change them.

    Raises:
        StageError: the profile is none, or no cue can keep its rules.
    """
    profile = load_profile(ask.rules)
    rules = {tag: profile.rules_for(tag) for tag in tags}
    if ask.line_characters is None:
        return rules
    return {tag: replace(rule, line_characters=ask.line_characters) for tag, rule in rules.items()}


def _frame_rate(media: MediaInfo) -> str | None:
    """The rate of the film's picture; a cover has none."""
    rates = (stream.frame_rate for stream in media.streams if stream.kind == "video")
    return next((rate for rate in rates if parse_frame_rate(rate)), None)


def _mux(at: Situation) -> Request:
    made = at.result(StageName.SUBTITLE_GENERATION, SubtitleResult)
    ask = at.ask
    kind = _track_kind(ask)
    drawn = [file for file in made.subtitles if file.kind == "ass" and file.language == ask.burn_in]
    if ask.burn_in is not None and not drawn:
        raise _no_subtitles_to_burn_in(ask.burn_in)
    first = ask.targets[0] if ask.targets else None
    return MuxRequest(
        source=ask.source,
        subtitles=tuple(
            file for file in made.subtitles if file.kind == kind and file.language != ask.burn_in
        ),
        container=ask.container,
        default_language=first if ask.burn_in is None else None,
        purpose=ask.purpose,
        font=ask.font,
        burned_in=drawn[0] if drawn else None,
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


def _prepare_asr(at: Situation) -> Preparation | None:
    return Preparation(
        prepare=StageName.ASR,
        model=at.model(at.recogniser()),
        device=at.choice.asr_device,
        compute_type=at.choice.asr_compute_type,
    )


def _prepare_alignment(at: Situation) -> Preparation | None:
    language = at.ask.source_language
    if language is not None and at.aligner(language) is None:
        return None
    return Preparation(prepare=StageName.ALIGNMENT)


def _prepare_translation(at: Situation) -> Preparation | None:
    language = at.ask.source_language
    routes = [at.route(language, target) for target in at.ask.targets] if language else []
    names = [name for route in routes for name in route if name]
    if language is not None and not names:
        return None
    return Preparation(
        prepare=StageName.INDICTRANS2_TRANSLATION,
        model=at.model(names[0]) if names else None,
        device=at.choice.translation_device,
        engine=at.choice.translation_engine,
        compute_type=at.choice.translation_compute_type,
    )


PREPARATIONS: dict[StageName, Callable[[Situation], Preparation | None]] = {
    StageName.ASR: _prepare_asr,
    StageName.ALIGNMENT: _prepare_alignment,
    StageName.INDICTRANS2_TRANSLATION: _prepare_translation,
}
"""The stages with an engine, which take seconds to start and most of the memory, and what can be
known of their requests before the others have answered; None where no engine will be needed."""


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
            for target in ask.targets:
                names += situation.route(language, target)
    for name in names:
        if name is not None:
            situation.model(name)


def check_ask(ask: Ask) -> None:
    """Refuse what cannot be done whatever the machine.

    Raises:
        CommandError: says which option to change.
        StageError: an unknown language, or a rule profile that cannot be.
    """
    if ask.profile not in PROFILES:
        raise CommandError(
            f"--profile {ask.profile}: there is no such profile; choose {', '.join(PROFILES)}.",
            ExitStatus.USAGE,
        )
    for tag in (ask.source_language, *ask.targets):
        if tag is not None:
            find_language(tag)
    made = (ask.source_language, *ask.targets)
    if ask.burn_in is not None and ask.source_language is not None and ask.burn_in not in made:
        raise _no_subtitles_to_burn_in(ask.burn_in)
    if ask.source_language is not None and (script := find_language(ask.source_language).shown_in):
        raise CommandError(
            f"-s {ask.source_language}: a language is spoken in no script. Give"
            f" -s {ask.source_language.removesuffix(f'-{script}')}; Romanised lines are found by"
            " themselves (--romanised).",
            ExitStatus.USAGE,
        )
    if ask.line_characters is not None and ask.line_characters < 1:
        raise CommandError(
            f"--line-characters {ask.line_characters}: give a positive number.", ExitStatus.USAGE
        )
    load_profile(ask.rules)
