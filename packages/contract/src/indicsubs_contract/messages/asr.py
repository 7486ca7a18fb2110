"""The request and the result of stage asr."""

from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage


class AsrRequest(StageMessage, frozen=True, kw_only=True, tag="asr"):
    """Asks for the text of the speech."""

    audio: Artifact
    speech: Artifact
    audio_start_ms: int
    """Start of the audio on the film's clock."""
    model: ModelFolder
    device: Device
    compute_type: ComputeType
    languages: dict[str, EngineLanguage]
    """The languages that the engine recognises, by tag; only ``language`` where it is given."""
    language: str | None = None
    """Tag of the spoken language; None detects it."""
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    batch_size: int = 8
    chunk_ms: int | None = None
    """The longest chunk; None takes the language's ``longest_chunk_ms``."""


class AsrResult(StageMessage, frozen=True, kw_only=True, tag="asr"):
    """The text of the speech, chunk by chunk."""

    transcript: Artifact
    """A ``transcript.Transcript`` with one segment for each chunk that has text."""
    language: str
    language_probability: float | None
    segments: int
    warnings: tuple[str, ...] = ()
