"""What stage load_transcript is asked, and what it answers."""

from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class EditBaseline(Message, frozen=True, kw_only=True):
    """What a person edited, before that."""

    transcript: Artifact
    """The ``transcript.Transcript`` of that time."""
    cues: Artifact | None = None
    """The subtitle file that was made from it, as it was written; None where each cue was one of its
    sentences."""


class LoadTranscriptRequest(StageMessage, frozen=True, kw_only=True, tag="load_transcript"):
    """Read a transcript to translate."""

    source: Artifact | SourceFile
    """The job's own transcript (JSON), or the user's file in JSON, SRT, VTT, ASS or TTML."""
    language: str | None = None
    """Needed for subtitle files, which do not name it; overrides the language of a JSON file."""
    baseline: EditBaseline | None = None
    """Where the source is an edit of cues that the job made: sentences whose cues are as they were
    stay, with the times of their words."""


class LoadTranscriptResult(StageMessage, frozen=True, kw_only=True, tag="load_transcript"):
    """Sentences to translate."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per sentence to translate. The words of a segment
    that came from cues are those cues, each with its own times."""
    language: str
    segments: int
    warnings: tuple[str, ...] = ()
