"""Stage witness by IndicConformer: hears again what Whisper heard, and the gaps between."""

from indicsubs_contract.context import Context
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_indicconformer.asr import PunctuatingRecogniser, prepare
from indicsubs_recognition.hear_again import hear_again

__all__ = ["prepare", "run"]


def run(request: WitnessRequest, context: Context) -> WitnessResult:
    """Hears the segments. Its networks answer silence, noise and music with blanks.

    Raises:
        IndicsubsError: ``DEVICE`` and ``MISSING_MODEL``, as stage asr; any that
            :func:`~indicsubs_recognition.hear_again.hear_again` raises.
    """
    return hear_again(request, context, PunctuatingRecogniser, hears_blanks=True)
