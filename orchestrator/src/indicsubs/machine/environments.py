"""Finds the state of the isolated environments, builds them, and makes commands for them."""

import shutil
import subprocess
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import cache
from pathlib import Path

from indicsubs.machine.installed_packages import damaged_packages
from indicsubs.machine.lockfile import recorded_member_digest
from indicsubs_contract.engines import CLUSTER, environment_names, member_of, package_of
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_processes.environments import (
    READY,
    environment_folder,
    is_built,
    is_virtual_environment,
    process_variables,
    python_command,
)


class Health(StrEnum):
    """The state of an environment."""

    OK = "ok"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    """The build of the environment was interrupted."""
    DAMAGED = "damaged"
    """Packages or files of packages are missing."""
    OUTDATED = "outdated"
    """The lock has changed since the environment was built."""


class EnvironmentManager:
    """Manages the environments under ``<root>/venv``. Their states are read once and cached."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_environment_installed = cache(self._is_environment_installed)
        self.health = cache(self._health)
        self.damaged_packages = cache(self._damaged_packages)

    def folder(self, name: str) -> Path:
        """Returns the folder of the environment, which may not exist."""
        return environment_folder(self.root, name)

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
        if not is_built(self.root, name):
            return Health.INCOMPLETE
        try:
            built_from = (folder / READY).read_bytes()
        except OSError:
            return Health.INCOMPLETE
        return Health.OK if built_from == self._lock_digest(name).encode() else Health.OUTDATED

    def inspected_health(self, name: str) -> Health:
        """Returns the state of an environment after a look at every file of its packages.

        This takes up to a second; :meth:`health` believes the note that a build leaves.
        """
        health = self.health(name)
        if health is Health.OK and (self.damaged_packages(name) or not self._is_as_locked(name)):
            return Health.DAMAGED
        return health

    def _damaged_packages(self, name: str) -> tuple[str, ...]:
        return damaged_packages(self.folder(name))

    def _is_as_locked(self, name: str) -> bool:
        """Returns whether exactly the packages in the lock are installed."""
        command = [*self._sync_command(name), "--check", "--offline", "--quiet"]
        try:
            done = subprocess.run(
                command,
                cwd=self.root,
                env=self.process_variables(name),
                capture_output=True,
                check=False,
            )
        except OSError:
            return True  # without uv nothing can be said; `doctor` says that uv is missing
        return done.returncode == 0

    def _sync_command(self, name: str) -> list[str]:
        return ["uv", "sync", "--exact", "--frozen", "--package", member_of(name)]

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
            for name in (*environment_names(), CLUSTER)
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
        health = self.inspected_health(name)
        if health is Health.OK:
            return False
        work = "Repairing" if health is Health.DAMAGED else "Building"
        announce(f"{work} the {name} environment...")
        if not is_virtual_environment(self.root, name):
            shutil.rmtree(self.folder(name), ignore_errors=True)
        ready = self.folder(name) / READY
        ready.unlink(missing_ok=True)
        command = self._sync_command(name)
        for package in self.damaged_packages(name):
            command += ["--reinstall-package", package]
        # Without byte code every start of a stage would take 5 to 25 s longer.
        variables = self.process_variables(name) | {"UV_COMPILE_BYTECODE": "1"}
        done = subprocess.run(command, cwd=self.root, env=variables, check=False)
        if done.returncode != 0:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"uv could not build the {name} environment (status {done.returncode}); its message"
                " is above. Correct the cause, then run `just setup`: it goes on where it stopped.",
            )
        if damaged := damaged_packages(self.folder(name)):
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"uv could not repair {', '.join(damaged)} in the {name} environment. Build it from"
                f" the start: rm -r venv/{name} && just setup {name}",
            )
        ready.write_text(self._lock_digest(name))
        for answers in (self.is_environment_installed, self.health, self.damaged_packages):
            answers.cache_clear()
        return True

    def _lock_digest(self, name: str) -> str:
        return recorded_member_digest(self.root, member_of(name), with_test_tools=True)

    def python_command(self, name: str, *arguments: str) -> list[str]:
        """Returns the command that runs Python in the environment, to be run in the root."""
        return python_command(name, *arguments)

    def stage_command(self, name: str) -> list[str]:
        """Returns the command that starts a stage in the environment, to be run in the root."""
        return self.python_command(name, "-m", package_of(name))

    def process_variables(self, name: str) -> dict[str, str]:
        """Returns the environment variables for a command in the environment."""
        return process_variables(self.root, name)
