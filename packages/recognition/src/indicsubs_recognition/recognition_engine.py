"""The interface between stage asr and its engines."""

from collections.abc import Sequence
from typing import Protocol

from indicsubs_recognition.decoded_chunk import DecodedChunk


class RecognitionEngine(Protocol):
    """A recogniser with its model loaded. Chunks are 16 kHz mono little-endian 16-bit samples.

    Its methods raise RuntimeError where the memory of the device is full, with a message that
    :func:`~indicsubs_recognition.device_memory.is_out_of_memory` knows.
    """

    @property
    def languages(self) -> frozenset[str]:
        """The languages that the loaded model knows, as the engine's codes."""
        ...

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns a mapping from the engine's language codes to probabilities for each chunk.

        Raises:
            RuntimeError: The memory of the device is full.
        """
        ...

    def decode(self, chunks: Sequence[bytes], language: str, careful: bool) -> list[DecodedChunk]:
        """Recognises the text of each chunk.

        Args:
            chunks: The chunks of one batch.
            language: The engine's code of the language.
            careful: True for a second try, after an output that cannot be trusted.

        Raises:
            RuntimeError: The memory of the device is full.
        """
        ...
