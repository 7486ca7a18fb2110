"""Stage alignment by a CTC network of the wav2vec2 family."""

from indicsubs_contract.context import Context
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.align import AlignmentEngine, align


def prepare(_known: Preparation) -> None:
    """Imports the engine. It loads no model, because the recogniser's is still in memory."""
    import indicsubs_whisperx.aligner  # noqa: F401 - importing torch takes seconds


def run(request: AlignmentRequest, context: Context) -> AlignmentResult:
    """Aligns each segment.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent; ``MISSING_MODEL`` where the model's
            files are absent, do not load, or are not an aligner of one language; any that
            :func:`~indicsubs_recognition.align.align` raises.
    """

    def load(model: ModelFolder) -> AlignmentEngine:
        from indicsubs_whisperx.aligner import Wav2Vec2Aligner

        return Wav2Vec2Aligner(model, request.device, request.compute_type, context)

    return align(request, context, load)
