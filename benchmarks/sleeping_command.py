"""The command line of indicsubs, whose stages do next to nothing and sleep where a prompt says so.

Only the programs of the stages are replaced, by those of the tests: ``asr`` sleeps for two seconds
with ``--initial-prompt sleep:2``. The process that speaks with Ray is the real one.
"""

import sys
from pathlib import Path

from indicsubs.cli import start
from indicsubs.machine import environments
from indicsubs_contract.engines import CLUSTER

_STAGES = Path(__file__).parents[1] / "tests" / "fake_stages.py"


def python_command(name: str, *arguments: str) -> list[str]:
    """Returns the command of an environment's Python, or of the stages of the tests."""
    if name == CLUSTER:
        return _real(name, *arguments)
    return [sys.executable, str(_STAGES)]


_real = environments.python_command
environments.python_command = python_command
start.main()
