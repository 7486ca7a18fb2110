"""The request and the result of stage alignment."""

from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage


class AlignmentRequest(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """Asks for the times of every word."""

    audio: Artifact
    audio_start_ms: int
    """Start of the audio on the film's clock."""
    transcript: Artifact
    model: ModelFolder | None
    """None where the language has no aligner: all segments keep their times."""
    device: Device


class AlignmentResult(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """The sentences, with the times of their words."""

    transcript: Artifact
    """A ``transcript.Transcript`` with one segment for each sentence."""
    aligned: int
    """Segments with forced word times."""
    unaligned: int
    """Segments that keep the recogniser's times, each with a note."""
    warnings: tuple[str, ...] = ()
