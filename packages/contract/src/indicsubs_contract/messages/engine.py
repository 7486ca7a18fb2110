"""What requests say about the engine that does the work."""

from typing import Literal, TypeAlias

from indicsubs_contract.structs import Message

Device: TypeAlias = Literal["cpu", "cuda", "mps"]
"""Where an engine computes; ``mps`` is the GPU of Apple Silicon."""
ComputeType: TypeAlias = Literal["float32", "float16", "bfloat16", "int8"]
"""The number format that an engine computes in."""


class EngineLanguage(Message, frozen=True, kw_only=True):
    """A language as an engine knows it."""

    code: str
    """The engine's own code for the language."""
    longest_chunk_ms: int | None = None
    """The longest stretch of speech that a recogniser can take at once; None for translators."""
