"""What stage export_transcript is asked, and what it answers."""

from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.stage_message import StageMessage


class ExportTranscriptRequest(StageMessage, frozen=True, kw_only=True, tag="export_transcript"):
    """Write the transcript as people read and edit it."""

    transcript: Artifact


class ExportTranscriptResult(StageMessage, frozen=True, kw_only=True, tag="export_transcript"):
    """The transcript in several formats."""

    files: tuple[Artifact, ...]
    """``transcript.json``, ``.txt``, ``.srt`` and ``.vtt``; the kind is the suffix."""
