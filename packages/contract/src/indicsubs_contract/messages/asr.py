"""The request and the result of stage asr."""

from typing import Literal, TypeAlias

from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage

Decoding: TypeAlias = Literal["ctc", "rnnt"]
"""The two decoders of IndicConformer: connectionist temporal classification, and the recurrent
neural network transducer, which is slower and makes about one error in 100 words less."""


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
    """The languages that the engine recognises, by tag. A segment may be in another one than
    ``language``."""
    language: str
    """Tag of the film's language."""
    script: str | None = None
    """ISO 15924 code of the script that the text must be in; None accepts every script."""
    decoding: Decoding = "ctc"
    """The decoder of an engine that has both."""
    gaps: bool = False
    """Whether the gaps between the speech regions are heard too, by an engine that answers silence,
    noise and music with blanks. What it hears there is quarantined until a second recogniser hears
    it."""
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
    """Tag of the film's language, in the script that the recogniser writes."""
    segments: int
    warnings: tuple[str, ...] = ()
