"""Tells the subtitle files that indicsubs wrote from those of people."""

from pathlib import Path

from indicsubs.jobs.input_files import absolute_path
from indicsubs.jobs.job_folders import folders_of_path
from indicsubs.jobs.publishing import published_digests
from indicsubs.library.ledger import Ledger
from indicsubs_contract.errors import IndicsubsError


def is_ours(path: Path, sha256: str, film: Path, ledger: Ledger) -> bool:
    """Returns whether indicsubs wrote a file beside a film, and nobody has edited it.

    The jobs of the film are asked where the ledger, which may have been lost, does not know it.

    Args:
        path: The file.
        sha256: The digest of its content.
        film: The film that it belongs to.
        ledger: The ledger, which lies beside the jobs.
    """
    if ledger.has_written(path, sha256):
        return True
    try:
        folders = folders_of_path(ledger.path.parent, str(absolute_path(film)))
    except IndicsubsError:  # its name is not UTF-8, so it has no job; or the jobs cannot be read
        return False
    return any(sha256 in published_digests(folder) for folder in folders)
