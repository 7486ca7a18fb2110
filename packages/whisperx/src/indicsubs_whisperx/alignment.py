"""Stage alignment by a CTC network of the wav2vec2 family.

On the CPU it runs by ONNX Runtime, on GPUs by torch.
"""

from typing import Final

from indicsubs_contract.context import Context
from indicsubs_contract.loaded_models import LOADED_MODELS, ModelKey
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.align import AlignmentEngine, align

_BY_ONNX: Final[tuple[ComputeType, ...]] = ("int8", "float32")
"""The number formats in which ONNX Runtime computes on the CPU."""


def prepare(known: Preparation) -> None:
    """Imports the engine. It loads no model, because the recogniser's is still in memory."""
    if _runs_by_onnx(known.device, known.compute_type):
        import indicsubs_whisperx.onnx_aligner
    else:
        import indicsubs_whisperx.torch_aligner  # noqa: F401 - importing torch takes seconds


def run(request: AlignmentRequest, context: Context) -> AlignmentResult:
    """Aligns each segment.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent; ``MISSING_MODEL`` where the model's
            files are absent, do not load, or are not an aligner of one language; ``IO_ERROR`` where
            the disk is too full for the converted model; any that
            :func:`~indicsubs_recognition.align.align` raises.
    """

    def load(model: ModelFolder) -> AlignmentEngine:
        return load_aligner(model, request.device, request.compute_type)

    return align(request, context, load)


def load_aligner(model: ModelFolder, device: Device, compute_type: ComputeType) -> AlignmentEngine:
    """Returns the engine for a device and a number format, with its model loaded.

    Raises:
        IndicsubsError: ``DEVICE``, ``MISSING_MODEL`` or ``IO_ERROR``, as in :func:`run`.
    """
    return LOADED_MODELS.get(
        ModelKey(model, ("aligner", device, compute_type)),
        lambda: _load(model, device, compute_type),
    )


def _load(model: ModelFolder, device: Device, compute_type: ComputeType) -> AlignmentEngine:
    from indicsubs_whisperx.wav2vec2 import AlignerFiles

    files = AlignerFiles(model)
    if _runs_by_onnx(device, compute_type):
        from indicsubs_whisperx.onnx_aligner import OnnxAligner

        return OnnxAligner(files, model, compute_type)
    from indicsubs_whisperx.torch_aligner import TorchAligner

    return TorchAligner(files, device, compute_type)


def _runs_by_onnx(device: Device, compute_type: ComputeType) -> bool:
    return device == "cpu" and compute_type in _BY_ONNX
