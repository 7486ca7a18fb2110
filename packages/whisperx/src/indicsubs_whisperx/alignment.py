"""Stage alignment by a CTC network of the wav2vec2 family.

On the CPU it runs by ONNX Runtime, on GPUs by torch.
"""

from indicsubs_contract.context import Context
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.align import AlignmentEngine, align
from indicsubs_whisperx.onnx_aligner import COMPUTE_TYPES, OnnxAligner
from indicsubs_whisperx.wav2vec2 import AlignerFiles


def prepare(known: Preparation) -> None:
    """Imports the engine. It loads no model, because the recogniser's is still in memory."""
    if not _runs_by_onnx(known.device, known.compute_type):
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
        files = AlignerFiles(model, context)
        if _runs_by_onnx(request.device, request.compute_type):
            return OnnxAligner(files, model, request.compute_type)
        from indicsubs_whisperx.torch_aligner import TorchAligner

        return TorchAligner(files, request.device, request.compute_type)

    return align(request, context, load)


def _runs_by_onnx(device: Device, compute_type: ComputeType) -> bool:
    return device == "cpu" and compute_type in COMPUTE_TYPES
