"""The folders of temporary files: one for each process, and none is left of a killed one."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from indicsubs_processes.own_folder import own_folder


def test_the_folder_goes_with_the_block(tmp_path: Path) -> None:
    with own_folder(tmp_path / "temporary") as folder:
        (folder / "file").touch()
        with own_folder(tmp_path / "temporary") as other:
            assert other != folder
        assert (folder / "file").exists()
    assert not list((tmp_path / "temporary").iterdir())


def test_an_error_removes_it_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), own_folder(tmp_path):
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def _die(parent: Path) -> None:
    with own_folder(parent):
        os.kill(os.getpid(), signal.SIGKILL)


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_die, args=(tmp_path,))
    process.start()
    process.join()
    (tmp_path / "a file").touch()
    (left, _) = sorted(tmp_path.iterdir(), key=lambda path: path.is_file())
    with own_folder(tmp_path) as folder:
        assert not left.exists()
        assert folder in tmp_path.iterdir()
