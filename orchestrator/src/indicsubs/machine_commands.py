"""Commands about the machine: its environments, its hardware, its models."""

import subprocess
from typing import Annotated

from cyclopts import App, Parameter

from indicsubs import display
from indicsubs.console import Common, app, out, table
from indicsubs.doctor import check, needed_environments
from indicsubs.environments import EnvironmentManager, Health
from indicsubs.hardware import choose, detect
from indicsubs.models import MODELS, PROFILES, fetch, is_present
from indicsubs.workspace import CommandError
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import EnvironmentName

models_app = App(name="models", help="Show the models of each profile, or fetch them.")
app.command(models_app)


@app.command(sort_key=8)
def doctor(
    *,
    refresh: Annotated[bool, Parameter(negative="", help="Look at the hardware again.")] = False,
    common: Common | None = None,
) -> ExitStatus:
    """Check hardware, environments and disk, and say what to do."""
    common = common or Common()
    workspace = common.workspace()
    hardware = detect(workspace.cache, refresh=refresh)
    found = check(workspace, hardware, choose(hardware))
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
        choice = found.choice
        out.print(
            f"speech: {choice.backend} on {choice.asr_device} ({choice.asr_compute_type});"
            f" alignment on {choice.alignment_device}; translation by"
            f" {choice.translation_engine} on {choice.translation_device}"
            f" ({choice.translation_compute_type})",
            highlight=False,
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
    unknown = set(environments) - {*EnvironmentName, "all"}
    if unknown:
        raise CommandError(
            f"{', '.join(sorted(unknown))}: no such environment; there are"
            f" {', '.join(EnvironmentName)}, or all.",
            ExitStatus.USAGE,
        )
    choice = choose(detect(workspace.cache, refresh=True))
    if "all" in environments:
        names = tuple(EnvironmentName)
    else:
        names = tuple(EnvironmentName(name) for name in environments) or needed_environments(choice)
    manager = EnvironmentManager(workspace.root, choice.backend)
    built = [name for name in names if manager.build(name, out.print)]
    if manager.health(EnvironmentName.WHISPERX) is Health.OK:
        _expand_demo(manager)
    ready = ", ".join(names)
    out.print(f"Ready: {ready}." if built else f"Nothing to do; ready: {ready}.", highlight=False)
    return ExitStatus.DONE


def _expand_demo(manager: EnvironmentManager) -> None:
    """Expand the demo models unless they are there and made from the committed files."""
    command = [str(manager.get_python_executable(EnvironmentName.WHISPERX)), "-m", "demo.expand"]
    done = subprocess.run(
        command,
        cwd=manager.root,
        env=manager.process_environment(EnvironmentName.WHISPERX),
        check=False,
    )
    if done.returncode != 0:
        raise CommandError("The demo models could not be expanded; the reason is above.")


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
            ("translation", profile.translators.values()),
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
        raise CommandError(
            "Give the name of a profile or of a model: just models fetch fast", ExitStatus.USAGE
        )
    backend = choose(detect(workspace.cache)).backend
    wanted: list[str] = []
    for name in names:
        profile = PROFILES.get(name)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType, reportUnknownMemberType]
        if profile is None:
            wanted.append(name)
        else:
            wanted += [profile.recognisers[backend], *profile.aligners.values()]
            wanted += profile.translators.values()
    for name in wanted:
        if not is_present(name, workspace.models):
            out.print(f"Fetching {name}")
            fetch(name)
    out.print(f"Here: {', '.join(wanted)}", highlight=False)
    return ExitStatus.DONE
