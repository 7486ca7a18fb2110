"""Commands about the machine: environments, hardware, models, and the rule profiles."""

import subprocess
import sys
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, app, err, out, table
from indicsubs.cli.option_values import language_option
from indicsubs.machine.doctor import DoctorReport, check_machine
from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.hardware import EngineUse, Placement, choose_placement, detect
from indicsubs_contract.engines import CLUSTER, engines_for, environment_names
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_processes.hardware import Hardware
from indicsubs_text.languages import LANGUAGES, find_language
from indicsubs_text.rule_profiles import BUNDLED, RuleProfile, RuleValue, load_profile

_DEMO_ENVIRONMENT = "whisperx"
"""The environment in which the demo models are expanded."""


@app.command(sort_key=8)
def doctor(
    *,
    refresh: Annotated[bool, Parameter(negative="", help="Detect the hardware again.")] = False,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Check hardware, environments, disk, models and fonts, and show what to do."""
    common = common or CommonOptions()
    workspace = common.workspace()
    hardware = detect(workspace.cache, refresh=refresh)
    report = check_machine(workspace, hardware, choose_placement(hardware))
    if common.json:
        display.emit(report)
    else:
        _show_report(report)
    return ExitStatus.UNAVAILABLE if report.advice else ExitStatus.DONE


def _show_report(report: DoctorReport) -> None:
    hardware, placement = report.hardware, report.placement
    out.print(
        f"{hardware.system} {hardware.machine}, {hardware.cores} cores,"
        f" {hardware.memory_mib / 1024:.0f} GiB of memory; GPU: {_gpu(hardware)};"
        f" {report.free_gib} GiB of disk space free; uv {report.uv or 'missing'}",
        highlight=False,
    )
    engines = (
        *(("speech", use) for use in _preferred(placement, StageName.ASR)),
        *(("alignment", use) for use in _preferred(placement, StageName.ALIGNMENT)),
        ("translation", placement.translator),
    )
    out.print(
        "; ".join(
            f"{work}: {use.row.title} on {use.device} ({use.compute_type})" for work, use in engines
        ),
        highlight=False,
        soft_wrap=True,
    )
    rows = table("environment", "state", "Python", "needed here")
    for state in report.environments:
        needed = "yes" if state.needed else "no"
        rows.add_row(state.name, state.health, state.python or "-", needed)
    out.print(rows)
    ready = "All environments that a run needs are ready."
    for line in (*_models_and_fonts(report), *(report.advice or (ready,))):
        out.print(line, highlight=False, soft_wrap=True)


def _models_and_fonts(report: DoctorReport) -> list[str]:
    """Returns lines about the models of each profile and the fonts that are missing."""
    counts = ", ".join(
        f"{models.profile} {models.here} of {models.here + len(models.missing)}"
        for models in report.models
    )
    fetching = "To fetch what some languages need: just models fetch fast -l hi,en"
    lines = [f"Models on this machine: {counts}. {fetching}"]
    missing = [font for font in report.fonts if font.file is None]
    if missing:
        fonts = ", ".join(f"{font.family} ({' '.join(font.languages)})" for font in missing)
        lines.append(
            f"Fonts that --burn-in and ASS need and that are not installed: {fonts}. Install Noto"
            " (Debian, Ubuntu: fonts-noto-core), or give a font with --font."
        )
    elif report.fonts:
        lines.append("The fonts of all languages are installed.")
    return lines


def _preferred(placement: Placement, stage: StageName) -> list[EngineUse]:
    """Returns the engine of each family that has one for the device."""
    families = dict.fromkeys(row.family for row in engines_for(stage) if row.preferred_on)
    return [placement.preferred(stage, family) for family in families]


def _gpu(hardware: Hardware) -> str:
    if hardware.apple_silicon:
        return "Apple Silicon"
    gpus = [f"{g.name}, {g.memory_mib} MiB, driver {g.driver}" for g in hardware.cuda]
    return ", ".join(gpus) or "none"


@app.command(sort_key=10)
def setup(
    *environments: Annotated[
        str,
        Parameter(help="Names of environments, or `all`. Default: those that this machine needs."),
    ],
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Build the environments that this machine needs, or those named, or `all`.

    Only `cluster` is not among them: it is for runs on many machines, and is built where it is
    named.

    After an interruption it continues where it stopped.
    """
    common = common or CommonOptions()
    workspace = common.workspace()
    known = (*environment_names(), CLUSTER)
    unknown = set(environments) - {*known, "all"}
    if unknown:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"{', '.join(sorted(unknown))}: no such environment; choose from"
            f" {', '.join(known)}, or all.",
        )
    placement = choose_placement(detect(workspace.cache, refresh=True))
    if "all" in environments:
        names = tuple(n for n in known if n != CLUSTER or n in environments)
    else:
        names = environments or placement.environments()
    manager = EnvironmentManager(workspace.root)
    announce = (err if common.json else out).print
    built = [name for name in names if manager.build(name, announce)]
    if manager.health(_DEMO_ENVIRONMENT) is Health.OK:
        _expand_demo(manager)
    ready = ", ".join(names)
    if common.json:
        display.emit({"ready": names, "built": built})
    elif built:
        out.print(f"Ready: {ready}.", highlight=False)
    else:
        out.print(f"Nothing to do. Ready: {ready}.", highlight=False)
    return ExitStatus.DONE


def _expand_demo(manager: EnvironmentManager) -> None:
    """Expands the demo models, unless models from the committed files exist already."""
    command = [str(manager.get_python_executable(_DEMO_ENVIRONMENT)), "-m", "demo.expand"]
    done = subprocess.run(
        command,
        cwd=manager.root,
        env=manager.process_variables(_DEMO_ENVIRONMENT),
        stdout=sys.stderr.fileno(),  # our own stdout has nothing but the answer
        check=False,
    )
    if done.returncode != 0:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            "The demo models could not be expanded; the reason is above. Correct it, then run: just"
            " setup",
        )


@app.command(sort_key=11)
def profiles(
    name: Annotated[
        str | None, Parameter(help="A profile, or a TOML file of yours. Default: all are listed.")
    ] = None,
    *,
    language: Annotated[
        str | None, Parameter(["--language", "-l"], help="Show the rules for this language.")
    ] = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Show the rule profiles of subtitles, or one with the source of every number."""
    common = common or CommonOptions()
    common.workspace()  # checks --output, as all commands do
    shown = [load_profile(one) for one in (BUNDLED if name is None else (name,))]
    tag = None if language is None else language_option("--language", language)
    if common.json:
        display.emit([_profile_as_json(profile, tag) for profile in shown])
    elif name is not None:
        _show_profile(shown[0], tag)
    else:
        rows = table(
            "profile", "description", "characters/s", "per line", "languages with own rules"
        )
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
            f"The two numbers are for {find_language(tag or 'en').name}. To see all numbers:"
            " just indicsubs profiles NAME -l LANGUAGE",
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


def _profile_as_json(profile: RuleProfile, tag: str | None) -> dict[str, object]:
    tags = (tag,) if tag else tuple(LANGUAGES)
    return {
        "name": profile.name,
        "title": profile.title,
        "sources": profile.sources,
        "rules": {each: profile.numbers(each) for each in tags},
    }
