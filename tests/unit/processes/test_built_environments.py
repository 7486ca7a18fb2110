"""An environment is used only where it was built completely."""

import sys
from pathlib import Path

import pytest

from indicsubs_processes.environments import READY, environment_folder, is_built, python_command


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = environment_folder(tmp_path, "common")
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").symlink_to(sys.executable)
    (folder / "pyvenv.cfg").touch()
    (folder / READY).touch()
    return tmp_path


def test_an_environment_with_all_its_signs_is_built(root: Path) -> None:
    assert is_built(root, "common")
    assert not is_built(root, "whisperx")


@pytest.mark.parametrize("missing", [READY, "pyvenv.cfg", "bin/python"])
def test_an_environment_without_one_of_them_is_not(root: Path, missing: str) -> None:
    (environment_folder(root, "common") / missing).unlink()
    assert not is_built(root, "common")


def test_an_environment_whose_python_was_removed_from_the_machine_is_not(root: Path) -> None:
    python = environment_folder(root, "common") / "bin" / "python"
    python.unlink()
    python.symlink_to(root / "gone")
    assert not is_built(root, "common")


def test_a_command_never_installs_anything() -> None:
    command = python_command("whisperx", "-m", "indicsubs_whisperx")
    assert command[:4] == ["uv", "run", "--no-sync", "--frozen"]
    assert command[4:] == ["--package", "indicsubs-whisperx", "python", "-m", "indicsubs_whisperx"]
