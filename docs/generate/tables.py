"""The tables of engines, languages, scripts and models."""

from docs.generate.markdown import code, table
from indicsubs.machine.profiles import MODELS, PROFILES, Profile
from indicsubs_contract.engines import (
    ENGINES,
    STAGE_ENVIRONMENTS,
    EngineRow,
    engines_for,
    environment_names,
    member_of,
)
from indicsubs_contract.model_layout import ModelLayout
from indicsubs_contract.stages import WORKFLOWS, StageName
from indicsubs_text.languages import LANGUAGES, Language, scripts_of
from indicsubs_text.scripts import SCRIPTS, Script

_OPTIONS = {
    StageName.ASR: "--backend",
    StageName.INDICTRANS2_TRANSLATION: "--translation-engine",
}
"""The option that chooses the engine of a stage."""


def engines() -> str:
    """Returns a section for each engine."""
    return "\n".join(map(_engine, ENGINES.values()))


def model_layouts() -> str:
    """Returns the table of the layouts that engines read."""
    layouts = {layout.name: layout for engine in ENGINES.values() for layout in engine.layouts}
    rows = map(_layout, layouts.values())
    return table(("layout", "what it is", "files", "weights, one of"), rows)


def stages() -> str:
    """Returns the table of the stages in their order."""
    return table(("stage", "environments", "workflows"), map(_stage, StageName))


def environments() -> str:
    """Returns the table of the isolated environments."""
    rows = [(code(n), code(f"venv/{n}"), code(member_of(n))) for n in environment_names()]
    return table(("environment", "folder", "workspace member"), rows)


def languages() -> str:
    """Returns the table of the languages."""
    header = ("tag", "name", "own name", "script", "ISO 639-2, 639-3", "speech", "translation")
    return table(header, map(_language, LANGUAGES.values()))


def other_scripts() -> str:
    """Returns the table of the tags for languages in scripts other than their usual one."""
    rows = [
        (language.name, ", ".join(code(f"{language.tag}-{script}") for script in shown))
        for language in LANGUAGES.values()
        if (shown := scripts_of(language))
    ]
    return table(("language", "tags"), rows)


def scripts() -> str:
    """Returns the table of the scripts."""
    header = ("code", "name", "direction", "full stop", "marks that end a sentence", "font")
    return table(header, map(_script, SCRIPTS.values()))


def model_profiles() -> str:
    """Returns a section for each profile of models."""
    return "\n".join(map(_model_profile, PROFILES.values()))


def models() -> str:
    """Returns the table of all models."""
    rows = [
        (
            code(model.name),
            code(model.layout.name),
            str(model.megabytes),
            model.licence,
            "yes" if model.gated else "no",
        )
        for model in MODELS.values()
    ]
    return table(("model", "layout", "MB", "licence", "gated"), rows)


def _engine(engine: EngineRow) -> str:
    stages = ", ".join(map(code, engine.stages))
    options = [_OPTIONS[stage] for stage in engine.stages if stage in _OPTIONS]
    chosen = f"Option: `{options[0]} {engine.name}`." if options else "Chosen without an option."
    devices = [
        (
            code(device),
            ", ".join(map(code, formats)),
            "yes" if device in engine.preferred_on else "no",
        )
        for device, formats in engine.compute_types.items()
    ]
    languages = (
        f"Languages: {_languages_of(engine)}"
        if engine.languages
        else "Languages: those of its [models](models.md)."
    )
    return "\n".join(
        (
            f"### {engine.name}\n",
            f"{engine.title}. Stage: {stages}. Environment: `{engine.environment}`. {chosen}",
            f"{_models_of(engine)}\n",
            table(("device", "number formats, the default first", "chosen by itself"), devices),
            f"{languages}\n",
        )
    )


def _models_of(engine: EngineRow) -> str:
    """Returns the layouts of models that an engine reads, its own first."""
    own, *others = (f"{x.description} ([{x.name}](#model-layouts))" for x in engine.layouts)
    return " ".join((f"Models: {own}.", *(f"It converts {other} once." for other in others)))


def _languages_of(engine: EngineRow) -> str:
    """Returns the languages of an engine, each with its code or its longest chunk."""
    rows: list[str] = []
    for tag, known in engine.languages.items():
        name = LANGUAGES[tag].name
        chunk = known.longest_chunk_ms
        detail = code(known.code) if chunk is None else f"chunks up to {chunk / 1000:g} s"
        rows.append(f"{name} ({detail})")
    return ", ".join(rows) + "."


def _layout(layout: ModelLayout) -> tuple[str, ...]:
    files, weights = (", ".join(map(code, names)) for names in (layout.files, layout.weights))
    if layout.tokenizers:
        files += f", {' or '.join(map(code, layout.tokenizers))}"
    return code(layout.name), layout.description, files, weights


def _stage(stage: StageName) -> tuple[str, ...]:
    engines = engines_for(stage)
    environments = dict.fromkeys(engine.environment for engine in engines)
    names = environments or (STAGE_ENVIRONMENTS[stage],)
    workflows = [name for name, stages in WORKFLOWS.items() if stage in stages]
    return code(stage), ", ".join(map(code, names)), ", ".join(map(code, workflows))


def _language(language: Language) -> tuple[str, ...]:
    return (
        code(language.tag),
        language.name,
        language.native_name,
        SCRIPTS[language.own_script].name,
        f"{language.iso_639_2}, {language.iso_639_3}",
        *(_engines_that_know(language, stage) for stage in _OPTIONS),
    )


def _engines_that_know(language: Language, stage: StageName) -> str:
    names = [engine.name for engine in engines_for(stage) if language.tag in engine.languages]
    return ", ".join(names) or "-"


def _script(script: Script) -> tuple[str, ...]:
    direction = "right to left" if script.right_to_left else "left to right"
    marks = " ".join(script.sentence_ends) or "-"
    return code(script.code), script.name, direction, script.full_stop, marks, script.font.family


def _model_profile(profile: Profile) -> str:
    rows = [
        *(
            ("speech", f"layout `{layout}`", code(model))
            for layout, model in profile.recognisers.items()
        ),
        *(
            ("alignment", LANGUAGES[tag].name, code(model))
            for tag, model in profile.aligners.items()
        ),
        *(
            ("translation", f"`{direction}`", code(model))
            for models in profile.translators.values()
            for direction, model in models.items()
        ),
    ]
    pairs = ""
    if profile.pairs is not None:
        known = [
            f"{LANGUAGES[source].name} to {LANGUAGES[to].name}" for source, to in profile.pairs
        ]
        pairs = f" It translates {', '.join(known)}, and nothing else."
    purpose = profile.purpose[0].upper() + profile.purpose[1:]
    return f"## {profile.name}\n\n{purpose}.{pairs}\n\n" + table(("for", "where", "model"), rows)
