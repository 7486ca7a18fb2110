"""Stage witness by Whisper: hears again what another recogniser heard."""

from indicsubs_contract.context import Context
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_mlx.asr import load_engine, prepare
from indicsubs_recognition.hear_again import hear_again

__all__ = ["prepare", "run"]


def run(request: WitnessRequest, context: Context) -> WitnessResult:
    """Hears the segments. Whisper invents text in silence, so it hears no gaps between them.

    Raises:
        IndicsubsError: ``DEVICE`` and ``MISSING_MODEL``, as stage asr; any that
            :func:`~indicsubs_recognition.hear_again.hear_again` raises.
    """
    return hear_again(request, context, load_engine, hears_blanks=False)
