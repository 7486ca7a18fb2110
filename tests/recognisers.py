"""A recogniser whose answers a test gives, and the stage around it."""

import wave
from collections.abc import Callable, Sequence
from pathlib import Path

from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.decoded_chunk import DecodedChunk
from indicsubs_recognition.recognition_engine import DecodeMode

Answer = Callable[[int, DecodeMode, str], DecodedChunk]
"""The output for a chunk: its length in ms, the way to decode it, and the language's code."""


def decoded(text: str, log_probability: float = -0.2, **fields: object) -> DecodedChunk:
    defaults = {"no_speech": 0.01, "cut_off": False}
    return DecodedChunk(text=text, log_probability=log_probability, **{**defaults, **fields})


class FakeRecogniser:
    """A recognition engine that records its calls."""

    languages = frozenset({"en", "hi", "ta", "ur", "sd", "fr"})

    def __init__(
        self,
        answer: Answer,
        probabilities: dict[str, float] | None = None,
        script: str | None = None,
    ) -> None:
        self.answer = answer
        self.probabilities = probabilities or {}
        self.only_script = script
        self.decode_calls: list[tuple[list[int], str, DecodeMode]] = []
        """Lengths of the chunks in ms, language, mode."""
        self.detected: list[int] = []
        """Lengths in ms of the chunks that the language was detected from."""

    def script(self, _language: str) -> str | None:
        return self.only_script

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        self.detected += [len(data) // 32 for data in chunks]
        return [self.probabilities for _ in chunks]

    def decode(
        self, chunks: Sequence[bytes], language: str, mode: DecodeMode
    ) -> list[DecodedChunk]:
        lengths = [len(data) // 32 for data in chunks]
        self.decode_calls.append((lengths, language, mode))
        return [self.answer(length, mode, language) for length in lengths]


def write_wav(path: Path, data: bytes, rate: int = 16_000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(data)


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


def spans(*regions: tuple[int, int]) -> tuple[SpeechRegion, ...]:
    return tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z in regions)
