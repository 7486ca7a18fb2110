"""A CTC aligner by ONNX Runtime: for the CPU, where it is faster than torch and starts at once.

The model is converted once, by torch (``aligner_conversion``).
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from indicsubs_contract.messages.engine import ComputeType
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_networks.sessions import OnnxNetwork, Port
from indicsubs_recognition.checkpoint_files import weight_files
from indicsubs_recognition.ctc_path import Scores
from indicsubs_recognition.model_conversion import converted_once
from indicsubs_recognition.model_files import load_errors_reported
from indicsubs_whisperx.wav2vec2 import DESCRIPTION, AlignerFiles, Wav2Vec2Aligner

VERSION: Final = 1
"""The version of the converter. Increase it when the converter's output changes; all models are
then converted again."""
NETWORK: Final = "aligner.onnx"
"""The name of a converted network."""


class OnnxAligner(Wav2Vec2Aligner):
    """A loaded aligner; an ``AlignmentEngine``.

    Chunks are computed one by one. On a CPU a batch is no faster, a chunk alone needs no padding,
    and the scale of int8 inputs would depend on the chunk's neighbours.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the weights do not load, or are not an aligner's;
            ``IO_ERROR`` where the disk is too full for the converted model.
    """

    def __init__(self, files: AlignerFiles, model: ModelFolder, compute_type: ComputeType) -> None:
        super().__init__(files)
        with load_errors_reported(files.name, DESCRIPTION, files.folder):
            folder = converted_once(
                model,
                f"wav2vec2-onnx-{compute_type}",
                f"an ONNX network in {compute_type}",
                VERSION,
                [files.folder / "config.json", *weight_files(files.folder)],
                partial(_convert, files, compute_type),
            )
            self._network = OnnxNetwork(
                folder / NETWORK,
                "cpu",
                (Port("samples", "float", 2),),
                (Port("scores", "float", 3),),
            )

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        """Returns the log-probabilities [frames, columns] of each chunk (16 kHz mono 16-bit)."""
        scores: list[Scores] = []
        for samples in self._inputs(chunks):
            (batch,) = self._network.run(samples[np.newaxis])
            scores.append(batch[0])
        return scores


def _convert(files: AlignerFiles, compute_type: ComputeType, place: Path) -> None:
    from indicsubs_whisperx.aligner_conversion import convert  # imports torch, which takes seconds

    convert(files.folder, files.name, compute_type, place / NETWORK)
