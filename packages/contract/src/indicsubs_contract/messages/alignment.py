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
    """The aligner; None where the language has none, so that all segments keep their times."""
    device: Device


class AlignmentResult(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """The sentences, with the times of their words."""

    transcript: Artifact
    """A ``transcript.Transcript`` with one segment for each sentence."""
    aligned: int
    """The number of segments whose words have times from forced alignment."""
    unaligned: int
    """The number of segments that keep the recogniser's times; each of them has a note."""
    warnings: tuple[str, ...] = ()
