"""Stage asr by faster-whisper, which is WhisperX's recogniser.

WhisperX itself is not imported, because that takes 12 CPU-seconds and loads torch; importing
faster-whisper takes 0.4. torch is imported only for CUDA, because it loads CUDA's libraries.
"""

import os
import sys
from pathlib import Path
from typing import Any

import ctranslate2
from faster_whisper import WhisperModel

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.loaded_models import LOADED_MODELS, ModelKey
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.recognise import recognise
from indicsubs_whisperx.recogniser import FasterWhisper, LoadedWhisper
from indicsubs_whisperx.whisper_models import in_ctranslate2_layout

_MOST_THREADS = 8
"""The most threads; for one stream of batches CTranslate2 is not faster with more."""


def prepare(known: Preparation) -> None:
    """Loads the model if its name is already known.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    if known.model is not None:
        load_model(known.model, known.device, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent or cannot compute in the number
            format; ``MISSING_MODEL`` where the model's files are absent or do not load; any that
            :func:`~indicsubs_recognition.recognise.recognise` raises.
    """
    return recognise(request, context, lambda: load_engine(request), "whisperx", has_window=True)


def load_engine(request: AsrRequest) -> FasterWhisper:
    """Returns the recogniser for a request.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    return FasterWhisper(load_model(request.model, request.device, request.compute_type), request)


def load_model(model: ModelFolder, device: Device, compute_type: ComputeType) -> LoadedWhisper:
    """Returns a loaded model.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """

    def load() -> LoadedWhisper:
        _check_device(device, compute_type)
        converted = in_ctranslate2_layout(model)
        folder = find_model(converted, ("config.json", "tokenizer.json"), ("model.bin",))
        return LoadedWhisper(_load(folder, model.name, device, compute_type))

    return LOADED_MODELS.get(ModelKey(model, ("faster-whisper", device, compute_type)), load)


def _check_device(device: str, compute_type: str) -> None:
    """Checks a device and number format, because CTranslate2's own error is unclear.

    Raises:
        IndicsubsError: ``DEVICE``.
    """
    if device == "mps":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "faster-whisper cannot use Apple's GPU. Give --backend mlx or --device cpu.",
        )
    if device == "cuda" and ctranslate2.get_cuda_device_count() == 0:
        raise IndicsubsError(
            FailureCode.DEVICE,
            "No CUDA device was found. Give --device cpu, or see `just doctor`.",
        )
    if device == "cuda":
        import torch  # noqa: F401 - loads cuBLAS and cuDNN, which CTranslate2 opens by name
    supported = ctranslate2.get_supported_compute_types(device)
    if compute_type not in supported:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The {device} of this machine cannot compute in {compute_type}; it can in"
            f" {', '.join(sorted(supported))}. Use int8 on a CPU, float16 on CUDA.",
        )


def _load(folder: Path, name: str, device: str, compute_type: str) -> WhisperModel:
    torch: Any = sys.modules.get("torch")
    threads = torch.get_num_threads() if torch else 0
    with load_errors_reported(name, "a Whisper model in CTranslate2's layout", folder):
        model = WhisperModel(
            str(folder),
            device=device,
            compute_type=compute_type,
            cpu_threads=min(_MOST_THREADS, os.cpu_count() or 1),
            local_files_only=True,
        )
    if torch:
        torch.set_num_threads(threads)  # CTranslate2 has set the number for the whole process
    bands = len(model.feature_extractor.mel_filters)
    if bands != model.model.n_mels:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} needs {model.model.n_mels} mel bands, but its"
            f" preprocessor_config.json is absent or says {bands} ({folder}). Copy that file from"
            " the model that it was converted from.",
        )
    return model
