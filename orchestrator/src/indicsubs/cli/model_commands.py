"""The command ``models``: shows the models of profiles and languages, and fetches them."""

import subprocess
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, app, out, table
from indicsubs.cli.option_values import language_option, language_options
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.error_rates import ErrorRate, rates_of
from indicsubs.machine.hardware import Placement, choose_placement, detect
from indicsubs.machine.hub_access import check_access
from indicsubs.machine.model_choice import models_of
from indicsubs.machine.model_digests import accept_model_files
from indicsubs.machine.models import (
    fetch,
    find_folder,
    gated_models,
    is_fetched,
    is_hub_name,
    is_of_hub,
    is_present,
)
from indicsubs.machine.profiles import MODELS, PROFILES, Profile, recogniser_name
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import LANGUAGES, Language

models_app = App(name="models", help="Show the models of each profile, or fetch them.")
app.command(models_app)


@models_app.default
def show_models(
    *,
    language: Annotated[
        str | None,
        Parameter(
            ["--language", "-l"],
            help="Show the recognisers of this language and their published error rates.",
        ),
    ] = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Show every profile's models: size, licence, and whether they are on this machine."""
    common = common or CommonOptions()
    workspace = common.workspace()
    if language is not None:
        _show_recognisers(LANGUAGES[language_option("--language", language)], workspace, common)
        return ExitStatus.DONE
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
    out.print("\nThe recognisers of a language and their error rates: just models -l hi")
    return ExitStatus.DONE


def _show_recognisers(language: Language, workspace: Workspace, common: CommonOptions) -> None:
    """Shows the recogniser that each profile takes for a language, and what it is known to do."""
    placement = choose_placement(detect(workspace.cache))
    rows = table("profile", "recogniser", "MB", "licence", "token", "here")
    shown: dict[str, list[ErrorRate]] = {}
    chosen: dict[str, str] = {}
    for profile in PROFILES.values():
        family = profile.families.get(language.tag)
        if family is None:
            rows.add_row(profile.name, "-")
            continue
        use = placement.preferred(StageName.ASR, family)
        model = MODELS[recogniser_name(profile, use.row)]
        rated_as = model.rated_as or model.name
        shown[rated_as] = rates_of(rated_as, language.tag)
        chosen[profile.name] = model.name
        here = "yes" if is_present(model.name, workspace.models) else "no"
        token = "yes" if model.gated else ""
        rows.add_row(profile.name, model.name, str(model.megabytes), model.licence, token, here)
    if common.json:
        display.emit({"language": language.tag, "recognisers": chosen, "error_rates": shown})
        return
    out.print(f"[bold]{language.name}[/]", highlight=False)
    out.print(rows)
    for model, rates in shown.items():
        out.print(f"\nPublished word error rates of {model}:", highlight=False)
        if not rates:
            out.print("  none found", highlight=False)
        for rate in rates:
            details = ", ".join(filter(None, (rate.decoding, str(rate.year or ""))))
            out.print(
                f"  {rate.wer:5.1f}  {rate.dataset}{f' ({details})' if details else ''}:"
                f" {rate.source}",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


@models_app.command(name="fetch")
def fetch_models(
    *names: Annotated[
        str, Parameter(help="Names of profiles or models; `just models` shows both.")
    ],
    languages: Annotated[
        list[str] | None,
        Parameter(
            ["--languages", "-l"],
            negative="",
            help="Languages of your films and subtitles, separated by commas: of a profile, only"
            " their models are fetched. Default: all languages.",
        ),
    ] = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Download models, or all models of a profile for this machine, into the hub's cache.

    Access to gated models is checked before anything is downloaded. After an interruption the same
    command goes on where it stopped. The files' digests are recorded, and every run compares them.
    """
    common = common or CommonOptions()
    workspace = common.workspace()
    tags = None if languages is None else language_options("--languages", languages)
    models = _models_to_fetch(names, choose_placement(detect(workspace.cache)), tags)
    manager = EnvironmentManager(workspace.root)
    absent = [name for name in models if not is_fetched(name, workspace.models)]
    gated = gated_models(absent)
    check_access(gated)
    for name in (*gated, *(name for name in absent if name not in gated)):
        if not common.json:
            size = f" ({MODELS[name].megabytes} MB)" if name in MODELS else ""
            out.print(f"Fetching {name}{size}", highlight=False)
        fetch(name, workspace.models, partial(_make_model, manager))
    for name in models:
        folder = find_folder(name, workspace.models)
        if folder is not None and is_of_hub(name, folder):
            accept_model_files(name, folder, workspace.cache)
    if common.json:
        display.emit({"models": models, "fetched": absent})
    else:
        out.print(f"On this machine: {', '.join(models)}", highlight=False)
    return ExitStatus.DONE


def _models_to_fetch(
    names: Sequence[str], placement: Placement, languages: Sequence[str] | None
) -> list[str]:
    """Returns the names of the models that the user named, alone or by their profiles.

    Raises:
        IndicsubsError: ``USAGE`` where there is no name, or one that no profile or model has.
    """
    if not names:
        raise IndicsubsError(
            FailureCode.USAGE, "Give the name of a profile or of a model: just models fetch fast"
        )
    profiles: dict[str, Profile] = {profile.name: profile for profile in PROFILES.values()}
    models: list[str] = []
    for name in names:
        if name in profiles:
            models += models_of(profiles[name], placement, languages)
        elif name in MODELS or is_hub_name(name):
            models.append(name)
        else:
            close = get_close_matches(name, [*profiles, *MODELS], n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise IndicsubsError(
                FailureCode.USAGE,
                f"{name!r} is neither a profile nor a model.{hint} Give {', '.join(profiles)}, or"
                " a name of the form OWNER/MODEL; `just models` shows both.",
            )
    return list(dict.fromkeys(models))


def _make_model(manager: EnvironmentManager, name: str, source: Path, target: Path) -> None:
    """Makes the smaller IndicConformer in its environment; the reason of a failure is on stderr.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` where the environment is not installed;
            ``MISSING_MODEL`` where the model could not be made.
    """
    environment = ENGINES["indicconformer"].environment
    manager.require_installed([environment])
    command = manager.python_command(
        environment, "-m", "indicsubs_indicconformer.quantise", str(source), str(target)
    )
    done = subprocess.run(
        command,
        cwd=manager.root,
        env=manager.process_variables(environment),
        stdout=sys.stderr.fileno(),
        check=False,
    )
    if done.returncode != 0:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"{name} could not be made; the reason is above. Correct it, then run: just models"
            f" fetch {name}",
        )
