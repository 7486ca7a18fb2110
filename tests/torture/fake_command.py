"""The command line in a workspace of fake stages, as a process that can be killed."""

import os
import signal
import sys
from pathlib import Path

from indicsubs.cli import start
from indicsubs.cli.signals import SIGNALS


def main() -> None:
    """Runs the command line as its entry point does, with another workspace."""
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, start._exit)
    import fake_stages

    from indicsubs.cli import console
    from indicsubs.library import work
    from indicsubs.machine.environments import EnvironmentManager
    from indicsubs.machine.workspace import Workspace

    root = Path(os.environ["INDICSUBS_TORTURE_ROOT"])

    def workspace(jobs: Path | None) -> Workspace:
        return Workspace(root=root, jobs=(jobs or root / "out").resolve())

    def python_command(*_: object) -> list[str]:
        return [sys.executable, str(Path(fake_stages.__file__))]

    work._TICK_S = 0.1  # films are begun soon
    console.find_workspace = workspace
    EnvironmentManager.python_command = python_command  # type: ignore[assignment]
    start.main()


main()
