"""The code of a checkout has one digest, wherever it lies and whatever has run in it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from indicsubs_processes.checkout import checkout_digest, checkout_of

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return made(tmp_path / "checkout")


def made(root: Path) -> Path:
    for name in ("a/src/indicsubs_a/__init__.py", "a/src/indicsubs_a/table.json", "b/src/b.py"):
        path = root / "packages" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}")
    (root / "uv.lock").write_text("lock")
    return root


def test_the_same_code_has_the_same_digest_elsewhere(checkout: Path, tmp_path: Path) -> None:
    assert checkout_digest(made(tmp_path / "other")) == checkout_digest(checkout)


A, B = "packages/a/src/indicsubs_a", "packages/b/src"

CHANGES: dict[str, Callable[[Path], object]] = {
    "a byte of code": lambda root: (root / B / "b.py").write_text("content of b/src/b.p"),
    "a data file": lambda root: (root / A / "table.json").write_text("{}"),
    "the lock": lambda root: (root / "uv.lock").write_text("locks"),
    "a new file": lambda root: (root / A / "new.py").touch(),
    "a file less": lambda root: (root / B / "b.py").unlink(),
    "another name": lambda root: (root / B / "b.py").rename(root / B / "c.py"),
    "a boundary moves": lambda root: (
        (root / A / "__init__.py").write_text("content"),
        (root / A / "table.json").write_text(
            " of a/src/indicsubs_a/__init__.pycontent of a/src/indicsubs_a/table.json"
        ),
    ),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_change_of_code_or_lock_is_seen(checkout: Path, change) -> None:
    before = checkout_digest(checkout)
    change(checkout)
    assert checkout_digest(checkout) != before


def test_what_a_run_leaves_behind_does_not_count(checkout: Path) -> None:
    before = checkout_digest(checkout)
    for path in (
        "packages/a/src/indicsubs_a/__pycache__/table.cpython-311.pyc",
        "packages/a/tests/test_a.py",
        "out/job/film.srt",
        "models/demo/model.bin",
        ".indicsubs/cluster.log",
        "venv/common/bin/python",
        "README.md",
    ):
        (checkout / path).parent.mkdir(parents=True, exist_ok=True)
        (checkout / path).write_text("x")
    assert checkout_digest(checkout) == before


def test_a_folder_that_is_no_checkout_has_no_digest(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        checkout_digest(tmp_path)


def test_the_real_checkout_is_found_and_read() -> None:
    assert checkout_of(__file__) == ROOT
    assert len(checkout_digest(ROOT)) == 64


def test_a_module_is_in_the_innermost_checkout(checkout: Path, tmp_path: Path) -> None:
    module = checkout / "packages/a/src/indicsubs_a/__init__.py"
    assert checkout_of(str(module)) == checkout
    (tmp_path / "link.py").symlink_to(module)
    assert checkout_of(str(tmp_path / "link.py")) == checkout


def test_a_module_outside_of_a_checkout_is_in_none(tmp_path: Path) -> None:
    (tmp_path / "uv.lock").touch()
    with pytest.raises(LookupError, match=r"module\.py is in no checkout"):
        checkout_of(str(tmp_path / "module.py"))
