"""Where the parts of a checkout are."""

from dataclasses import dataclass
from pathlib import Path

from indicsubs_contract.errors import FailureCode, IndicsubsError


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
        IndicsubsError: the code is installed outside a checkout, so there are no environments.
    """
    for folder in Path(__file__).resolve().parents:
        if (folder / "uv.lock").is_file() and (folder / "packages").is_dir():
            return Workspace(root=folder, jobs=(jobs or folder / "out").resolve())
    raise IndicsubsError(
        FailureCode.BROKEN_ENVIRONMENT,
        "indicsubs runs from a checkout of its repository, which this installation is not in."
        " Clone it and use `just` there.",
    )
