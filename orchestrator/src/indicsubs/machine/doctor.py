"""Is everything there that a run needs?"""

import shutil
import subprocess

import msgspec

from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.hardware import Hardware, Placement
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.engines import environment_names

FREE_GIB_WANTED = 20
"""Room for all four environments and one film's work."""


class EnvironmentState(msgspec.Struct, frozen=True, kw_only=True):
    """An environment as it is."""

    name: str
    health: Health
    python: str | None
    needed: bool
    """Whether this machine's hardware calls for it."""


class Checkup(msgspec.Struct, frozen=True, kw_only=True):
    """All that ``doctor`` found."""

    hardware: Hardware
    placement: Placement
    uv: str | None
    environments: tuple[EnvironmentState, ...]
    free_gib: int
    advice: tuple[str, ...]
    """What to do, in order; empty when all is well."""


def check(workspace: Workspace, hardware: Hardware, placement: Placement) -> Checkup:
    """ScannedRange at everything that a run needs."""
    manager = EnvironmentManager(workspace.root)
    needed = placement.environments()
    states = tuple(
        EnvironmentState(
            name=name,
            health=manager.health(name),
            python=_python_version(manager, name),
            needed=name in needed,
        )
        for name in environment_names()
    )
    free = shutil.disk_usage(workspace.root).free >> 30
    uv = _version(["uv", "--version"])
    advice: list[str] = []
    if uv is None:
        advice.append("uv is not on the PATH. Install it: pip install uv")
    bad = [state.name for state in states if state.needed and state.health is not Health.OK]
    if bad:
        advice.append(f"Build what is missing or outdated ({', '.join(bad)}): just setup")
    broken = [s.name for s in states if s.health is Health.OK and s.python is None]
    if broken:
        folders = " ".join(f"venv/{name}" for name in broken)
        advice.append(f"Its Python does not start; build it anew: rm -r {folders}; just setup")
    if free < FREE_GIB_WANTED:
        advice.append(f"Only {free} GiB are free; {FREE_GIB_WANTED} are comfortable.")
    return Checkup(
        hardware=hardware,
        placement=placement,
        uv=uv,
        environments=states,
        free_gib=free,
        advice=tuple(advice),
    )


def _python_version(manager: EnvironmentManager, name: str) -> str | None:
    if not manager.is_environment_installed(name):
        return None
    return _version([str(manager.get_python_executable(name)), "--version"])


def _version(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.split()[1]
