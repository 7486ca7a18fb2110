"""A CTC aligner by torch: for GPUs, and for bfloat16 on the CPU."""

from collections.abc import Sequence

import torch

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_recognition.ctc_path import Scores
from indicsubs_recognition.model_files import load_errors_reported
from indicsubs_whisperx.wav2vec2 import DESCRIPTION, AlignerFiles, Samples, Wav2Vec2Aligner
from indicsubs_whisperx.wav2vec2_network import load_network

_DTYPES: dict[ComputeType, torch.dtype] = {
    "float32": torch.float32,
    "float16": torch.float16,
    "bfloat16": torch.bfloat16,
}


class TorchAligner(Wav2Vec2Aligner):
    """A loaded aligner; an ``AlignmentEngine``.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent; ``MISSING_MODEL`` where the weights
            do not load, or are not an aligner's.
    """

    def __init__(self, files: AlignerFiles, device: Device, compute_type: ComputeType) -> None:
        super().__init__(files)
        _check_device(device)
        if device == "cuda":
            # Newer versions of torch would let cuDNN plan attention for each length, which takes
            # longer than the computation (docs/decisions/0043).
            torch.backends.cuda.enable_cudnn_sdp(enabled=False)
        self._device = device
        self._dtype = _DTYPES[compute_type]
        with load_errors_reported(files.name, DESCRIPTION, files.folder):
            network = load_network(files.folder, files.name)
        self._network = network.to(device, self._dtype)
        self._takes_batches = files.config.feat_extract_norm == "layer"

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        """Returns the log-probabilities [frames, columns] of each chunk (16 kHz mono 16-bit).

        Networks whose first layer is normalised over all samples (``feat_extract_norm: group``)
        get one chunk at a time, because padding would change their output.
        """
        samples = self._inputs(chunks)
        if self._takes_batches:
            return self._scores(samples)
        return [scores for one in samples for scores in self._scores([one])]

    @torch.inference_mode()
    def _scores(self, samples: Sequence[Samples]) -> list[Scores]:
        lengths = [len(one) for one in samples]
        batch = torch.nn.utils.rnn.pad_sequence(
            [torch.from_numpy(one) for one in samples], batch_first=True
        )
        mask = None
        if min(lengths) < max(lengths):
            mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
            mask = mask.to(self._device)
        logits = self._network(
            batch.to(self._device, self._dtype), attention_mask=mask
        ).logits.float()
        scores = logits.log_softmax(-1).cpu().numpy()
        return [scores[row, : self._files.frames(length)] for row, length in enumerate(lengths)]


def _check_device(device: Device) -> None:
    is_available = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not is_available[device]():
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The device {device} was not found. Give --device cpu, or see `just doctor`.",
        )
