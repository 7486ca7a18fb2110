"""Starts the program again with the code that is in the checkout now."""

import os
import subprocess
import sys
from pathlib import Path

from indicsubs.machine.environments import EnvironmentManager
from indicsubs_contract.errors import FailureCode, IndicsubsError

_ENVIRONMENT = "orchestrator"
"""The environment of the command line, in the folder of the others."""


def restart(root: Path, *, with_packages: bool) -> None:
    """Replaces this process by one with the same command line.

    The process keeps its number, so what started it (systemd, a terminal) sees one program.

    Args:
        root: The checkout.
        with_packages: Whether the lock has changed: the packages of the command line are brought up
            to date first.

    Raises:
        IndicsubsError: ``BROKEN_ENVIRONMENT`` where that fails.
    """
    if with_packages:
        command = ["uv", "sync", "--exact", "--frozen", "--quiet", "--package", "indicsubs"]
        variables = EnvironmentManager(root).process_variables(_ENVIRONMENT)
        done = subprocess.run(command, cwd=root, env=variables, check=False)
        if done.returncode != 0:
            raise IndicsubsError(
                FailureCode.BROKEN_ENVIRONMENT,
                "The checkout has changed, and uv could not bring the command line up to date; its"
                " message is above. Run `just setup`, and start `watch` again.",
            )
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  no shell is wanted
