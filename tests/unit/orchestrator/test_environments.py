"""Environments: there, half there, outdated, missing; and how stages are started in them."""

from pathlib import Path

import fake_workspace
import pytest

from indicsubs.machine.environments import EnvironmentManager, Health
from indicsubs.machine.lockfile import member_digest
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import IndicsubsError

COMMON = "common"


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    return fake_workspace.build(tmp_path, monkeypatch)


def test_an_installed_environment_is_found_with_its_python(workspace: Workspace) -> None:
    manager = EnvironmentManager(workspace.root)
    assert manager.is_environment_installed(COMMON)
    assert manager.health(COMMON) is Health.OK
    assert manager.get_python_executable(COMMON) == workspace.root / "venv/common/bin/python"


def test_answers_are_cached(workspace: Workspace) -> None:
    manager = EnvironmentManager(workspace.root)
    assert manager.is_environment_installed(COMMON)
    (workspace.root / "venv/common/.indicsubs-ready").unlink()
    assert manager.is_environment_installed(COMMON)
    assert not EnvironmentManager(workspace.root).is_environment_installed(COMMON)


def test_an_environment_of_an_older_lock_is_outdated_and_still_usable(workspace: Workspace) -> None:
    (workspace.root / "venv/common/.indicsubs-ready").write_text("an older digest")
    manager = EnvironmentManager(workspace.root)
    assert manager.health(COMMON) is Health.OUTDATED
    assert manager.is_environment_installed(COMMON)


def test_a_missing_one_is_named_with_its_command(tmp_path: Path) -> None:
    manager = EnvironmentManager(tmp_path)
    assert manager.health(COMMON) is Health.MISSING
    with pytest.raises(IndicsubsError, match=r"common \(missing\)\. Build with: just setup common"):
        manager.get_python_executable(COMMON)
    with pytest.raises(IndicsubsError, match="just setup common mlx"):
        manager.require_installed({"mlx", COMMON})


def test_a_stage_is_started_through_uv_in_its_own_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VIRTUAL_ENV", "/of/another/project")
    monkeypatch.setenv("PYTHONPATH", "/of/another/project")
    manager = EnvironmentManager(tmp_path)
    assert " ".join(manager.stage_command("mlx")) == (
        "uv run --no-sync --frozen --package indicsubs-mlx python -m indicsubs_mlx"
    )
    variables = manager.process_variables("mlx")
    assert variables["UV_PROJECT_ENVIRONMENT"] == str(tmp_path / "venv" / "mlx")
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["ORT_DISABLE_TELEMETRY"] == "1"
    assert not {"VIRTUAL_ENV", "PYTHONPATH"} & set(variables)


def test_building_skips_what_is_there_and_goes_on_where_it_stopped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[list[str]] = []
    status = [1, 0]

    class Done:
        def __init__(self) -> None:
            self.returncode = status.pop(0)

    def run(command: list[str], **options: object) -> Done:
        calls.append(command)
        assert options["env"]["UV_COMPILE_BYTECODE"] == "1"
        return Done()

    monkeypatch.setattr("indicsubs.machine.environments.subprocess.run", run)
    announced: list[str] = []
    assert not EnvironmentManager(workspace.root).build(COMMON, announced.append)
    ready = workspace.root / "venv/common/.indicsubs-ready"
    ready.write_text("an older digest")
    manager = EnvironmentManager(workspace.root)
    with pytest.raises(IndicsubsError, match="goes on where it stopped"):
        manager.build(COMMON, announced.append)
    assert EnvironmentManager(workspace.root).health(COMMON) is Health.INCOMPLETE
    manager = EnvironmentManager(workspace.root)
    assert manager.build(COMMON, announced.append)
    assert manager.health(COMMON) is Health.OK
    assert calls[0] == ["uv", "sync", "--exact", "--frozen", "--package", "indicsubs-common"]
    assert len(calls) == 2


LOCK = fake_workspace.ROOT / "uv.lock"


def with_another(package: str, folder: Path) -> Path:
    """The lock with another version of a package."""
    text = LOCK.read_text()
    changed = folder / "changed.lock"
    version = f'name = "{package}"\nversion = "'
    changed.write_text(text.replace(version, f"{version}9"))
    assert changed.read_text() != text
    return changed


def test_the_lock_s_part_of_a_member_changes_with_what_it_installs(tmp_path: Path) -> None:
    changed = with_another("sentencepiece", tmp_path)
    for member, same in (("indicsubs-common", True), ("indicsubs-indictrans2", False)):
        old, new = (member_digest(lock, member, with_test_tools=True) for lock in (LOCK, changed))
        assert (old == new) == same
    with pytest.raises(KeyError, match="no member indicsubs-nothing"):
        member_digest(LOCK, "indicsubs-nothing", with_test_tools=True)


def test_a_tool_of_the_tests_outdates_an_environment_and_no_result(tmp_path: Path) -> None:
    changed = with_another("pytest", tmp_path)
    for counts in (True, False):
        old, new = (
            member_digest(lock, "indicsubs-whisperx", with_test_tools=counts)
            for lock in (LOCK, changed)
        )
        assert (old != new) == counts
