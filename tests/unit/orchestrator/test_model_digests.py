"""A model from the hub is what it was at its first use, or is named."""

import hashlib
import os
from pathlib import Path

import fake_workspace
import pytest
from fake_workspace import CPU, indicsubs, spec

from indicsubs.machine.digest_record import LARGE_FILE
from indicsubs.machine.model_digests import MODELS_FILE, check_model_files
from indicsubs.machine.models import is_of_hub
from indicsubs.machine.profiles import MODELS
from indicsubs.machine.workspace import Workspace
from indicsubs.run.run_state import RunState
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName

NAME = "Systran/faster-whisper-small"
WEIGHTS = b"w" * LARGE_FILE


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The model in a cache with the layout of the hub's."""
    repository = tmp_path / "hub" / "models--Systran--faster-whisper-small"
    folder = repository / "snapshots" / "0123abcd"
    (repository / "blobs").mkdir(parents=True)
    layout = MODELS[NAME].layout
    for file in (*layout.files, layout.weights[0]):
        content = WEIGHTS if file == layout.weights[0] else b"{}"
        blob = repository / "blobs" / hashlib.sha256(content).hexdigest()
        blob.write_bytes(content)
        link = folder / file
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(os.path.relpath(blob, link.parent))
    monkeypatch.setattr("indicsubs.machine.models.snapshot_download", lambda *_, **__: str(folder))
    return folder


def replace_weights(folder: Path, content: bytes) -> None:
    """Puts another file in the place of the link to the weights."""
    path = folder / MODELS[NAME].layout.weights[0]
    path.unlink()
    path.write_bytes(content)


def refused(folder: Path, cache: Path) -> str:
    with pytest.raises(IndicsubsError) as error:
        check_model_files(NAME, folder, cache)
    assert error.value.code is FailureCode.MISSING_MODEL
    return error.value.message


def test_a_changed_weight_is_named_with_the_next_step(folder: Path, tmp_path: Path) -> None:
    check_model_files(NAME, folder, tmp_path)
    check_model_files(NAME, folder, tmp_path)
    replace_weights(folder, WEIGHTS[:-1] + b"x")
    message = refused(folder, tmp_path)
    assert MODELS[NAME].layout.weights[0] in message
    assert f"just models fetch {NAME}" in message


def test_a_download_that_was_damaged_is_found_at_the_first_use(folder, tmp_path) -> None:
    blob = (folder / MODELS[NAME].layout.weights[0]).resolve()
    blob.write_bytes(WEIGHTS[:-1] + b"x")
    assert f"Delete {blob} and fetch it again" in refused(folder, tmp_path)


def test_another_revision_and_new_files_are_recorded(folder: Path, tmp_path: Path) -> None:
    check_model_files(NAME, folder, tmp_path)
    (folder / "added.json").write_text("1")
    check_model_files(NAME, folder, tmp_path)
    (folder / "added.json").write_text("2")
    assert "added.json changed" in refused(folder, tmp_path)
    check_model_files(NAME, folder.rename(folder.with_name("4567")), tmp_path)


def test_a_damaged_record_is_made_again(folder: Path, tmp_path: Path) -> None:
    check_model_files(NAME, folder, tmp_path)
    (tmp_path / MODELS_FILE).write_text("{")
    check_model_files(NAME, folder, tmp_path)
    replace_weights(folder, b"x")
    assert "changed" in refused(folder, tmp_path)
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    check_model_files(NAME, folder, in_the_way)  # nothing can be recorded there


def test_a_run_compares_and_a_fetch_accepts(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "work").mkdir()
    workspace: Workspace = fake_workspace.for_commands(tmp_path / "work", monkeypatch)
    asked = spec(workspace.root, profile="fast", asr_model=NAME)
    state = RunState(workspace=workspace, spec=asked, placement=CPU, results={})
    use = CPU.preferred(StageName.ASR, "whisper")
    state.model(NAME, use)
    replace_weights(folder, WEIGHTS[:-1] + b"x")
    with pytest.raises(IndicsubsError, match="not as it was at its first use"):
        state.model(NAME, use)
    assert indicsubs("models", "fetch", NAME) == 0
    state.model(NAME, use)


def test_only_models_from_the_hub_are_compared(folder: Path, tmp_path: Path) -> None:
    assert is_of_hub(NAME, folder)
    assert not is_of_hub("demo/aligner-hi", tmp_path / "models" / "demo" / "aligner-hi")
    assert not is_of_hub(str(folder), folder)
    assert not is_of_hub("my/model", tmp_path / "my" / "model")
