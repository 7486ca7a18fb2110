"""What stage alignment is asked, and what it answers."""

from indicsubs_contract.messages.engine import Device
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage


class AlignmentRequest(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """Find the time of every word."""

    audio: Artifact
    audio_start_ms: int
    transcript: Artifact
    model: ModelFolder | None
    """None where no aligner exists for the language: all segments keep their times."""
    device: Device


class AlignmentResult(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """Sentences with timed words."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per sentence."""
    aligned: int
    """Segments with forced word times."""
    unaligned: int
    """Segments that kept the recogniser's times, each with a note."""
    warnings: tuple[str, ...] = ()
