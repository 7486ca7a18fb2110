"""Environments: there, half there, outdated, missing; and how stages are started in them."""

from collections.abc import Callable
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


@pytest.mark.parametrize("damaged", [b"\xff\xfe", b""])
def test_a_note_that_was_damaged_is_not_of_this_lock(workspace: Workspace, damaged: bytes) -> None:
    (workspace.root / "venv/common/.indicsubs-ready").write_bytes(damaged)
    assert EnvironmentManager(workspace.root).health(COMMON) is Health.OUTDATED


def test_a_note_that_cannot_be_read_counts_as_absent(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("indicsubs.machine.environments.Path.read_bytes", refuse)
    assert EnvironmentManager(workspace.root).health(COMMON) is Health.INCOMPLETE


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
    manager = EnvironmentManager(tmp_path)
    assert " ".join(manager.stage_command("mlx")) == (
        "uv run --no-sync --frozen --package indicsubs-mlx python -m indicsubs_mlx"
    )
    variables = manager.process_variables("mlx")
    assert variables["UV_PROJECT_ENVIRONMENT"] == str(tmp_path / "venv" / "mlx")
    assert variables["HF_HUB_OFFLINE"] == "1"
    assert variables["ORT_DISABLE_TELEMETRY"] == "1"
    assert variables["PYTHONUTF8"] == "1"
    assert variables["OMP_WAIT_POLICY"] == "PASSIVE", "no thread spins while it waits"
    monkeypatch.setenv("OMP_WAIT_POLICY", "ACTIVE")
    assert manager.process_variables("mlx")["OMP_WAIT_POLICY"] == "ACTIVE", "the user's choice"


class RecordedUv:
    """A uv that fails or succeeds as it is told, and remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *statuses: int | type[OSError]) -> None:
        self.calls: list[list[str]] = []
        self._statuses = list(statuses)
        monkeypatch.setattr("indicsubs.machine.environments.subprocess.run", self._run)

    def _run(self, command: list[str], **options: dict) -> "RecordedUv":
        self.calls.append(command)
        if "--check" not in command:
            assert options["env"]["UV_COMPILE_BYTECODE"] == "1"
        status = self._statuses.pop(0)
        if not isinstance(status, int):
            raise status
        self.returncode = status
        return self


def test_building_skips_what_is_there_and_goes_on_where_it_stopped(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = RecordedUv(monkeypatch, 0, 1, 0)
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
    assert uv.calls[1] == ["uv", "sync", "--exact", "--frozen", "--package", "indicsubs-common"]
    assert [call[6:] for call in uv.calls] == [["--check", "--offline", "--quiet"], [], []]
    assert announced == ["Building the common environment..."] * 2


def add_package(workspace: Workspace, name: str) -> Path:
    """A package with one module in the environment ``common``; returns its module."""
    packages = workspace.root / "venv/common/lib/python3.11/site-packages"
    info = packages / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    module = packages / f"{name}.py"
    module.write_text("x = 1\n")
    (info / "METADATA").write_text(f"Name: {name}\n")
    (info / "RECORD").write_text(
        f"{name}.py,sha256=0,6\n{info.name}/METADATA,sha256=0,{len(name) + 7}\n"
        f"{info.name}/RECORD,,\n"
    )
    return module


def lose(module: Path) -> None:
    module.unlink()


def truncate(module: Path) -> None:
    module.write_text("x")


def lose_the_list(module: Path) -> None:
    (module.parent / "a_package-1.0.dist-info/RECORD").unlink()


def damage_the_list(module: Path) -> None:
    (module.parent / "a_package-1.0.dist-info/RECORD").write_text("a_package.py,,six\n")


@pytest.mark.parametrize("damage", [lose, truncate, lose_the_list, damage_the_list])
def test_a_damaged_package_is_found_and_installed_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Path], None]
) -> None:
    module = add_package(workspace, "a_package")
    add_package(workspace, "b")
    uv = RecordedUv(monkeypatch, 0, 0)
    assert EnvironmentManager(workspace.root).inspected_health(COMMON) is Health.OK
    damage(module)
    manager = EnvironmentManager(workspace.root)
    assert manager.inspected_health(COMMON) is Health.DAMAGED
    announced: list[str] = []
    with pytest.raises(IndicsubsError, match=r"rm -r venv/common && just setup common"):
        manager.build(COMMON, announced.append)  # this uv repairs nothing
    assert uv.calls[-1][6:] == ["--reinstall-package", "a-package"]
    assert announced == ["Repairing the common environment..."]


def test_packages_that_the_lock_has_and_the_environment_has_not_are_installed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = RecordedUv(monkeypatch, 1, 1, 0)
    manager = EnvironmentManager(workspace.root)
    assert manager.health(COMMON) is Health.OK, "its note says so"
    assert manager.inspected_health(COMMON) is Health.DAMAGED
    assert manager.build(COMMON, lambda _: None)
    assert uv.calls[-1][6:] == []


def test_without_uv_an_environment_is_not_called_damaged(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    RecordedUv(monkeypatch, FileNotFoundError)
    assert EnvironmentManager(workspace.root).inspected_health(COMMON) is Health.OK


@pytest.mark.parametrize("lost", ["pyvenv.cfg", "bin/python"])
def test_a_folder_that_leads_to_another_python_is_removed_before_uv_sees_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, lost: str
) -> None:
    """uv would take the packages of the Python behind the link for those of the environment."""
    folder = workspace.root / "venv/common"
    (folder / lost).unlink()
    manager = EnvironmentManager(workspace.root)
    assert manager.inspected_health(COMMON) is Health.INCOMPLETE
    with pytest.raises(IndicsubsError, match=r"common \(incomplete\)"):
        manager.require_installed([COMMON])
    RecordedUv(monkeypatch, 1)
    with pytest.raises(IndicsubsError, match="could not build"):
        manager.build(COMMON, lambda _: None)
    assert not folder.exists()


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


def test_a_lock_that_changes_while_the_program_runs_is_read_again(tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_bytes(LOCK.read_bytes())
    old = member_digest(lock, "indicsubs-indictrans2", with_test_tools=True)
    lock.write_bytes(with_another("sentencepiece", tmp_path).read_bytes())
    assert member_digest(lock, "indicsubs-indictrans2", with_test_tools=True) != old


def test_a_tool_of_the_tests_outdates_an_environment_and_no_result(tmp_path: Path) -> None:
    changed = with_another("pytest", tmp_path)
    for counts in (True, False):
        old, new = (
            member_digest(lock, "indicsubs-whisperx", with_test_tools=counts)
            for lock in (LOCK, changed)
        )
        assert (old != new) == counts
