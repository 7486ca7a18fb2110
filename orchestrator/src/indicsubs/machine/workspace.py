"""The checkout that indicsubs runs from, and its folders."""

from dataclasses import dataclass
from pathlib import Path

from indicsubs.machine.digest_record import DigestRecords
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_processes.checkout import checkout_of
from indicsubs_processes.environments import CACHE_FOLDER

_DIGESTS = "digests"


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """A checkout, and its folders."""

    root: Path
    """The absolute path of the checkout, which holds pyproject.toml and uv.lock."""
    jobs: Path
    """The folder of the jobs: ``out`` in the root unless the user chose another one."""

    @property
    def lock(self) -> Path:
        """The path of the lock file that all environments share."""
        return self.root / "uv.lock"

    @property
    def models(self) -> Path:
        """The folder of the demo models, which ``setup`` makes."""
        return self.root / "models"

    @property
    def cache(self) -> Path:
        """The folder of files that can be computed again, such as the detected hardware."""
        return self.root / CACHE_FOLDER

    @property
    def digests(self) -> DigestRecords:
        """The digests of films and other files of the user."""
        return DigestRecords(self.cache / _DIGESTS)


def find_workspace(jobs: Path | None = None) -> Workspace:
    """Finds the checkout that contains this code.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` where the code is installed outside a checkout,
            where no environments exist.
    """
    try:
        root = checkout_of(__file__)
    except LookupError as error:
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            "indicsubs runs from a checkout of its repository, and this installation is outside of"
            " one. Clone the repository and use `just` there.",
        ) from error
    return Workspace(root=root, jobs=(jobs or root / "out").resolve())
