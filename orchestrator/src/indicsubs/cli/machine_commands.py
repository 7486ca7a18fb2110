"""Commands about the machine and what it has: environments, hardware, models, rule profiles."""

import subprocess
from typing import Annotated

from cyclopts import App, Parameter
from rich.table import Table

from indicsubs.cli import display
from indicsubs.cli.console import Common, app, out, table
from indicsubs.machine.doctor import check
from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.hardware import choose_placement, detect
from indicsubs.machine.models import MODELS, PROFILES, fetch, is_present
from indicsubs_contract.engines import environment_names
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.rule_profiles import BUNDLED, RuleProfile, RuleValue, load_profile

_DEMO_ENVIRONMENT = "whisperx"
"""The environment that expands the demo's models."""

models_app = App(name="models", help="Show the models of each profile, or fetch them.")
app.command(models_app)


@app.command(sort_key=8)
def doctor(
    *,
    refresh: Annotated[
        bool, Parameter(negative="", help="ScannedRange at the hardware again.")
    ] = False,
    common: Common | None = None,
) -> ExitStatus:
    """Check hardware, environments and disk, and say what to do."""
    common = common or Common()
    workspace = common.workspace()
    hardware = detect(workspace.cache, refresh=refresh)
    found = check(workspace, hardware, choose_placement(hardware))
    if common.json:
        display.emit(found)
    else:
        gpus = ", ".join(f"{g.name}, {g.memory_mib} MiB, driver {g.driver}" for g in hardware.cuda)
        gpu = "Apple Silicon" if hardware.apple_silicon else gpus or "none"
        memory = hardware.memory_mib / 1024
        out.print(
            f"{hardware.system} {hardware.machine}, {hardware.cores} cores, {memory:.0f} GiB;"
            f" GPU: {gpu}; {found.free_gib} GiB free; uv {found.uv or 'missing'}",
            highlight=False,
        )
        use = found.placement
        out.print(
            "; ".join(
                f"{name}: {part.row.title} on {part.device} ({part.compute_type})"
                for name, part in (
                    ("speech", use.recogniser),
                    ("alignment", use.aligner),
                    ("translation", use.translator),
                )
            ),
            highlight=False,
            soft_wrap=True,
        )
        rows = table("environment", "state", "Python", "needed here")
        for state in found.environments:
            rows.add_row(
                state.name, state.health, state.python or "-", "yes" if state.needed else "no"
            )
        out.print(rows)
        for line in found.advice or ("All is well.",):
            out.print(line, highlight=False)
    return ExitStatus.UNAVAILABLE if found.advice else ExitStatus.DONE


@app.command(sort_key=10)
def setup(*environments: str, common: Common | None = None) -> ExitStatus:
    """Build the environments that this machine needs, or those named, or `all`.

    Interrupted, it goes on where it stopped.
    """
    workspace = (common or Common()).workspace()
    unknown = set(environments) - {*environment_names(), "all"}
    if unknown:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{', '.join(sorted(unknown))}: no such environment; there are"
            f" {', '.join(environment_names())}, or all.",
        )
    placement = choose_placement(detect(workspace.cache, refresh=True))
    if "all" in environments:
        names = environment_names()
    else:
        names = environments or placement.environments()
    manager = EnvironmentManager(workspace.root)
    built = [name for name in names if manager.build(name, out.print)]
    if manager.health(_DEMO_ENVIRONMENT) is Health.OK:
        _expand_demo(manager)
    ready = ", ".join(names)
    out.print(f"Ready: {ready}." if built else f"Nothing to do; ready: {ready}.", highlight=False)
    return ExitStatus.DONE


def _expand_demo(manager: EnvironmentManager) -> None:
    """Expand the demo models unless they are there and made from the committed files."""
    command = [str(manager.get_python_executable(_DEMO_ENVIRONMENT)), "-m", "demo.expand"]
    done = subprocess.run(
        command,
        cwd=manager.root,
        env=manager.process_environment(_DEMO_ENVIRONMENT),
        check=False,
    )
    if done.returncode != 0:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            "The demo models could not be expanded; the reason is above.",
        )


