"""Where things lie, and the errors that end a command."""

from dataclasses import dataclass
from pathlib import Path

from indicsubs_contract.errors import EXIT_STATUS, ExitStatus, FailureCode
from indicsubs_contract.stages import StageName


class CommandError(Exception):
    """An expected end of a command: what happened, what to do next, and the exit status."""

    def __init__(self, message: str, status: ExitStatus = ExitStatus.UNAVAILABLE) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class StageFailure(CommandError):
    """A stage answered with a failure, or did not answer as it should."""

    def __init__(self, stage: StageName, code: FailureCode, message: str) -> None:
        super().__init__(message, EXIT_STATUS[code])
        self.stage = stage
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """The checkout that indicsubs runs from, and its folders."""

    root: Path
    """Absolute; holds pyproject.toml and uv.lock."""
    jobs: Path
    """Where jobs are made: ``out`` in the root unless the user chose another folder."""

    @property
    def lock(self) -> Path:
        """The one lock of all environments."""
        return self.root / "uv.lock"

    @property
    def models(self) -> Path:
        """Models made at set-up (the demo's)."""
        return self.root / "models"

    @property
    def cache(self) -> Path:
        """What can be found out anew: probed hardware."""
        return self.root / ".indicsubs"


def find_workspace(jobs: Path | None = None) -> Workspace:
    """The checkout that this code lies in.

    Raises:
        CommandError: the code is installed outside a checkout, so there are no environments.
    """
    for folder in Path(__file__).resolve().parents:
        if (folder / "uv.lock").is_file() and (folder / "packages").is_dir():
            return Workspace(root=folder, jobs=(jobs or folder / "out").resolve())
    raise CommandError(
        "indicsubs runs from a checkout of its repository, which this installation is not in."
        " Clone it and use `just` there."
    )
