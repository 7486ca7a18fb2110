"""A CTC aligner in Hugging Face's Wav2Vec2ForCTC layout, through transformers and torchaudio.

WhisperX's own loader and path search are not used. The loader gains nothing here (importing it
costs 5.3 CPU-seconds with byte code, this 4.8) and skips the model's input normalisation; the
search places words seconds early after uncertain silence, which torchaudio's does not (whisperX
issue 1451). ``forced_align`` warns that torchaudio 2.9 drops it; the lock holds 2.8.
"""

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torchaudio.functional import forced_align, merge_tokens
from transformers.models.wav2vec2.modeling_wav2vec2 import Wav2Vec2ForCTC

from indicsubs_contract.audio import RATE
from indicsubs_contract.context import Context
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.spelling import vocabulary
from indicsubs_recognition.word_times import TokenSpan

_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
_TINY = 1e-7
"""Added to the variance (transformers, feature_extraction_wav2vec2.py)."""


class Wav2Vec2Aligner:
    """A loaded aligner; an ``AlignmentEngine``."""

    def __init__(self, model: ModelFolder, device: Device, context: Context) -> None:
        _check_device(device)
        folder = context.model(model, "config.json", "vocab.json")
        if not any((folder / name).is_file() for name in _WEIGHTS):
            context.model(model, _WEIGHTS[0])  # says what is missing
        self._device = device
        self._network = _load(folder, model.name).to(device)
        config = self._network.config
        self.vocabulary = vocabulary(
            _tokens(folder, model.name),
            _read(folder / "tokenizer_config.json").get("word_delimiter_token") or "|",
            blank=config.pad_token_id,
            columns=config.vocab_size,
        )
        stride = math.prod(config.conv_stride)
        self.frame_ms = stride * 1000 / RATE
        self._field = 1
        for kernel, step in zip(config.conv_kernel[::-1], config.conv_stride[::-1], strict=True):
            self._field = (self._field - 1) * step + kernel
        self._stride = stride
        self._normalize = _read(folder / "preprocessor_config.json").get("do_normalize", True)

    def frames(self, samples: int) -> int:
        """How many frames the network makes of so many samples."""
        return max(0, (samples - self._field) // self._stride + 1)

    def align(self, data: bytes, columns: Sequence[int]) -> list[TokenSpan]:
        """Where each of ``columns`` lies in the samples (16 kHz mono 16-bit).

        The caller sees to it that there are frames enough: ``spelling.frames_needed``.
        """
        scores = self._emissions(data)[None]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the deprecation that the module's docstring tells of
            path, probabilities = forced_align(
                scores,
                torch.tensor([list(columns)], dtype=torch.int32),
                blank=self.vocabulary.blank,
            )
            spans = merge_tokens(path[0], probabilities[0].exp(), blank=self.vocabulary.blank)
        return [TokenSpan(start=s.start, end=s.end, probability=min(1.0, s.score)) for s in spans]

    @torch.inference_mode()
    def _emissions(self, data: bytes) -> torch.Tensor:
        """Log-probabilities [frames, columns + 1]; the last column is the star.

        Anything but silence fits a star: it takes the best of the others, the blank left out.
        """
        samples = torch.from_numpy(np.frombuffer(data, "<i2").astype(np.float32) / 32768)
        if self._normalize:
            variance = samples.var(correction=0)
            samples = (samples - samples.mean()) / torch.sqrt(variance + _TINY)
        logits = self._network(samples[None].to(self._device)).logits[0].float().cpu()
        scores = logits.log_softmax(-1)
        sounds = scores.clone()
        sounds[:, self.vocabulary.blank] = -math.inf
        return torch.cat([scores, sounds.max(-1, keepdim=True).values], -1)


def _check_device(device: Device) -> None:
    there = {
        "cpu": lambda: True,
        "cuda": torch.cuda.is_available,
        "mps": torch.backends.mps.is_available,
    }
    if not there[device]():
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The device {device} was not found. Give --device cpu, or see `indicsubs doctor`.",
        )


def _load(folder: Path, name: str) -> Wav2Vec2ForCTC:
    try:
        network, told = Wav2Vec2ForCTC.from_pretrained(
            folder, local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The aligner {name} does not load ({error}). It must be a Wav2Vec2ForCTC model"
            f" ({folder}); fetch it again or name another.",
        ) from error
    absent = [key for key in told["missing_keys"] if key.startswith("lm_head")]
    if absent:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The model {name} is no aligner: it has no weights for {', '.join(absent)}. Name one"
            " that was fine-tuned with CTC.",
        )
    return network.eval()


def _tokens(folder: Path, name: str) -> dict[str, int]:
    tokens = _read(folder / "vocab.json")
    if not all(isinstance(column, int) for column in tokens.values()):
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"The aligner {name} has a vocabulary for each of many languages, which indicsubs does"
            " not read. Name an aligner of one language.",
        )
    return tokens


def _read(path: Path) -> dict[str, Any]:
    """A JSON file of the model, empty if it is absent: it then says nothing."""
    return json.loads(path.read_bytes()) if path.is_file() else {}
