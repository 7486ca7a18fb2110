"""Loads the network of an aligner through transformers, whose import takes seconds."""

from pathlib import Path

from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForCTC

from indicsubs_contract.errors import FailureCode, IndicsubsError


def load_network(folder: Path, name: str) -> Wav2Vec2ForCTC:
    """Returns the network of an aligner in float32.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the weights are not those of an aligner.
        OSError, RuntimeError, ValueError: A file is damaged.
    """
    network, report = Wav2Vec2ForCTC.from_pretrained(
        folder, local_files_only=True, output_loading_info=True
    )
    absent = [key for key in report["missing_keys"] if key.startswith("lm_head")]
    if absent:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} is not an aligner: it has no weights for {', '.join(absent)}. Name"
            " one that was fine-tuned with CTC.",
        )
    return network.eval()
