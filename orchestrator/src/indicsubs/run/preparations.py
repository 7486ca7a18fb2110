"""Builds the preparations that let a stage load its engine before its request is known."""

from collections.abc import Callable

from indicsubs.run.run_state import RunState
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName


def _asr(state: RunState) -> Preparation | None:
    if state.language is None:
        return None
    use, name = state.recogniser(state.language)
    return Preparation(
        prepare=StageName.ASR,
        model=state.model(name, use),
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
    )


def _alignment(state: RunState) -> Preparation | None:
    language = state.language
    if language is None:
        return None
    use, name = state.aligner(language)
    recogniser, _ = state.recogniser(language)
    if name is None or recogniser.engine == use.engine:  # words keep the recogniser's times
        return None
    return Preparation(prepare=StageName.ALIGNMENT)


def _translation(state: RunState) -> Preparation | None:
    language = state.spec.source_language
    routes = [state.route(language, target) for target in state.spec.targets] if language else []
    names = [name for route in routes for name in route if name]
    if language is not None and not names:
        return None
    use = state.placement.translator
    return Preparation(
        prepare=StageName.INDICTRANS2_TRANSLATION,
        model=state.model(names[0], use) if names else None,
        device=use.device,
        engine=use.engine,
        compute_type=use.compute_type,
    )


PREPARATIONS: dict[StageName, Callable[[RunState], Preparation | None]] = {
    StageName.ASR: _asr,
    StageName.ALIGNMENT: _alignment,
    StageName.INDICTRANS2_TRANSLATION: _translation,
}
"""The stages with an engine, which take seconds to start and use most of the memory. Each function
returns the known part of the stage's request before the other stages have answered, or None where
the stage will need no engine."""
