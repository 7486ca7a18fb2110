"""Changes of the checkout under a program that runs."""

import os
from pathlib import Path

import pytest

from indicsubs.library.source_changes import SourceChanges


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in ("orchestrator/src/indicsubs/a.py", "packages/text/src/words.toml", "uv.lock"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("one")
    (tmp_path / "packages/text/src/__pycache__").mkdir()
    return tmp_path


def test_nothing_has_changed(root: Path) -> None:
    changes = SourceChanges(root)
    (root / "README.md").touch()
    (root / "packages/text/src/__pycache__/a.pyc").touch()
    assert [changes.look(), changes.look()] == ["none", "none"]
    assert not changes.include_lock()


@pytest.mark.parametrize(
    "name", ["orchestrator/src/indicsubs/a.py", "packages/text/src/new.py", "uv.lock"]
)
def test_changes_are_complete_when_nothing_moves_any_more(root: Path, name: str) -> None:
    changes = SourceChanges(root)
    (root / name).write_text("two!")
    assert changes.look() == "going on"
    (root / "packages/text/src/words.toml").write_text("three")
    assert changes.look() == "going on"
    assert changes.look() == "complete"
    assert changes.include_lock() is (name == "uv.lock")


def test_a_removed_file_is_a_change(root: Path) -> None:
    changes = SourceChanges(root)
    (root / "packages/text/src/words.toml").unlink()
    assert [changes.look(), changes.look()] == ["going on", "complete"]


def test_the_old_content_is_no_change(root: Path) -> None:
    changes = SourceChanges(root)
    path = root / "orchestrator/src/indicsubs/a.py"
    os.utime(path, (1, 1))
    assert [changes.look(), changes.look()] == ["none", "none"]


def test_a_file_that_goes_away_meanwhile_is_left_out(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = SourceChanges(root)
    link = root / "packages/text/src/link.py"
    link.symlink_to("gone")
    assert [changes.look(), changes.look()] == ["none", "none"]
    monkeypatch.setattr(changes, "_state", lambda: "other")
    assert [changes.look(), changes.look()] == ["none", "none"]
