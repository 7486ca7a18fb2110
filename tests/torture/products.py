"""What is tortured: the real pipeline on the demo's clip, or the orchestrator with fake stages."""

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import fake_workspace
import pytest

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Product:
    """The command line of a product, and what is done with a film."""

    program: tuple[str, ...]
    """The command, without its arguments."""
    variables: dict[str, str]
    """The environment variables that it needs."""
    folder: Path
    """The working folder of the command."""
    film: str
    options: tuple[str, ...]
    """The options of every run."""
    other: tuple[str, ...]
    """The options of a second job of the film."""
    targets: tuple[str, ...]
    """The languages of the first job."""


def fake(root: Path) -> Product:
    """Returns the orchestrator with fake stages, in a workspace that is built in ``root``."""
    patch = pytest.MonkeyPatch()
    fake_workspace.build(root, patch)
    patch.undo()
    fake_workspace.film(root)
    return Product(
        program=(sys.executable, str(Path(__file__).with_name("fake_command.py"))),
        variables={"INDICSUBS_TORTURE_ROOT": str(root), "PYTHONPATH": str(ROOT / "tests")},
        folder=root,
        film="film.mp4",
        options=("--profile", "demo", "-s", "hi"),
        other=("-t", "en,ta"),
        targets=("-t", "en"),
    )


def real(root: Path, transcript: Path | None) -> Product:
    """Returns the real pipeline on the demo's clip; with a transcript, speech is not recognised."""
    given = () if transcript is None else ("--transcript", str(shutil.copy(transcript, root)))
    return Product(
        program=(sys.executable, "-m", "indicsubs"),
        variables={"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", "1")},
        folder=root,
        film=str(ROOT / "demo" / "clip.mp4"),
        options=("--profile", "demo", "-s", "hi", *given),
        other=("-t", "en,ta"),
        targets=("-t", "en"),
    )
