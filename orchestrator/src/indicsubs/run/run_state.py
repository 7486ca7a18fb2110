"""The state of a run, from which the requests are built, and the models that it selects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeVar, cast

from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
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
from indicsubs_contract.messages.engine import EngineLanguage
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import ModelFolder
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
            IndicsubsError: ``MISSING_MODEL`` where the folder is absent or incomplete.
        """
        return locate(name, use.row.layout, self.workspace.models)

    def recogniser(self) -> str:
        """Returns the name of the speech model.

        Raises:
            IndicsubsError: ``USAGE`` where the profile has no speech model for the engine.
        """
        return self.spec.asr_model or recogniser_name(self.profile, self.placement.recogniser.row)

    def aligner(self, language: str) -> str | None:
        """Returns the name of the alignment model of a language; None where there is none."""
        return self.spec.alignment_model or self.profile.aligners.get(language)

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
