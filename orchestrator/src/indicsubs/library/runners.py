"""The runners of a ledger: each holds a locked file, whose time shows when it last gave a sign."""

from pathlib import Path

from indicsubs.library.ledger import RUNNERS
from indicsubs_processes.own_folder import is_locked


def newest_sign_s(jobs: Path) -> float | None:
    """Returns when a living runner last gave a sign of life; None where none lives.

    Args:
        jobs: The folder of the jobs.

    Returns:
        The time in seconds since 1970.
    """
    signs: list[float] = []
    for path in (jobs / RUNNERS).glob("*"):
        try:
            if is_locked(path):
                signs.append(path.stat().st_mtime)
        except OSError:
            continue  # it ended meanwhile
    return max(signs, default=None)
