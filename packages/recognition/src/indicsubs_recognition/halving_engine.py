"""A recogniser that goes on with smaller batches where the memory is full."""

from collections.abc import Sequence

from indicsubs_contract.device_memory import BatchHalver
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.recognition_engine import DecodeMode, RecognitionEngine


class HalvingEngine:
    """A ``RecognitionEngine`` around another one."""

    def __init__(self, engine: RecognitionEngine) -> None:
        self._engine = engine
        self._halver = BatchHalver()
        self.languages = engine.languages

    def script(self, language: str) -> str | None:
        """Returns what the engine returns."""
        return self._engine.script(language)

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        """Returns what the engine returns, from halves of the batch where it must be."""
        return self._halver.compute(chunks, self._engine.language_probabilities)

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        """Returns what the engine returns, from halves of the batch where it must be."""
        return self._halver.compute(chunks, lambda some: self._engine.decode(some, language, mode))
