"""The request and the result of stage witness."""

from typing import Literal, TypeAlias

from indicsubs_contract.messages.engine import ComputeType, Device, EngineLanguage
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage

WitnessScope: TypeAlias = Literal["all", "doubtful"]
"""The segments that the second recogniser hears: all, or only those that may be wrong."""


class WitnessRequest(StageMessage, frozen=True, kw_only=True, tag="witness"):
    """Asks a second recogniser, of another kind, what it hears in the segments of a transcript."""

    audio: Artifact
    speech: Artifact
    audio_start_ms: int
    """Start of the audio on the film's clock."""
    transcript: Artifact
    """The first recogniser's transcript, as stage asr wrote it."""
    scope: WitnessScope
    corrects: bool
    """Whether the second recogniser makes few enough errors in the language to replace a text."""
    engine: str
    """Name of the second recogniser's row in :data:`indicsubs_contract.engines.ENGINES`."""
    model: ModelFolder
    device: Device
    compute_type: ComputeType
    language: EngineLanguage
    """The film's language, as the second recogniser handles it."""
    script: str | None = None
    """ISO 15924 code of the script that a text must be in; None accepts every script."""
    beam_size: int = 5
    batch_size: int = 8


class WitnessResult(StageMessage, frozen=True, kw_only=True, tag="witness"):
    """The transcript after the second hearing."""

    transcript: Artifact
    """A ``transcript.Transcript`` with the segments of the first, and those that were found in
    gaps between them."""
    heard: int
    """The number of segments that the second recogniser heard."""
    corrected: int
    """The number of segments in which the second recogniser's text replaced the first one's."""
    quarantined: int
    """The number of segments whose text was probably never spoken."""
    added: int
    """The number of segments that were found in gaps."""
    warnings: tuple[str, ...] = ()
