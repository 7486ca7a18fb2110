"""The interface between the stages that recognise speech and their engines."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from indicsubs_recognition.decoded_chunk import DecodedChunk


class DecodeMode(StrEnum):
    """The ways in which an engine can decode a chunk."""

    FREE = "free"
    """As usual."""
    CAREFUL = "careful"
    """A second try with other settings, after an output that cannot be trusted."""
    IN_SCRIPT = "in_script"
    """Only with tokens of the request's script, digits and punctuation. An engine that always
    writes one script decodes as usual."""


class RecognitionEngine(Protocol):
    """A recogniser with its model loaded. Chunks are 16 kHz mono little-endian 16-bit samples.

    Its methods raise RuntimeError where the memory of the device is full, with a message that
    :func:`~indicsubs_contract.device_memory.is_out_of_memory` knows.
    """

    @property
    def languages(self) -> frozenset[str]:
        """The languages that the loaded model knows, as the engine's codes."""
        ...

    def script(self, language: str) -> str | None:
        """Returns the only script in which the model writes a language.

        Args:
            language: The engine's code of a language of :attr:`languages`.

        Returns:
            The ISO 15924 code; None where the model can write other scripts too.
        """
        ...

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns a mapping from the engine's language codes to probabilities for each chunk.

        The mappings are empty where the engine cannot tell languages apart.

        Raises:
            RuntimeError: The memory of the device is full.
        """
        ...

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Recognises the text of each chunk.

        Args:
            chunks: The chunks of one batch.
            language: The engine's code of the language.
            mode: The way to decode them.

        Raises:
            RuntimeError: The memory of the device is full.
        """
        ...
