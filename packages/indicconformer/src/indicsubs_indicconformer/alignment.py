"""Stage alignment by IndicConformer's CTC head, which knows 22 languages."""

from collections.abc import Sequence

from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_indicconformer.asr import load_model, prepare
from indicsubs_indicconformer.features import HOP
from indicsubs_indicconformer.indic_conformer import IndicConformer
from indicsubs_recognition.align import align
from indicsubs_recognition.ctc_path import Scores
from indicsubs_recognition.spelling import Vocabulary

__all__ = ["prepare", "run"]

_WORD_START = "▁"
_UNKNOWN = "<unk>"
"""The official vocabularies have this entry, which stands for no letters."""


def run(request: AlignmentRequest, context: Context) -> AlignmentResult:
    """Aligns each segment that has no times of IndicConformer's own yet.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the model does not know the language; ``DEVICE`` and
            ``MISSING_MODEL``, as stage asr; any that
            :func:`~indicsubs_recognition.align.align` raises.
    """

    def load(model: ModelFolder) -> ConformerAligner:
        network = load_model(model, request.device, request.compute_type)
        code = request.language
        if code is None or code not in network.languages:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"The model {model.name} does not know the language {code}. Choose another aligner"
                " with --alignment-model.",
            )
        return ConformerAligner(network, code)

    return align(request, context, load)


class ConformerAligner:
    """IndicConformer for one language; an ``AlignmentEngine``."""

    def __init__(self, network: IndicConformer, language: str) -> None:
        self._network = network
        self._language = language
        pieces = network.pieces(language)
        self.vocabulary = Vocabulary(
            columns={piece: column for column, piece in enumerate(pieces) if piece != _UNKNOWN},
            blank=len(pieces),
            star=len(pieces) + 1,
            word_start=_WORD_START,
        )
        self.frame_ms = network.frame_ms
        self.least_samples = HOP

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        """Returns the log-probabilities [frames, 257] of each chunk (16 kHz mono 16-bit)."""
        return self._network.emissions(chunks, self._language)