@models_app.default
def show_models(*, common: Common | None = None) -> ExitStatus:
    """Show every profile's models: size, licence, and whether they are here."""
    common = common or Common()
    workspace = common.workspace()
    if common.json:
        display.emit({"profiles": PROFILES, "models": MODELS})
        return ExitStatus.DONE
    for profile in PROFILES.values():
        rows = table("model", "MB", "licence", "token", "here")
        for role, names in (
            ("speech", profile.recognisers.values()),
            ("alignment", profile.aligners.values()),
            ("translation", (n for row in profile.translators.values() for n in row.values())),
        ):
            rows.add_row(f"[dim]{role}[/]")
            for name in names:
                model = MODELS[name]
                here = "yes" if is_present(name, workspace.models) else "no"
                token = "yes" if model.gated else ""
                rows.add_row(name, str(model.megabytes), model.licence, token, here)
        out.print(f"\n[bold]{profile.name}[/]: {profile.purpose}", highlight=False)
        out.print(rows)
    return ExitStatus.DONE


@models_app.command(name="fetch")
def fetch_models(*names: str, common: Common | None = None) -> ExitStatus:
    """Download models, or all of a profile for this machine, into the hub's cache."""
    workspace = (common or Common()).workspace()
    if not names:
        raise IndicsubsError(
            FailureCode.USAGE, "Give the name of a profile or of a model: just models fetch fast"
        )
    placement = choose_placement(detect(workspace.cache))
    wanted: list[str] = []
    for name in names:
        profile = PROFILES.get(name)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType, reportUnknownMemberType]
        if profile is None:
            wanted.append(name)
        else:
            wanted += [
                profile.recognisers[placement.recogniser.row.layout.name],
                *profile.aligners.values(),
                *profile.translators[placement.translator.row.layout.name].values(),
            ]
    for name in wanted:
        if not is_present(name, workspace.models):
            out.print(f"Fetching {name}")
            fetch(name)
    out.print(f"Here: {', '.join(wanted)}", highlight=False)
    return ExitStatus.DONE


@app.command(sort_key=11)
def profiles(
    name: Annotated[
        str | None, Parameter(help="A profile, or a TOML file of yours; left out, all are listed.")
    ] = None,
    *,
    language: Annotated[
        str | None, Parameter(["--language", "-l"], help="Show the rules for this language.")
    ] = None,
    common: Common | None = None,
) -> ExitStatus:
    """Show the rule profiles of subtitles, or one with the source of every number."""
    common = common or Common()
    shown = [load_profile(one) for one in ((name,) if name else BUNDLED)]
    tag = find_language(language).tag if language else None
    if common.json:
        display.emit([_profile_for_machines(profile, tag) for profile in shown])
    elif name:
        _show_profile(shown[0], tag)
    else:
        rows = table("profile", "what it is", "characters/s", "a line", "languages of their own")
        for profile in shown:
            rules = profile.rules_for(tag or "en")
            speed = rules.characters_per_second
            words = f"{rules.words_per_minute:g} words/min" if rules.words_per_minute else "-"
            rows.add_row(
                profile.name,
                profile.title,
                f"{speed:g}" if speed else words,
                str(rules.line_characters),
                ",".join(profile.tags()) or "-",
            )
        out.print(rows)
        out.print(
            f"Speed and line are those of {find_language(tag or 'en').name}. All numbers:"
            " indicsubs profiles NAME -l LANGUAGE",
            highlight=False,
        )
    return ExitStatus.DONE


def _show_profile(profile: RuleProfile, tag: str | None) -> None:
    out.print(f"[bold]{profile.name}[/]: {profile.title}", highlight=False)
    tags = (tag,) if tag else ("en", *(each for each in profile.tags() if each != "en"))
    every = {each: profile.numbers(each) for each in tags}
    rows = table("rule", "language", "value", "unit", "source", "")
    for rule, number in every[tags[0]].items():
        same = all(numbers[rule].value == number.value for numbers in every.values())
        for each in (tags[0],) if same else tags:
            _add_number(rows, rule, (tag or "all") if same else each, every[each][rule])
    out.print(rows)
    for key, source in profile.sources.items():
        date = f", {source.retrieved}" if source.retrieved else ""
        out.print(f"{key}: {source.title}{date} {source.url}", highlight=False, soft_wrap=True)


def _add_number(rows: Table, rule: str, language: str, number: RuleValue) -> None:
    value = "none" if number.value is None else str(number.value)
    remarks = ("secondary source" if number.secondary else "", number.note)
    rows.add_row(
        rule, language, value, number.unit, number.source, "; ".join(filter(None, remarks))
    )


def _profile_for_machines(profile: RuleProfile, tag: str | None) -> dict[str, object]:
    tags = (tag,) if tag else tuple(LANGUAGES)
    return {
        "name": profile.name,
        "title": profile.title,
        "sources": profile.sources,
        "rules": {each: profile.numbers(each) for each in tags},
    }
