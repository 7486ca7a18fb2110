"""Checks before a run that it can be done, so that an impossible run fails before any work."""

import msgspec

from indicsubs.jobs.option_ranges import accepted_values, option_of
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.hardware import EngineUse, named_engine
from indicsubs.machine.models import DEMO, is_present, missing_models
from indicsubs.machine.profiles import PROFILES
from indicsubs.run.run_state import RunState, recognised_language
from indicsubs.run.subtitle_requests import burn_in_error
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language
from indicsubs_text.rule_profiles import load_profile


def check_spec(spec: JobSpec) -> None:
    """Checks all parts of a specification that do not depend on the machine.

    Raises:
        IndicsubsError: ``USAGE`` with the option to change, ``BAD_INPUT`` for an unknown language;
            as :func:`~indicsubs_text.rule_profiles.load_profile` for the rule profile.
    """
    _check_values(spec)
    if spec.profile not in PROFILES:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--profile {spec.profile}: there is no such profile; choose from"
            f" {', '.join(PROFILES)}.",
        )
    if spec.backend is not None:
        named_engine(StageName.ASR, "--backend", spec.backend)
    if spec.translation_engine is not None:
        named_engine(
            StageName.INDICTRANS2_TRANSLATION, "--translation-engine", spec.translation_engine
        )
    source = None if spec.source_language is None else find_language(spec.source_language)
    for tag in spec.targets:
        find_language(tag)
    if (
        spec.burn_in is not None
        and source is not None
        and spec.burn_in not in (spec.source_language, *spec.targets)
    ):
        raise burn_in_error(spec.burn_in)
    if source is not None and source.shown_in:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"-s {spec.source_language}: a spoken language has no script. Give -s {source.base}."
            " Romanised lines are always detected; --romanised sets what happens to them.",
        )
    load_profile(spec.rules)


def _check_values(spec: JobSpec) -> None:
    """Checks the types, names and ranges of all values, since a program can set any value."""
    try:
        msgspec.convert(msgspec.to_builtins(spec), JobSpec)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        field = place.partition("[")[0].rstrip("`")
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{option_of(field)} has a value that cannot be used: {reason}."
            f" {accepted_values(field)}.",
        ) from error


def check_models(stages: tuple[StageName, ...], state: RunState) -> None:
    """Checks that every model that is known before the run is on this machine.

    If the source language must be detected first, the alignment and translation models are not
    known yet and are not checked.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where models are absent (the message names them all, and
            the command that fetches them) or one is incomplete; ``USAGE`` where the engine or the
            profile does not know a language.
    """
    spec, language = state.spec, state.language
    needed: list[tuple[str | None, EngineUse]] = []
    if StageName.DEMUX in stages and spec.source_language is None and StageName.ASR in stages:
        use, name = state.detector()
        needed.append((name, use))
    if language is not None:
        if StageName.ASR in stages:
            use, name = state.recogniser(language)
            recognised_language(language, use.row)
            needed.append((name, use))
        witness = state.witness(language)
        if StageName.WITNESS in stages and witness is not None:
            needed.append((witness[1], witness[0]))
        if StageName.ALIGNMENT in stages:
            use, name = state.aligner(language)
            needed.append((name, use))
        if StageName.INDICTRANS2_TRANSLATION in stages:
            for target in spec.targets:
                needed += [
                    (name, state.placement.translator) for name in state.route(language, target)
                ]
    named = {name: use for name, use in needed if name is not None}
    absent = [name for name in named if not is_present(name, state.workspace.models)]
    demo = [name for name in absent if name.startswith(DEMO)]
    if absent and not demo:
        raise missing_models(absent)
    for name in (*demo, *named):  # the first that is absent or incomplete
        state.model(name, named[name])
