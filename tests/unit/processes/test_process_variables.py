"""What stages and uv inherit from the user's shell: caches, indexes, proxies, no projects."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fake_workspace import ROOT

from indicsubs.machine.environments import EnvironmentManager
from indicsubs_processes.process_variables import inherited_variables, writable_caches

HARMFUL = {
    "UV_ENV_FILE": "/nonexistent",
    "UV_FROZEN": "1",
    "UV_INDEX_STRATEGY": "first-index",
    "UV_ISOLATED": "1",
    "UV_LOCKED": "1",
    "UV_NO_DEFAULT_GROUPS": "1",
    "UV_NO_EDITABLE": "1",
    "UV_NO_PROJECT": "1",
    "UV_NO_SYNC": "1",
    "UV_PROJECT": "/nonexistent",
    "UV_PYTHON": "3.9",
    "UV_SOMETHING_OF_A_LATER_VERSION": "1",
    "UV_SYSTEM_PYTHON": "1",
    "UV_WORKING_DIR": "/nonexistent",
    "PYTHONHOME": "/nonexistent",
    "PYTHONINSPECT": "1",
    "PYTHONPATH": "/nonexistent",
    "PYTHONWARNINGS": "error",
    "CONDA_PREFIX": "/nonexistent",
    "VIRTUAL_ENV": "/nonexistent",
}
WANTED = {
    "HTTPS_PROXY": "http://proxy",
    "HOME": "/home/user",
    "OMP_NUM_THREADS": "2",
    "UV_DEFAULT_INDEX": "https://index",
    "UV_INDEX_OURS_PASSWORD": "secret",
    "UV_INDEX_OURS_USERNAME": "user",
    "UV_LINK_MODE": "copy",
    "UV_OFFLINE": "1",
}


def test_only_variables_that_say_where_things_are_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inherited_variables(HARMFUL | WANTED) == WANTED
    for name, value in HARMFUL.items():
        monkeypatch.setenv(name, value)
    assert not set(HARMFUL) & set(EnvironmentManager(tmp_path).process_variables("common"))


def test_uv_starts_python_whatever_the_user_s_shell_has_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real uv, with an environment that has no package."""
    subprocess.run(["uv", "venv", "--quiet", tmp_path / "venv" / "common"], check=True)
    for name, value in HARMFUL.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UV_CACHE_DIR", "/dev/null/cache")
    manager = EnvironmentManager(tmp_path)
    done = subprocess.run(
        manager.python_command("common", "-c", "import sys; print(sys.prefix)"),
        cwd=ROOT,
        env=manager.process_variables("common"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == str(tmp_path / "venv" / "common"), done.stderr


def test_a_cache_that_cannot_be_written_to_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, own = tmp_path / "other", tmp_path / "own"
    closed = tmp_path / "file"
    closed.touch()
    assert writable_caches({"XDG_CACHE_HOME": str(own)}, other) == {
        "XDG_CACHE_HOME": str(own),
        "UV_CACHE_DIR": str(own / "uv"),
    }
    assert writable_caches({"XDG_CACHE_HOME": str(closed)}, other) == {
        "XDG_CACHE_HOME": str(other),
        "UV_CACHE_DIR": str(other / "uv"),
    }
    chosen = {"XDG_CACHE_HOME": str(own), "UV_CACHE_DIR": str(closed / "uv")}
    assert writable_caches(chosen, other)["UV_CACHE_DIR"] == str(own / "uv")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    nowhere = {"XDG_CACHE_HOME": str(closed), "UV_CACHE_DIR": str(closed / "uv")}
    assert Path(writable_caches(nowhere, closed)["UV_CACHE_DIR"]).parent.parent == tmp_path


def test_just_passes_none_of_them_to_the_orchestrator() -> None:
    text = (ROOT / "justfile").read_text()
    removed = set(re.findall(r"^unexport (\w+)$", text, re.MULTILINE))
    assert inherited_variables(dict.fromkeys(removed, "")) == {}
    later = {"UV_INDEX_STRATEGY", "UV_SOMETHING_OF_A_LATER_VERSION"}  # change nothing in a run
    assert set(HARMFUL) - later <= removed


@pytest.mark.skipif(shutil.which("just") is None, reason="just is not installed")
def test_just_takes_a_film_relative_to_the_user_s_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = subprocess.run(
        ["just", "--justfile", ROOT / "justfile", "--dry-run", "run", "film.mp4"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    assert f"--project '{ROOT}'" in shown
    recipes = re.findall(r"\[group\('use'\)\]\n(.*)\n", (ROOT / "justfile").read_text())
    assert set(recipes) == {"[no-cd]"}, "every recipe for users runs in the user's folder"
