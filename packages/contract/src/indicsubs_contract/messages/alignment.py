"""The request and the result of stage alignment."""

from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class AlignmentRequest(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """Asks for the times of every word."""

    audio: Artifact
    audio_start_ms: int
    """Start of the audio on the film's clock."""
    transcript: Artifact
    model: ModelFolder | None
    """The aligner; None where there is none for the language, so that all segments keep the
    recogniser's times."""
    engine: str
    """Name of a row of :data:`indicsubs_contract.engines.ENGINES`."""
    device: Device
    compute_type: ComputeType = "float32"
    language: str | None = None
    """The engine's code of the language, for an aligner that knows several."""
    batch_size: int = 4
    """The number of segments that the network gets at once."""


class TimingCount(Message, frozen=True, kw_only=True):
    """The number of sentences that were timed in one way."""

    method: str
    """The engine that timed the words; ``characters`` where the time of the stretch of speech was
    divided by the length of the sentences."""
    sentences: int
    """The number of sentences."""


class AlignmentResult(StageMessage, frozen=True, kw_only=True, tag="alignment"):
    """The sentences, with the times of their words."""

    transcript: Artifact
    """A ``transcript.Transcript`` with one segment for each sentence."""
    timings: tuple[TimingCount, ...]
    """The most frequent method first."""
    warnings: tuple[str, ...] = ()
