"""The encoder and the CTC head: from features of chunks to scores of pieces in each frame."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from indicsubs_indicconformer.checkpoint import CTC_HEAD, ENCODER, SMALL, Checkpoint
from indicsubs_indicconformer.features import BANDS
from indicsubs_networks.sessions import OnnxNetwork, Port

FRAME_MS = 80
"""The length of one frame of the encoder, which are 8 frames of features."""
_FEATURE_FRAMES = 8

FloatArray = npt.NDArray[np.float32]

_AUDIO, _LENGTH = Port("audio_signal", "float", 3), Port("length", "int", 1)
_ENCODED, _ENCODED_LENGTHS = Port("outputs", "float", 3), Port("encoded_lengths", "int", 1)
_SCORES = Port("logprobs", "float", 3)


class AcousticNetwork:
    """The encoder with its CTC head."""

    def __init__(self, checkpoint: Checkpoint, device: str) -> None:
        """Opens the networks, and runs them on a short silence.

        Raises:
            IndicsubsError: ``DEVICE`` where CUDA cannot be used.
            ValueError: A network has other inputs, outputs or sizes than IndicConformer's.
            RuntimeError: A file is damaged, or lies outside the model's folder.
        """
        folder = checkpoint.folder
        if checkpoint.is_small:
            self._whole = OnnxNetwork(
                folder / SMALL, device, (_AUDIO, _LENGTH), (_SCORES, _ENCODED_LENGTHS)
            )
        else:
            self._encoder = OnnxNetwork(
                folder / ENCODER, device, (_AUDIO, _LENGTH), (_ENCODED, _ENCODED_LENGTHS)
            )
            self._head = OnnxNetwork(
                folder / CTC_HEAD, device, (Port("encoder_output", "float", 3),), (_SCORES,)
            )
        self._is_small = checkpoint.is_small
        self._columns = checkpoint.columns
        frames = 4
        silence = np.zeros((BANDS, _FEATURE_FRAMES * frames), np.float32)
        (scores,) = self._scores([silence])
        if scores.shape != (frames, checkpoint.head_columns):
            raise ValueError(
                f"the network gives scores of the shape {scores.shape}, where language_masks.json"
                f" wants {(frames, checkpoint.head_columns)}"
            )

    def encode(self, features: Sequence[FloatArray]) -> list[FloatArray]:
        """Returns the encoder's output of each chunk, shape [frames, size].

        Only the official layout has the encoder alone.

        Args:
            features: The features of the chunks of one batch, each of the shape [80, frames].
        """
        outputs, lengths = self._encoder.run(*_padded(features))
        return [
            row[:, :length].T.astype(np.float32)
            for row, length in zip(outputs, lengths, strict=True)
        ]

    def emissions(self, features: Sequence[FloatArray], language: str) -> list[FloatArray]:
        """Returns the log probabilities of a language's pieces in each frame of each chunk.

        Args:
            features: The features of the chunks of one batch, each of the shape [80, frames].
            language: IndicConformer's code.

        Returns:
            For each chunk an array of the shape [frames, 257]; the last column is the blank.
        """
        columns = self._columns[language]
        return [log_softmax(scores[:, columns]) for scores in self._scores(features)]

    def _scores(self, features: Sequence[FloatArray]) -> list[Any]:
        """Returns the scores of all columns, shape [frames, columns], for each chunk."""
        if self._is_small:
            # One by one: the scale of int8 inputs is found for a whole batch, so that a chunk's
            # neighbours would change its scores.
            alone = [self._whole.run(*_padded([chunk])) for chunk in features]
            return [scores[0, : lengths[0]] for scores, lengths in alone]
        # The head gets the encoder's output as it is: [chunks, size, frames].
        encoded, lengths = self._encoder.run(*_padded(features))
        (scores,) = self._head.run(encoded)
        return [row[:length] for row, length in zip(scores, lengths, strict=True)]


def log_softmax(scores: FloatArray) -> FloatArray:
    """Returns log probabilities over the last axis."""
    shifted = scores.astype(np.float32) - scores.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


def _padded(features: Sequence[FloatArray]) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Returns the features of all chunks, filled up with zeros, and their numbers of frames."""
    lengths = np.array([row.shape[1] for row in features], np.int64)
    batch = np.zeros((len(features), BANDS, lengths.max()), np.float32)
    for row, chunk in zip(batch, features, strict=True):
        row[:, : chunk.shape[1]] = chunk
    return batch, lengths
