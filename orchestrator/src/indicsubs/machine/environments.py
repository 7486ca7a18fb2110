"""Finds the state of the isolated environments, builds them, and makes commands for them."""

import os
import subprocess
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import cache
from pathlib import Path

from indicsubs.machine.lockfile import recorded_member_digest
from indicsubs_contract.engines import environment_names, member_of, package_of
from indicsubs_contract.errors import FailureCode, IndicsubsError

_READY = ".indicsubs-ready"
"""File in a completely built environment; holds the digest of the lock that it was built from."""

_OFFLINE = {
    # Models are fetched before a stage starts: a stage never needs the network.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "ORT_DISABLE_TELEMETRY": "1",
}


class Health(StrEnum):
    """The state of an environment."""

    OK = "ok"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    """The build of the environment was interrupted."""
    OUTDATED = "outdated"
    """The lock has changed since the environment was built."""


class EnvironmentManager:
    """Manages the environments under ``<root>/venv``. Their states are read once and cached."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_environment_installed = cache(self._is_environment_installed)
        self.health = cache(self._health)

    def folder(self, name: str) -> Path:
        """Returns the folder of the environment, which may not exist."""
        return self.root / "venv" / name

    def get_python_executable(self, name: str) -> Path:
        """Returns the path of the environment's Python.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where the environment is not installed; the
                message contains the command that builds it.
        """
        if not self.is_environment_installed(name):
            raise self._not_installed([name])
        return self.folder(name) / "bin" / "python"

    def _is_environment_installed(self, name: str) -> bool:
        return self.health(name) in {Health.OK, Health.OUTDATED}

    def _health(self, name: str) -> Health:
        folder = self.folder(name)
        if not folder.is_dir():
            return Health.MISSING
        ready = folder / _READY
        if not ready.is_file() or not (folder / "bin" / "python").exists():
            return Health.INCOMPLETE
        return Health.OK if ready.read_text() == self._lock_digest(name) else Health.OUTDATED

    def _not_installed(self, names: list[str]) -> IndicsubsError:
        states = ", ".join(f"{name} ({self.health(name)})" for name in names)
        what = "environment is" if len(names) == 1 else "environments are"
        return IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"The {what} not installed: {states}. Build with: just setup {' '.join(names)}",
        )

    def require_installed(self, names: Collection[str]) -> None:
        """Checks that environments are installed.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where some are not installed; the message
                contains their names and the command that builds them.
        """
        absent = [
            name
            for name in environment_names()
            if name in names and not self.is_environment_installed(name)
        ]
        if absent:
            raise self._not_installed(absent)

    def build(self, name: str, announce: Callable[[str], None]) -> bool:
        """Builds or updates an environment with exactly the packages in the lock.

        Args:
            name: The environment.
            announce: Called with a line for the user before a build.

        Returns:
            False where the environment was already up to date.

        Raises:
            IndicsubsError: ``BROKEN_ENVIRONMENT`` where uv fails.
        """
        if self.health(name) is Health.OK:
            return False
        ready = self.folder(name) / _READY
        ready.unlink(missing_ok=True)
        announce(f"Building the {name} environment...")
        command = ["uv", "sync", "--exact", "--frozen", "--package", member_of(name)]
        # Without byte code every start of a stage would take 5 to 25 s longer.
        variables = self.process_variables(name) | {"UV_COMPILE_BYTECODE": "1"}
        done = subprocess.run(command, cwd=self.root, env=variables, check=False)
        if done.returncode != 0:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"uv could not build the {name} environment (status {done.returncode}); its message"
                " is above. Correct the cause, then run `just setup`: it goes on where it stopped.",
            )
        ready.write_text(self._lock_digest(name))
        self.is_environment_installed.cache_clear()
        self.health.cache_clear()
        return True

    def _lock_digest(self, name: str) -> str:
        return recorded_member_digest(self.root, member_of(name), with_test_tools=True)

    def python_command(self, name: str, *arguments: str) -> list[str]:
        """Returns the command that runs Python in the environment, to be run in the root."""
        member = member_of(name)
        return ["uv", "run", "--no-sync", "--frozen", "--package", member, "python", *arguments]

    def stage_command(self, name: str) -> list[str]:
        """Returns the command that starts a stage in the environment, to be run in the root."""
        return self.python_command(name, "-m", package_of(name))

    def process_variables(self, name: str) -> dict[str, str]:
        """Returns the environment variables for a command in the environment."""
        inherited = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        return inherited | _OFFLINE | {"UV_PROJECT_ENVIRONMENT": str(self.folder(name))}
