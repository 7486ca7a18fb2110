"""Finding and loading the files of a model."""

from pathlib import Path

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.model_files import find_model, load_errors_reported

WEIGHTS = ("model.safetensors", "model.bin")


def find(folder: Path) -> Path:
    model = ModelFolder(name="test", folder=str(folder / "model"), fingerprint="")
    return find_model(model, ("config.json",), WEIGHTS)


@pytest.mark.parametrize("weights", WEIGHTS)
def test_a_model_needs_one_of_its_weights(tmp_path: Path, weights: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    for name in ("config.json", weights):
        (folder / name).touch()
    assert find(tmp_path) == folder


def test_absent_files_are_named(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").touch()
    with pytest.raises(IndicsubsError, match=r"lacks model\.safetensors \("):
        find(tmp_path)
    (tmp_path / "model" / "config.json").unlink()
    with pytest.raises(IndicsubsError, match=r"lacks model\.safetensors, config\.json") as caught:
        find(tmp_path)
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_an_absent_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(IndicsubsError, match=str(tmp_path / "model")) as caught:
        find(tmp_path)
    assert caught.value.code is FailureCode.MISSING_MODEL


@pytest.mark.parametrize("error", [KeyError, OSError, RuntimeError, TypeError, ValueError])
def test_a_library_s_error_names_the_model_and_its_layout(
    tmp_path: Path, error: type[Exception]
) -> None:
    with (
        pytest.raises(
            IndicsubsError, match=r"The model test does not load .*wrong.*a CTC"
        ) as caught,
        load_errors_reported("test", "a CTC model", tmp_path),
    ):
        raise error("wrong")
    assert caught.value.code is FailureCode.MISSING_MODEL
    assert str(tmp_path) in caught.value.message


def test_a_full_device_is_not_the_model_s_fault(tmp_path: Path) -> None:
    with (
        pytest.raises(RuntimeError, match="out of memory"),
        load_errors_reported("test", "a CTC model", tmp_path),
    ):
        raise RuntimeError("CUDA out of memory")


def test_bugs_are_not_the_model_s_fault(tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        load_errors_reported("test", "a CTC model", tmp_path),
    ):
        raise ZeroDivisionError
