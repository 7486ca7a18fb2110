"""What is the same for both engines of a CTC aligner in Hugging Face's Wav2Vec2ForCTC layout.

WhisperX's own loader and path search are not used. The loader imports torch on every processor,
skips the model's input normalisation, and gives the network one segment at a time. After uncertain
silence, WhisperX's path search places words seconds too early (whisperX issue 1451);
``indicsubs_recognition.ctc_path`` does not.
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import numpy.typing as npt

from indicsubs_contract.audio import RATE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.model_layout import TRANSFORMERS_WEIGHTS
from indicsubs_recognition.checkpoint_files import read_json
from indicsubs_recognition.model_files import find_model, load_errors_reported
from indicsubs_recognition.samples import float_samples
from indicsubs_recognition.spelling import Vocabulary, read_vocabulary

DESCRIPTION = "a Wav2Vec2ForCTC model in Hugging Face's layout"
_VARIANCE_OFFSET = 1e-7
"""The number added to the variance (transformers, feature_extraction_wav2vec2.py)."""

Samples = npt.NDArray[np.float32]
T = TypeVar("T")


class Config(msgspec.Struct, frozen=True):
    """The parts of ``config.json`` that describe input and output (defaults: transformers)."""

    vocab_size: int = 32
    pad_token_id: int = 0
    """The column of the blank."""
    conv_kernel: tuple[int, ...] = (10, 3, 3, 3, 3, 2, 2)
    conv_stride: tuple[int, ...] = (5, 2, 2, 2, 2, 2, 2)
    """The lengths and steps of the convolutions that turn samples into frames."""
    feat_extract_norm: str = "group"


class _TokenizerConfig(msgspec.Struct, frozen=True):
    word_delimiter_token: Any = None


class _PreprocessorConfig(msgspec.Struct, frozen=True):
    do_normalize: bool = True


class AlignerFiles:
    """The facts that an aligner's folder states besides its weights.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where a file is absent or damaged, or the aligner knows
            many languages.
    """

    def __init__(self, model: ModelFolder) -> None:
        self.name = model.name
        self.folder = find_model(model, ("config.json", "vocab.json"), TRANSFORMERS_WEIGHTS)
        with load_errors_reported(self.name, DESCRIPTION, self.folder):
            self.config = read_json(self.folder / "config.json", Config)
            self.vocabulary = self._read_vocabulary()
            self._normalises = _read_if_there(
                self.folder / "preprocessor_config.json", _PreprocessorConfig
            ).do_normalize
            self.stride = math.prod(self.config.conv_stride)
            self.least_samples = 1
            layers = zip(self.config.conv_kernel[::-1], self.config.conv_stride[::-1], strict=True)
            for kernel, step in layers:
                self.least_samples = (self.least_samples - 1) * step + kernel
        self.frame_ms = self.stride * 1000 / RATE

    def frames(self, samples: int) -> int:
        """Returns the number of frames of so many samples."""
        return (samples - self.least_samples) // self.stride + 1

    def network_input(self, data: bytes) -> Samples:
        """Returns the samples of a chunk (16 kHz mono 16-bit) as the network wants them."""
        samples = float_samples(data)
        if not self._normalises:
            return samples
        return (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(_VARIANCE_OFFSET))

    def _read_vocabulary(self) -> Vocabulary:
        tokens = read_json(self.folder / "vocab.json", dict[str, Any])
        if not all(isinstance(column, int) for column in tokens.values()):
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The aligner {self.name} has a vocabulary for each of many languages, which"
                " indicsubs does not read. Name an aligner of one language.",
            )
        settings = _read_if_there(self.folder / "tokenizer_config.json", _TokenizerConfig)
        delimiter = settings.word_delimiter_token
        return read_vocabulary(
            tokens,
            delimiter if isinstance(delimiter, str) and delimiter else "|",
            blank=self.config.pad_token_id,
            columns=self.config.vocab_size,
        )


class Wav2Vec2Aligner:
    """What the engines have in common as ``AlignmentEngine``."""

    def __init__(self, files: AlignerFiles) -> None:
        self._files = files
        self.vocabulary = files.vocabulary
        self.frame_ms = files.frame_ms
        self.least_samples = files.least_samples

    def _inputs(self, chunks: Sequence[bytes]) -> list[Samples]:
        return [self._files.network_input(chunk) for chunk in chunks]


def _read_if_there(path: Path, kind: type[T]) -> T:
    return read_json(path, kind) if path.is_file() else kind()
