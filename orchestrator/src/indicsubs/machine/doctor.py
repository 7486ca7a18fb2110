"""Checks for the command ``doctor`` whether this machine has everything that a run needs."""

import shutil
import subprocess

import msgspec

from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.fonts import FontState, check_fonts
from indicsubs.machine.hardware import Placement
from indicsubs.machine.model_choice import models_of
from indicsubs.machine.models import is_fetched
from indicsubs.machine.profiles import PROFILES, Profile
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import CLUSTER, environment_names
from indicsubs_processes.hardware import Hardware

COMFORTABLE_FREE_GIB = 20
"""Free disk space in GiB that is enough for all environments and the files of one film."""


class EnvironmentState(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one environment."""

    name: str
    health: Health
    python: str | None
    needed: bool
    """Whether any stage runs in this environment on this machine."""


class ProfileModels(msgspec.Struct, frozen=True, kw_only=True):
    """The models of a profile for all languages."""

    profile: str
    here: int
    """The number of its models that are complete on this machine."""
    missing: tuple[str, ...]
    """Their names; no run needs all of them, and `models fetch -l` fetches those of languages."""


class DoctorReport(msgspec.Struct, frozen=True, kw_only=True):
    """The result of :func:`check_machine`."""

    hardware: Hardware
    placement: Placement
    uv: str | None
    environments: tuple[EnvironmentState, ...]
    free_gib: int
    models: tuple[ProfileModels, ...] = ()
    fonts: tuple[FontState, ...] = ()
    advice: tuple[str, ...]
    """Steps for the user, in this order; empty where nothing is missing."""


def check_machine(workspace: Workspace, hardware: Hardware, placement: Placement) -> DoctorReport:
    """Checks uv, the environments, the free disk space, the models and the fonts."""
    manager = EnvironmentManager(workspace.root)
    needed = placement.environments()
    states = tuple(
        EnvironmentState(
            name=name,
            health=manager.inspected_health(name),
            python=_python_version(manager, name),
            needed=name in needed,
        )
        for name in (*environment_names(), CLUSTER)
        if name != CLUSTER or manager.folder(name).exists()
    )
    free = shutil.disk_usage(workspace.root).free >> 30
    uv = _version(["uv", "--version"])
    advice: list[str] = []
    if uv is None:
        advice.append("uv is not on the PATH. Install it: pip install uv")
    unready = [state.name for state in states if state.needed and state.health is not Health.OK]
    if unready:
        advice.append(
            "These environments are missing, incomplete, damaged or outdated:"
            f" {', '.join(unready)}."
            " Build them: just setup"
        )
    broken = [state.name for state in states if state.health is Health.OK and state.python is None]
    if broken:
        folders = " ".join(f"venv/{name}" for name in broken)
        advice.append(
            f"Python does not start in these environments: {', '.join(broken)}. Delete and rebuild"
            f" them: rm -r {folders} && just setup"
        )
    if free < COMFORTABLE_FREE_GIB:
        advice.append(
            f"Only {free} GiB of disk space are free; have at least {COMFORTABLE_FREE_GIB} GiB for"
            " the environments and the files of a film."
        )
    return DoctorReport(
        hardware=hardware,
        placement=placement,
        uv=uv,
        environments=states,
        free_gib=free,
        models=tuple(_models(profile, placement, workspace) for profile in PROFILES.values()),
        fonts=check_fonts(manager),
        advice=tuple(advice),
    )


def _models(profile: Profile, placement: Placement, workspace: Workspace) -> ProfileModels:
    names = models_of(profile, placement)
    missing = tuple(name for name in names if not is_fetched(name, workspace.models))
    return ProfileModels(profile=profile.name, here=len(names) - len(missing), missing=missing)


def _python_version(manager: EnvironmentManager, name: str) -> str | None:
    if not manager.is_environment_installed(name):
        return None
    return _version([str(manager.get_python_executable(name)), "--version"])


def _version(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    name_and_version = done.stdout.split()
    return name_and_version[1] if len(name_and_version) > 1 else None
