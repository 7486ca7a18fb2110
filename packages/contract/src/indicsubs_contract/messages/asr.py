"""What stage asr is asked, and what it answers."""

from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage


class AsrRequest(StageMessage, frozen=True, kw_only=True, tag="asr"):
    """Recognise what is said."""

    audio: Artifact
    speech: Artifact
    audio_start_ms: int
    model: ModelFolder
    device: Device
    compute_type: ComputeType
    languages: dict[str, EngineLanguage]
    """By tag: the languages that the engine recognises; only ``language`` where that is given."""
    language: str | None = None
    """Tag of the language that is spoken; None detects it."""
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    batch_size: int = 8
    chunk_ms: int | None = None
    """Longest chunk; None takes the language's ``longest_chunk_ms``."""


class AsrResult(StageMessage, frozen=True, kw_only=True, tag="asr"):
    """What was said, chunk by chunk."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per chunk with text."""
    language: str
    language_probability: float | None
    segments: int
    warnings: tuple[str, ...] = ()
