"""The isolated environments: whether they are there, how to build them, how to call into them."""

import os
import subprocess
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from pathlib import Path

from indicsubs.lockfile import member_digest
from indicsubs.workspace import CommandError
from indicsubs_contract.errors import ExitStatus
from indicsubs_contract.stages import ENVIRONMENTS, Backend, EnvironmentName, StageName, place

_READY = ".indicsubs-ready"
"""Written into an environment when its build is complete; holds the digest it was built from."""

_QUIET = {
    # Models are there before a stage starts, so a stage has no business on the network.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
}


class Health(StrEnum):
    """The state of an environment."""

    OK = "ok"
    MISSING = "missing"
    INCOMPLETE = "incomplete"
    """Its build was interrupted."""
    OUTDATED = "outdated"
    """The lock has changed since it was built."""


class EnvironmentManager:
    """Answers about the environments under ``<root>/venv``; answers are cached."""

    def __init__(self, root: Path, backend: Backend = "whisperx") -> None:
        self.root = root
        self.backend: Backend = backend
        self.is_environment_installed = cache(self._is_environment_installed)
        self.health = cache(self._health)

    def folder(self, name: EnvironmentName) -> Path:
        """Where the environment lies, or would."""
        return self.root / "venv" / name

    def get_environment_for_stage(self, stage: StageName) -> EnvironmentName:
        """The environment that the stage runs in with this manager's backend."""
        return place(stage, self.backend)

    def get_python_executable(self, name: EnvironmentName) -> Path:
        """The environment's Python.

        Raises:
            CommandError: the environment is not installed; names it and the command that builds it.
        """
        if not self.is_environment_installed(name):
            raise self.missing([name])
        return self.folder(name) / "bin" / "python"

    def _is_environment_installed(self, name: EnvironmentName) -> bool:
        return self.health(name) in {Health.OK, Health.OUTDATED}

    def _health(self, name: EnvironmentName) -> Health:
        folder = self.folder(name)
        if not folder.is_dir():
            return Health.MISSING
        ready = folder / _READY
        if not ready.is_file() or not (folder / "bin" / "python").exists():
            return Health.INCOMPLETE
        return Health.OK if ready.read_text() == self._wanted(name) else Health.OUTDATED

    def missing(self, names: list[EnvironmentName]) -> CommandError:
        """The error for environments that are not installed."""
        states = ", ".join(f"{name} ({self.health(name)})" for name in names)
        what = "environment is" if len(names) == 1 else "environments are"
        return CommandError(
            f"The {what} not installed: {states}. Build with: just setup {' '.join(names)}",
            ExitStatus.UNAVAILABLE,
        )

    def require(self, names: set[EnvironmentName]) -> None:
        """Check that all are installed.

        Raises:
            CommandError: naming those that are not, and the command that builds them.
        """
        absent = [name for name in EnvironmentName if name in names]
        absent = [name for name in absent if not self.is_environment_installed(name)]
        if absent:
            raise self.missing(absent)

    def build(self, name: EnvironmentName, say: Callable[[str], None]) -> bool:
        """Build or update an environment exactly as locked; False if there was nothing to do.

        Raises:
            CommandError: uv failed.
        """
        if self.health(name) is Health.OK:
            return False
        ready = self.folder(name) / _READY
        ready.unlink(missing_ok=True)
        say(f"Building the {name} environment...")
        command = ["uv", "sync", "--exact", "--frozen", "--package", ENVIRONMENTS[name].member]
        # Without byte code every start of a stage would cost 5 to 25 s more.
        environment = self.process_environment(name) | {"UV_COMPILE_BYTECODE": "1"}
        done = subprocess.run(command, cwd=self.root, env=environment, check=False)
        if done.returncode != 0:
            raise CommandError(
                f"uv could not build the {name} environment (status {done.returncode}); its message"
                " is above. `just setup` goes on where it stopped.",
                ExitStatus.UNAVAILABLE,
            )
        ready.write_text(self._wanted(name))
        self.is_environment_installed.cache_clear()
        self.health.cache_clear()
        return True

    def _wanted(self, name: EnvironmentName) -> str:
        return member_digest(self.root / "uv.lock", ENVIRONMENTS[name].member)

    def command(self, name: EnvironmentName, *arguments: str) -> list[str]:
        """How to run Python with ``arguments`` in the environment, from the root."""
        member = ENVIRONMENTS[name].member
        return ["uv", "run", "--no-sync", "--frozen", "--package", member, "python", *arguments]

    def stage_command(self, name: EnvironmentName) -> list[str]:
        """How to start a stage of the environment."""
        return self.command(name, "-m", ENVIRONMENTS[name].module)

    def process_environment(self, name: EnvironmentName) -> dict[str, str]:
        """The variables for such a command."""
        inherited = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        return inherited | _QUIET | {"UV_PROJECT_ENVIRONMENT": str(self.folder(name))}
