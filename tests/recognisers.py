"""A recogniser whose answers a test gives, and the stage around it."""

import wave
from collections.abc import Callable, Sequence
from pathlib import Path

from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.transcript import SpeechRegion
from indicsubs_recognition.decoded_chunk import DecodedChunk

Answer = Callable[[int, bool], DecodedChunk]
"""The output for a chunk: its length in ms, and whether it is the second try."""


def decoded(text: str, log_probability: float = -0.2, **fields: object) -> DecodedChunk:
    defaults = {"no_speech": 0.01, "cut_off": False}
    return DecodedChunk(text=text, log_probability=log_probability, **{**defaults, **fields})


class FakeRecogniser:
    """A recognition engine that records its calls."""

    languages = frozenset({"hi", "ta", "fr"})

    def __init__(self, answer: Answer, probabilities: dict[str, float] | None = None) -> None:
        self.answer = answer
        self.probabilities = probabilities or {}
        self.decode_calls: list[tuple[list[int], str, bool]] = []
        """Lengths of the chunks in ms, language, careful."""
        self.detected: list[int] = []
        """Lengths in ms of the chunks that the language was detected from."""

    def language_probabilities(self, chunks: Sequence[bytes]) -> list[dict[str, float]]:
        self.detected = [len(data) // 32 for data in chunks]
        return [self.probabilities for _ in chunks]

    def decode(self, chunks: Sequence[bytes], language: str, careful: bool) -> list[DecodedChunk]:
        lengths = [len(data) // 32 for data in chunks]
        self.decode_calls.append((lengths, language, careful))
        return [self.answer(length, careful) for length in lengths]


def write_wav(path: Path, data: bytes, rate: int = 16_000, channels: int = 1) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(data)


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


def spans(*regions: tuple[int, int]) -> tuple[SpeechRegion, ...]:
    return tuple(SpeechRegion(start_ms=a, end_ms=z) for a, z in regions)
