"""Finds the model of a request in the layout that faster-whisper reads."""

from pathlib import Path

from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.whisper_layouts import WHISPER_CTRANSLATE2
from indicsubs_recognition.whisper_checkpoint import model_for_engine

VERSION = 1
"""The version of the converter. Increase it when the converter's output changes; all models are
then converted again."""


def in_ctranslate2_layout(model: ModelFolder) -> ModelFolder:
    """Returns a model as it is, or converted where it has transformers' layout.

    Raises:
        IndicsubsError: As :func:`~indicsubs_recognition.whisper_checkpoint.model_for_engine`.
    """
    return model_for_engine(model, WHISPER_CTRANSLATE2, VERSION, _convert)


def _convert(folder: Path, place: Path) -> None:
    from indicsubs_whisperx.whisper_conversion import convert  # imports torch, which takes seconds

    convert(folder, place)
