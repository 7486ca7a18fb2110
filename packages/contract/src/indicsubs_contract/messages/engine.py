"""The parts of requests that describe the engine."""

from typing import Literal, TypeAlias

from indicsubs_contract.structs import Message

Device: TypeAlias = Literal["cpu", "cuda", "mps"]
"""The device that an engine computes on; ``mps`` is the GPU of Apple Silicon."""
ComputeType: TypeAlias = Literal["float32", "float16", "bfloat16", "int8"]
"""The number format that an engine computes in."""


class EngineLanguage(Message, frozen=True, kw_only=True):
    """A language, as one engine handles it."""

    code: str
    """The engine's own code for the language."""
    longest_chunk_ms: int | None = None
    """The longest stretch of speech that a recogniser can process at once; None for translators."""


class CudaDevice(Message, frozen=True, kw_only=True):
    """A GPU as the driver of NVIDIA describes it."""

    name: str
    memory_mib: int
    driver: str
