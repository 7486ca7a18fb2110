"""An IndicConformer model that is loaded: recognition in two ways, and scores for alignment."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from indicsubs_contract.audio import RATE
from indicsubs_contract.messages.asr import Decoding
from indicsubs_indicconformer.acoustic_network import FRAME_MS, AcousticNetwork
from indicsubs_indicconformer.checkpoint import Checkpoint, read_checkpoint
from indicsubs_indicconformer.ctc import decode_ctc
from indicsubs_indicconformer.features import log_mel_features
from indicsubs_indicconformer.transducer import Transducer
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.model_files import load_errors_reported
from indicsubs_recognition.samples import float_samples

BYTES_PER_MS = 2 * RATE // 1000
LAYOUT = "an IndicConformer model in its official ONNX layout, or made smaller by indicsubs"


class IndicConformer:
    """A model with its networks open. Languages are IndicConformer's codes."""

    frame_ms = FRAME_MS

    def __init__(
        self, checkpoint: Checkpoint, network: AcousticNetwork, name: str, device: str
    ) -> None:
        self.languages = frozenset(checkpoint.pieces)
        self._checkpoint = checkpoint
        self._network = network
        self._name = name
        self._device = device
        self._transducer: tuple[str, Transducer] | None = None

    def script(self, language: str) -> str | None:
        """Returns the ISO 15924 code of the script that the model writes a language in."""
        return self._checkpoint.script(language)

    def pieces(self, language: str) -> tuple[str, ...]:
        """Returns the 256 pieces of text of a language; ``▁`` begins a word."""
        return self._checkpoint.pieces[language]

    def emissions(self, chunks: Sequence[bytes], language: str) -> list[npt.NDArray[np.float32]]:
        """Returns the log probability of each piece in each frame of each chunk.

        Args:
            chunks: The chunks of one batch; 16 kHz mono little-endian 16-bit samples.
            language: The language whose pieces are scored.

        Returns:
            For each chunk an array of the shape [frames, 257]; the last column is the blank.

        Raises:
            RuntimeError: The memory of the device is full.
        """
        return self._network.emissions(_features(chunks), language)

    def decode(
        self, chunks: Sequence[bytes], language: str, decoding: Decoding
    ) -> list[DecodedChunk]:
        """Returns the text and the words of each chunk, without punctuation.

        Args:
            chunks: The chunks of one batch; 16 kHz mono little-endian 16-bit samples.
            language: The language that is spoken.
            decoding: The decoder.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where the model has no transducer and one is asked
                for, or where its files are damaged.
            RuntimeError: The memory of the device is full.
        """
        lengths = [len(chunk) // BYTES_PER_MS for chunk in chunks]
        if decoding == "rnnt":
            transducer = self._transducer_of(language)
            encoded = self._network.encode(_features(chunks))
            return [
                transducer.decode(row, length) for row, length in zip(encoded, lengths, strict=True)
            ]
        pieces = self.pieces(language)
        return [
            decode_ctc(row, pieces, length)
            for row, length in zip(self.emissions(chunks, language), lengths, strict=True)
        ]

    def _transducer_of(self, language: str) -> Transducer:
        """Returns the transducer of a language; that of another language is dropped first."""
        if self._transducer is None or self._transducer[0] != language:
            self._transducer = None
            self._transducer = language, self._open_transducer(language)
        return self._transducer[1]

    def _open_transducer(self, language: str) -> Transducer:
        with load_errors_reported(self._name, LAYOUT, self._checkpoint.folder):
            transducer = Transducer(self._checkpoint, self._name, language, self._device)
            (encoded,) = self._network.encode(_features([bytes(100 * BYTES_PER_MS)]))
            transducer.decode(encoded, 100)
        return transducer


def open_model(folder: Path, name: str, device: str) -> IndicConformer:
    """Opens a model.

    Args:
        folder: A folder with one of the two layouts, all of whose files exist.
        name: The model's name, for errors.
        device: ``cpu`` or ``cuda``.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the files are damaged; ``DEVICE`` where CUDA
            cannot be used.
    """
    with load_errors_reported(name, LAYOUT, folder):
        checkpoint = read_checkpoint(folder)
        network = AcousticNetwork(checkpoint, device)
    return IndicConformer(checkpoint, network, name, device)


def _features(chunks: Sequence[bytes]) -> list[npt.NDArray[np.float32]]:
    # A chunk after the end of the audio has no samples, and gets one.
    return [log_mel_features(float_samples(chunk or bytes(2))) for chunk in chunks]
