"""A CTC aligner in Hugging Face's Wav2Vec2ForCTC layout, through transformers and torchaudio.

WhisperX's own loader and path search are not used. Importing the loader takes 5.3 CPU-seconds with
byte code, but this module takes 4.8; the loader also skips the model's input normalisation. After
uncertain silence, WhisperX's path search places words seconds too early, and torchaudio's does not
(whisperX issue 1451). ``forced_align`` warns that torchaudio 2.9 removes it; the lock has 2.8.
"""

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torchaudio.functional import forced_align, merge_tokens
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForCTC

from indicsubs_contract.audio import RATE
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.spelling import read_vocabulary
from indicsubs_recognition.word_times import TokenSpan

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

    def __init__(self, model: ModelFolder, device: Device, context: Context) -> None:
        _check_device(device)
        folder = find_model(context, model, ("config.json", "vocab.json"), _WEIGHTS)
        self._device = device
        self._network = _load(folder, model.name).to(device)
        config = self._network.config
        self.vocabulary = read_vocabulary(
            _read_tokens(folder, model.name),
            _read_json(folder / "tokenizer_config.json").get("word_delimiter_token") or "|",
            blank=config.pad_token_id,
            columns=config.vocab_size,
        )
        stride = math.prod(config.conv_stride)
        self.frame_ms = stride * 1000 / RATE
        self._field = 1
        for kernel, step in zip(config.conv_kernel[::-1], config.conv_stride[::-1], strict=True):
            self._field = (self._field - 1) * step + kernel
        self._stride = stride
        self._normalize = _read_json(folder / "preprocessor_config.json").get("do_normalize", True)

    def frames(self, samples: int) -> int:
        """Returns the number of frames that the network computes for a number of samples."""
        return max(0, (samples - self._field) // self._stride + 1)

    def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
        """Finds the frames of each column in the samples (16 kHz mono 16-bit), in order.

        The samples must have at least ``spelling.frames_needed`` frames.
        """
        scores = self._emissions(data)[None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the deprecation that the module's docstring mentions
            path, probabilities = forced_align(
                scores,
                torch.tensor([list(columns)], dtype=torch.int32),
                blank=self.vocabulary.blank,
            )
            spans = merge_tokens(path[0], probabilities[0].exp(), blank=self.vocabulary.blank)
        return [TokenSpan(start=s.start, end=s.end, probability=min(1.0, s.score)) for s in spans]

    @torch.inference_mode()
    def _emissions(self, data: bytes) -> torch.Tensor:
        """Returns log-probabilities [frames, columns + 1]; the last column is the star.

        Any sound fits a star, so its score is the best score of all columns except the blank's.
        """
        samples = torch.from_numpy(float_samples(data))
        if self._normalize:
            variance = samples.var(correction=0)
            samples = (samples - samples.mean()) / torch.sqrt(variance + _VARIANCE_OFFSET)
        logits = self._network(samples[None].to(self._device)).logits[0].float().cpu()
        scores = logits.log_softmax(-1)
        sounds = scores.clone()
        sounds[:, self.vocabulary.blank] = -math.inf
        return torch.cat([scores, sounds.max(-1, keepdim=True).values], -1)


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
