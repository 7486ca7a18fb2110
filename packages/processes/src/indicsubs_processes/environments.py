"""The isolated environments of a checkout: their folders, and the commands that run in them."""

import os
from pathlib import Path
from typing import Final

from indicsubs_contract.engines import member_of
from indicsubs_processes.process_variables import inherited_variables, writable_caches

CACHE_FOLDER: Final = ".indicsubs"
"""Folder in the root of files that can be computed again, such as the detected hardware."""
READY: Final = ".indicsubs-ready"
"""File in a completely built environment; holds the digest of the lock that it was built from."""

_OFFLINE = {
    # Models are fetched before a stage starts: a stage never needs the network.
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "PYANNOTE_METRICS_ENABLED": "0",
    "ORT_DISABLE_TELEMETRY": "1",
}
_WITHOUT_SPINNING = {
    # Threads that spin while they wait for others, as those of OpenMP do, take three times as long
    # beside one busy program, and three times the CPU time alone (docs/benchmarks.md).
    "OMP_WAIT_POLICY": "PASSIVE",
}


def environment_folder(root: Path, name: str) -> Path:
    """Returns the folder of an environment of a checkout, which may not exist."""
    return root / "venv" / name


def is_virtual_environment(root: Path, name: str) -> bool:
    """Returns whether the folder of an environment is a virtual environment with a Python.

    In a folder without ``pyvenv.cfg``, the link to Python leads out of the folder, and uv would
    replace the packages of the Python that the link leads to.
    """
    folder = environment_folder(root, name)
    return (folder / "bin" / "python").exists() and (folder / "pyvenv.cfg").is_file()


def is_built(root: Path, name: str) -> bool:
    """Returns whether the build of an environment was completed, from whatever lock."""
    return is_virtual_environment(root, name) and (environment_folder(root, name) / READY).is_file()


def python_command(name: str, *arguments: str) -> list[str]:
    """Returns the command that runs Python in an environment, to be run in the root."""
    member = member_of(name)
    return ["uv", "run", "--no-sync", "--frozen", "--package", member, "python", *arguments]


def process_variables(root: Path, name: str) -> dict[str, str]:
    """Returns the environment variables for a command in an environment of a checkout."""
    inherited = inherited_variables(os.environ)
    return (
        _WITHOUT_SPINNING
        | inherited
        | writable_caches(inherited, root / CACHE_FOLDER / "cache")
        | _OFFLINE
        | {
            "PYTHONUTF8": "1",  # names of files, in whatever locale
            "UV_PROJECT_ENVIRONMENT": str(environment_folder(root, name)),
        }
    )
