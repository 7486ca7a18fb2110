"""Stage alignment by a CTC network of the wav2vec2 family."""

from indicsubs_contract.context import Context
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.preparation import Preparation
from indicsubs_recognition.align import AlignmentEngine, align


def prepare(_known: Preparation) -> None:
    """Imports the engine. Its model is never loaded early: the recogniser's is still in memory."""
    import indicsubs_whisperx.aligner  # noqa: F401 - torch and all: seconds


def run(request: AlignmentRequest, context: Context) -> AlignmentResult:
    """Aligns each segment.

    Raises:
        IndicsubsError: the device or the model cannot be used; as for
            :func:`~indicsubs_recognition.align.align`.
    """

    def load(model: ModelFolder) -> AlignmentEngine:
        from indicsubs_whisperx.aligner import Wav2Vec2Aligner

        return Wav2Vec2Aligner(model, request.device, context)

    return align(request, context, load)
