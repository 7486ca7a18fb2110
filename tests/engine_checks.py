"""What every recogniser that prepares its model must do."""

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from unittest.mock import Mock

import pytest

from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_contract.stages import StageName


def check_a_prepared_model_is_loaded_once(
    monkeypatch: pytest.MonkeyPatch,
    asr: ModuleType,
    loader: str,
    folder: Path,
    recognise: Callable[[Path], object],
) -> None:
    """Prepares the module ``asr`` without and with a model, then recognises with this model.

    Args:
        loader: The name in ``asr`` of the engine's function or class that loads a model.
        folder: The model's folder.
        recognise: Runs the stage with the model of a folder.
    """
    load = Mock(wraps=getattr(asr, loader))
    monkeypatch.setattr(asr, loader, load)
    asr._load.cache_clear()
    asr.prepare(Preparation(prepare=StageName.ASR))
    load.assert_not_called()
    model = ModelFolder(name="test", folder=str(folder), fingerprint="")
    asr.prepare(Preparation(prepare=StageName.ASR, model=model))
    load.assert_called_once()
    recognise(folder)
    load.assert_called_once()
