"""The isolated environments: whether they are there, how to build them, how to call into them."""

import os
import subprocess
from collections.abc import Callable, Collection
from enum import StrEnum
from functools import cache
from pathlib import Path

from indicsubs.machine.lockfile import member_digest
from indicsubs_contract.engines import environment_names, member_of, package_of
from indicsubs_contract.errors import FailureCode, IndicsubsError

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

    def __init__(self, root: Path) -> None:
        self.root = root
        self.is_environment_installed = cache(self._is_environment_installed)
        self.health = cache(self._health)

    def folder(self, name: str) -> Path:
        """Where the environment lies, or would."""
        return self.root / "venv" / name

    def get_python_executable(self, name: str) -> Path:
        """The environment's Python.

        Raises:
            IndicsubsError: the environment is not installed; names it and the command that builds it.
        """
        if not self.is_environment_installed(name):
            raise self.missing([name])
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
        return Health.OK if ready.read_text() == self._wanted(name) else Health.OUTDATED

    def missing(self, names: list[str]) -> IndicsubsError:
        """The error for environments that are not installed."""
        states = ", ".join(f"{name} ({self.health(name)})" for name in names)
        what = "environment is" if len(names) == 1 else "environments are"
        return IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"The {what} not installed: {states}. Build with: just setup {' '.join(names)}",
        )

    def require(self, names: Collection[str]) -> None:
        """Check that all are installed.

        Raises:
            IndicsubsError: naming those that are not, and the command that builds them.
        """
        absent = [name for name in environment_names() if name in names]
        absent = [name for name in absent if not self.is_environment_installed(name)]
        if absent:
            raise self.missing(absent)

    def build(self, name: str, say: Callable[[str], None]) -> bool:
        """Build or update an environment exactly as locked; False if there was nothing to do.

        Raises:
            IndicsubsError: uv failed.
        """
        if self.health(name) is Health.OK:
            return False
        ready = self.folder(name) / _READY
        ready.unlink(missing_ok=True)
        say(f"Building the {name} environment...")
        command = ["uv", "sync", "--exact", "--frozen", "--package", member_of(name)]
        # Without byte code every start of a stage would cost 5 to 25 s more.
        environment = self.process_environment(name) | {"UV_COMPILE_BYTECODE": "1"}
        done = subprocess.run(command, cwd=self.root, env=environment, check=False)
        if done.returncode != 0:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                f"uv could not build the {name} environment (status {done.returncode}); its message"
                " is above. `just setup` goes on where it stopped.",
            )
        ready.write_text(self._wanted(name))
        self.is_environment_installed.cache_clear()
        self.health.cache_clear()
        return True

    def _wanted(self, name: str) -> str:
        return member_digest(self.root / "uv.lock", member_of(name))

    def command(self, name: str, *arguments: str) -> list[str]:
        """How to run Python with ``arguments`` in the environment, from the root."""
        member = member_of(name)
        return ["uv", "run", "--no-sync", "--frozen", "--package", member, "python", *arguments]

    def stage_command(self, name: str) -> list[str]:
        """How to start a stage of the environment."""
        return self.command(name, "-m", package_of(name))

    def process_environment(self, name: str) -> dict[str, str]:
        """The variables for such a command."""
        inherited = {k: v for k, v in os.environ.items() if k not in {"VIRTUAL_ENV", "PYTHONPATH"}}
        return inherited | _QUIET | {"UV_PROJECT_ENVIRONMENT": str(self.folder(name))}
