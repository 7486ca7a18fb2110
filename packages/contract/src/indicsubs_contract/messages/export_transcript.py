"""The request and the result of stage export_transcript."""

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.stage_message import StageMessage


class ExportTranscriptRequest(StageMessage, frozen=True, kw_only=True, tag="export_transcript"):
    """Asks for the transcript in the formats that people read and edit."""

    transcript: Artifact
    doubtful: Doubtful = "leave_out"
    """Whether the quarantined segments are in the text, SRT and WebVTT; the JSON always has them,
    with the reason."""


class ExportTranscriptResult(StageMessage, frozen=True, kw_only=True, tag="export_transcript"):
    """The transcript in several formats."""

    files: tuple[Artifact, ...]
    """``transcript.json``, ``.txt``, ``.srt`` and ``.vtt``; the kind is the suffix."""
