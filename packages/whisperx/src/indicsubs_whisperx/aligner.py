"""A CTC aligner in Hugging Face's Wav2Vec2ForCTC layout, through transformers.

WhisperX's own loader and path search are not used. Importing the loader takes 5.3 CPU-seconds with
byte code, but this module takes 4.8; the loader also skips the model's input normalisation, and
gives the network one segment at a time. After uncertain silence, WhisperX's path search places
words seconds too early (whisperX issue 1451); ``indicsubs_recognition.ctc_path`` does not.
"""

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForCTC

from indicsubs_contract.audio import RATE
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.ctc_path import Scores
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.spelling import read_vocabulary

_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_VARIANCE_OFFSET = 1e-7
"""The number added to the variance (transformers, feature_extraction_wav2vec2.py)."""


class Wav2Vec2Aligner:
    """A loaded aligner; an ``AlignmentEngine``.

    Raises:
        IndicsubsError: ``DEVICE`` where the device is absent; ``MISSING_MODEL`` where files of the
            model are absent, do not load, or are not an aligner of one language.
    """

    def __init__(
        self, model: ModelFolder, device: Device, compute_type: ComputeType, context: Context
    ) -> None:
        _check_device(device)
        folder = find_model(context, model, ("config.json", "vocab.json"), _WEIGHTS)
        self._device = device
        network = _load(folder, model.name)
        config = network.config
        self._network, self._dtype = _converted(network, compute_type)
        self._network.to(device)
        self.vocabulary = read_vocabulary(
            _read_tokens(folder, model.name),
            _read_json(folder / "tokenizer_config.json").get("word_delimiter_token") or "|",
            blank=config.pad_token_id,
            columns=config.vocab_size,
        )
        self._stride = math.prod(config.conv_stride)
        self.frame_ms = self._stride * 1000 / RATE
        self.least_samples = 1
        for kernel, step in zip(config.conv_kernel[::-1], config.conv_stride[::-1], strict=True):
            self.least_samples = (self.least_samples - 1) * step + kernel
        self._takes_batches = config.feat_extract_norm == "layer"
        self._normalize = _read_json(folder / "preprocessor_config.json").get("do_normalize", True)

    def emissions(self, chunks: Sequence[bytes]) -> list[Scores]:
        """Returns the log-probabilities [frames, columns] of each chunk (16 kHz mono 16-bit).

        Networks whose first layer is normalised over all samples (``feat_extract_norm: group``)
        get one chunk at a time, because padding would change their output.
        """
        samples = [self._normalized(data) for data in chunks]
        if self._takes_batches:
            return self._scores(samples)
        return [scores for one in samples for scores in self._scores([one])]

    def _normalized(self, data: bytes) -> torch.Tensor:
        samples = torch.from_numpy(float_samples(data))
        if not self._normalize:
            return samples
        variance = samples.var(correction=0)
        return (samples - samples.mean()) / torch.sqrt(variance + _VARIANCE_OFFSET)

    @torch.inference_mode()
    def _scores(self, samples: Sequence[torch.Tensor]) -> list[Scores]:
        lengths = [len(one) for one in samples]
        batch = torch.nn.utils.rnn.pad_sequence(list(samples), batch_first=True)
        mask = None
        if min(lengths) < max(lengths):
            mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
            mask = mask.to(self._device)
        logits = self._network(
            batch.to(self._device, self._dtype), attention_mask=mask
        ).logits.float()
        scores = logits.log_softmax(-1).cpu().numpy()
        return [
            scores[row, : (length - self.least_samples) // self._stride + 1]
            for row, length in enumerate(lengths)
        ]


def _converted(
    network: Wav2Vec2ForCTC, compute_type: ComputeType
) -> tuple[torch.nn.Module, torch.dtype]:
    """Returns the network in a number format, and the format of its input.

    int8 quantises the linear layers dynamically (torch's ``quantize_dynamic``); the convolutions
    stay in float32.
    """
    if compute_type == "int8":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch announces that torchao will replace this
            return torch.ao.quantization.quantize_dynamic(
                network, {torch.nn.Linear}, dtype=torch.qint8, inplace=True
            ), torch.float32
    dtype = {
        "float32": torch.float32,
        "float16": torch.float16,
        "bfloat16": torch.bfloat16,
    }[compute_type]
    return network.to(dtype), dtype


def _check_device(device: Device) -> None:
    is_available = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not is_available[device]():
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The device {device} was not found. Give --device cpu, or see `indicsubs doctor`.",
        )


def _load(folder: Path, name: str) -> Wav2Vec2ForCTC:
    with load_errors_reported(name, "a Wav2Vec2ForCTC model in Hugging Face's layout", folder):
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


def _read_tokens(folder: Path, name: str) -> dict[str, int]:
    tokens = _read_json(folder / "vocab.json")
    if not all(isinstance(column, int) for column in tokens.values()):
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The aligner {name} has a vocabulary for each of many languages, which indicsubs does"
            " not read. Name an aligner of one language.",
        )
    return tokens


def _read_json(path: Path) -> dict[str, Any]:
    """Returns the content of a JSON file of the model; it is empty if the file does not exist."""
    return json.loads(path.read_bytes()) if path.is_file() else {}
