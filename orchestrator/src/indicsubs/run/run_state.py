"""The state of a run, from which the requests are built, and the models that it selects."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar, cast

from indicsubs.jobs.profile_choices import witness_scope
from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
from indicsubs.machine.hardware import EngineUse, Placement
from indicsubs.machine.model_digests import check_model_files
from indicsubs.machine.models import is_complete, is_of_hub, is_present, layout_of, locate
from indicsubs.machine.profiles import (
    PROFILES,
    Direction,
    Profile,
    ProfileName,
    direction,
    recogniser_family,
    recogniser_name,
    translator_name,
)
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import (
    DETECTOR,
    INDICCONFORMER,
    STAGE_ENVIRONMENTS,
    WAV2VEC2,
    EngineRow,
    engines_for,
    environment_names,
)
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.witness import WitnessScope
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language

R = TypeVar("R")

ENGLISH: Final = "en"
"""The language that translation between two Indian languages may go through."""
_FAMILIES: tuple[Direction, ...] = ("indic-indic", "indic-en", "en-indic")


@dataclass(frozen=True, kw_only=True)
class RunState:
    """All inputs from which the requests of the next stages are built."""

    workspace: Workspace
    spec: JobSpec
    placement: Placement
    results: Mapping[StageName, StageResult]
    """The results of the stages before."""
    edits: Edits = NO_EDITS

    @property
    def profile(self) -> Profile:
        """The models of the profile that the user chose."""
        return PROFILES[cast("ProfileName", self.spec.profile)]

    def result(self, stage: StageName, kind: type[R]) -> R:
        """Returns the result of an earlier stage.

        Raises:
            IndicsubsError: ``NO_INPUT`` where the stage has no result.
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
        """Returns the folder of a model for an engine.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where the folder is absent or incomplete, or where a
                model from the hub is not as it was at its first use.
        """
        model = locate(name, use.row.layouts, self.workspace.models)
        if is_of_hub(name, Path(model.folder)):
            check_model_files(name, Path(model.folder), self.workspace.cache)
        return model

    @property
    def language(self) -> str | None:
        """Tag of the film's language; None where it is not known yet."""
        if self.spec.source_language is not None:
            return self.spec.source_language
        for stage, kind in ((StageName.ASR, AsrResult), (StageName.DEMUX, DemuxResult)):
            result = self.results.get(stage)
            if isinstance(result, kind):
                return result.language
        return None

    def use(self, stage: StageName) -> EngineUse | None:
        """Returns the engine of a stage; None for a stage that needs no engine.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has no recogniser for the film's language.
        """
        if stage is StageName.ASR:
            return self.recogniser(self.language)[0]
        if stage is StageName.WITNESS:
            witness = self.witness(self.language)
            return witness and witness[0]
        if stage is StageName.ALIGNMENT:
            return self.aligner(self.language)[0]
        if stage is StageName.INDICTRANS2_TRANSLATION:
            return self.placement.translator
        return None

    def environment(self, stage: StageName) -> str:
        """Returns the name of the environment that a stage runs in, if it :meth:`runs`.

        Raises:
            IndicsubsError: As :meth:`use`.
        """
        use = self.use(stage)
        return STAGE_ENVIRONMENTS[stage] if use is None else use.row.environment

    def environments(self, stages: Iterable[StageName]) -> tuple[str, ...]:
        """Returns the names of the environments that the stages run in, without duplicates.

        Where the film's language is not known yet, they are those of every language.

        Raises:
            IndicsubsError: As :meth:`use`.
        """
        stages = tuple(stages)
        used = {self.environment(stage) for stage in stages if self.runs(stage)}
        if self.language is None and StageName.ASR in stages and not self.placement.recogniser:
            families = set(self.profile.families.values())
            used |= {
                self.placement.preferred(StageName.ASR, family).row.environment
                for family in families
            }
        return tuple(name for name in environment_names() if name in used)

    def runs(self, stage: StageName) -> bool:
        """Returns whether a stage of the workflow has anything to do."""
        return stage is not StageName.WITNESS or self.witness(self.language) is not None

    def recogniser(self, language: str | None) -> tuple[EngineUse, str]:
        """Returns the recogniser of a language, and the name of its model.

        Args:
            language: Tag of the language; None takes the recogniser that detects languages.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has none for the language or the engine.
        """
        use = self.placement.recogniser
        if use is None:
            use = self.placement.preferred(StageName.ASR, self._family(language))
        return use, self.spec.asr_model or recogniser_name(self.profile, use.row)

    def _family(self, language: str | None) -> str:
        """Returns the family of recognisers for a language.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has none.
        """
        if self.spec.asr_model is not None:
            rows = engines_for(StageName.ASR)
            layouts = [layout for row in rows for layout in row.layouts]
            layout = layout_of(self.spec.asr_model, layouts, self.workspace.models)
            for row in rows:
                if layout in row.layouts:
                    return row.family
        return recogniser_family(self.profile, language)

    def detector(self) -> tuple[EngineUse, str]:
        """Returns the recogniser that detects the language, and the name of its model.

        It runs in the environment of stage demux.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has none.
        """
        use = self.placement.uses[DETECTOR]
        return use, recogniser_name(self.profile, use.row)

    def witness(self, language: str | None) -> tuple[EngineUse, str, WitnessScope] | None:
        """Returns the second recogniser of a language, its model and the segments that it hears.

        Returns:
            None where the run has none: the user or the profile wants none, no recogniser of
            another family knows the language, or its model is not on this machine and the user did
            not ask for it by name.
        """
        scope = witness_scope(self.spec)
        if language is None or scope is None:
            return None
        first, _ = self.recogniser(language)
        families = {row.family: None for row in engines_for(StageName.WITNESS)}
        for family in families:
            use = self.placement.preferred(StageName.WITNESS, family)
            name = self.profile.recognisers.get(use.row.layout.name)
            if family == first.row.family or language not in use.row.languages or name is None:
                continue
            if self.spec.witness != "auto" or self._is_present(name):
                return use, name, scope
        return None

    def aligner(self, language: str | None) -> tuple[EngineUse, str | None]:
        """Returns the aligner of a language, and the name of its model.

        The language's own aligner comes first, then IndicConformer, each only where it is complete
        on this machine. The name is None where there is none: words keep the recogniser's times.
        """
        own = self.placement.preferred(StageName.ALIGNMENT, WAV2VEC2)
        if self.spec.alignment_model is not None:
            return own, self.spec.alignment_model
        name = self.profile.aligners.get(language or "")
        if self._is_complete(name, own):
            return own, name
        other = self.placement.uses[INDICCONFORMER.name]
        name = self.profile.recognisers.get(INDICCONFORMER.name)
        if language in other.row.languages and self._is_complete(name, other):
            return other, name
        return own, None

    def missing_aligner(self, language: str) -> str | None:
        """Returns the name of the profile's aligner of a language that is not on this machine.

        Returns None where it is here, or where the profile has none, or the user named one.
        """
        name = self.profile.aligners.get(language)
        if name is None or self.spec.alignment_model is not None:
            return None
        return None if self.aligner(language)[1] == name else name

    def route(self, source: str, target: str) -> tuple[str | None, str | None]:
        """Returns the names of the models that translate from ``source`` to ``target``.

        The first model translates into English and is None where translation does not go through
        English. The second model translates into the target and is None where the two languages are
        the same.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has no model for a step.
        """
        source, target = find_language(source).base, find_language(target).base
        if source == target:
            return None, None
        if self.spec.translation_model:
            return None, self.spec.translation_model
        return self.profile_route(source, target)

    def profile_route(self, source: str, target: str) -> tuple[str | None, str]:
        """Returns the profile's models as :meth:`route` does, whatever model the user named.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has no model for a step.
        """
        if direction(source, target) == "indic-indic" and self._goes_through_english():
            return self._translator(source, ENGLISH), self._translator(ENGLISH, target)
        return None, self._translator(source, target)

    def _translator(self, source: str, target: str) -> str:
        return translator_name(self.profile, self.placement.translator.row, source, target)

    def _goes_through_english(self) -> bool:
        """Returns whether translation between two Indian languages goes through English."""
        if self.spec.pivot != "auto":
            return self.spec.pivot == "always"
        models = self.profile.translators.get(self.placement.translator.row.layout.name, {})
        direct, *steps = (models.get(family) for family in _FAMILIES)
        return not self._is_present(direct) and all(map(self._is_present, steps))

    def _is_complete(self, name: str | None, use: EngineUse) -> bool:
        return name is not None and is_complete(name, use.row.layouts, self.workspace.models)

    def _is_present(self, name: str | None) -> bool:
        return name is not None and is_present(name, self.workspace.models)


def recognised_language(tag: str, engine: EngineRow) -> EngineLanguage:
    """Returns the codes and limits that a recogniser has for a language.

    Raises:
        IndicsubsError: ``USAGE`` for a language that the engine does not recognise.
    """
    language = engine.languages.get(tag)
    if language is None:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{engine.title} does not recognise {find_language(tag).name}. Give a transcript made"
            " elsewhere with --transcript FILE, or choose another --backend. It recognises:"
            f" {', '.join(engine.languages)}.",
        )
    return language
