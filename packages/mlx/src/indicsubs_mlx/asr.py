"""Stage asr by MLX-Whisper, on the GPU of Apple Silicon, or on a CPU for tests."""

from pathlib import Path

import mlx.core as mx
from mlx_whisper.load_models import load_model
from mlx_whisper.whisper import Whisper

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.loaded_models import LOADED_MODELS, ModelKey
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_mlx.recogniser import MlxWhisper
from indicsubs_mlx.whisper_conversion import in_mlx_layout
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.recognise import recognise

_WEIGHTS = ("weights.safetensors", "weights.npz")
_DTYPES = {"float16": mx.float16, "float32": mx.float32}


def prepare(known: Preparation) -> None:
    """Loads the model if its name is already known.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    if known.model is not None:
        loaded_model(known.model, known.device, known.compute_type)


def run(request: AsrRequest, context: Context) -> AsrResult:
    """Recognises the speech.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent or cannot compute in the number
            format; ``MISSING_MODEL`` where the model's files are absent or do not load; any that
            :func:`~indicsubs_recognition.recognise.recognise` raises.
    """
    return recognise(request, context, lambda: load_engine(request), "mlx", has_window=True)


def load_engine(request: AsrRequest) -> MlxWhisper:
    """Returns the recogniser for a request.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    return MlxWhisper(loaded_model(request.model, request.device, request.compute_type), request)


def loaded_model(model: ModelFolder, device: Device, compute_type: ComputeType) -> Whisper:
    """Returns a loaded model, and makes MLX compute on the device.

    Raises:
        IndicsubsError: ``DEVICE`` or ``MISSING_MODEL``, as in :func:`run`.
    """
    _choose_device(device, compute_type)  # for this request, whose model may be loaded already

    def load() -> Whisper:
        folder = find_model(in_mlx_layout(model), ("config.json",), _WEIGHTS)
        return _load(folder, model.name, compute_type)

    return LOADED_MODELS.get(ModelKey(model, ("mlx", device, compute_type)), load)


def _choose_device(device: str, compute_type: str) -> None:
    """Makes MLX compute on a device.

    Raises:
        IndicsubsError: ``DEVICE`` where MLX lacks the device, or the number format on the device.
    """
    if device == "cuda":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "MLX runs on Apple's GPU, not on CUDA. Give --backend whisperx.",
        )
    if device == "mps" and not mx.metal.is_available():
        raise IndicsubsError(
            FailureCode.DEVICE, "This machine has no Apple GPU. Give --backend whisperx."
        )
    if compute_type == "int8" or (compute_type == "float16" and device == "cpu"):
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"MLX-Whisper does not compute in {compute_type} on {device}: it takes float16 on"
            " Apple's GPU and float32 on a CPU.",
        )
    mx.set_default_device(mx.cpu if device == "cpu" else mx.gpu)


def _load(folder: Path, name: str, compute_type: str) -> Whisper:
    dtype = _DTYPES[compute_type]
    with load_errors_reported(name, "a Whisper model in MLX's layout", folder):
        model = load_model(str(folder), dtype)
    model.set_dtype(dtype)
    return model
