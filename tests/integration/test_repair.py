"""`just setup` on a real environment that was damaged, with the real uv, in a copy of the checkout.

A folder without ``pyvenv.cfg`` is in the unit tests alone: if it ever reached uv, uv would remove
the packages of the Python that runs these tests.
"""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from indicsubs.machine.environments import EnvironmentManager, Health

ROOT = Path(__file__).parents[2]
COMMON = "common"


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout with one environment, the one with the fewest packages."""
    root = tmp_path_factory.mktemp("checkout")
    for name in ("packages", "orchestrator"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
        shutil.copytree(ROOT / name, root / name, ignore=ignored)
    for name in ("pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, root / name)
    assert EnvironmentManager(root).build(COMMON, lambda _: None)
    return root


def packages(root: Path) -> Path:
    (found,) = (root / "venv" / COMMON).glob("lib/python*/site-packages")
    return found


def remove_package(root: Path) -> None:
    for path in packages(root).glob("msgspec*"):
        shutil.rmtree(path)


def remove_files(root: Path) -> None:
    shutil.rmtree(packages(root) / "msgspec")


def replace_file(root: Path) -> None:
    path = packages(root) / "msgspec" / "__init__.py"
    path.unlink()  # the file in uv's cache is the same one
    path.write_text("")


def remove_list(root: Path) -> None:
    (path,) = packages(root).glob("msgspec-*.dist-info/RECORD")
    path.unlink()


def remove_all_packages(root: Path) -> None:
    shutil.rmtree(packages(root))


def remove_python(root: Path) -> None:
    shutil.rmtree(root / "venv" / COMMON / "bin")


def remove_everything(root: Path) -> None:
    for path in (root / "venv" / COMMON).iterdir():
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def imports_of(python: Path) -> str:
    code = "import importlib.metadata as m; print(sorted(d.name for d in m.distributions()))"
    command = [python, "-I", "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "damage",
    [
        remove_package,
        remove_files,
        replace_file,
        remove_list,
        remove_all_packages,
        remove_python,
        remove_everything,
    ],
)
def test_setup_repairs_an_environment_and_touches_no_other(
    root: Path, damage: Callable[[Path], None]
) -> None:
    behind = (root / "venv" / COMMON / "bin" / "python").resolve()
    before = imports_of(behind)
    damage(root)
    assert EnvironmentManager(root).inspected_health(COMMON) in {Health.DAMAGED, Health.INCOMPLETE}
    assert EnvironmentManager(root).build(COMMON, lambda _: None)
    assert EnvironmentManager(root).inspected_health(COMMON) is Health.OK
    python = root / "venv" / COMMON / "bin" / "python"
    subprocess.run([python, "-c", "import msgspec, srt, av, indicsubs_common"], check=True)
    assert not EnvironmentManager(root).build(COMMON, lambda _: None)
    assert imports_of(behind) == before, "the Python that the environment was made from"
