"""The request and the result of stage load_transcript."""

from indicsubs_contract.messages.doubtful import Doubtful
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.stage_message import StageMessage
from indicsubs_contract.structs import Message


class EditBaseline(Message, frozen=True, kw_only=True):
    """The state before a person's edit."""

    transcript: Artifact
    """The ``transcript.Transcript`` before the edit."""
    cues: Artifact | None = None
    """The subtitle file of that transcript, as a stage wrote it; None where each cue was one
    sentence of the transcript."""
    doubtful: Doubtful = "leave_out"
    """Whether the edited file had the quarantined segments when indicsubs wrote it. Where it had
    not, they stay as they are, except where the edit has a cue at their time."""


class LoadTranscriptRequest(StageMessage, frozen=True, kw_only=True, tag="load_transcript"):
    """Asks for the sentences of a transcript or of a subtitle file."""

    source: Artifact | SourceFile
    """The job's own transcript (JSON), or the user's file in JSON, SRT, VTT, ASS or TTML, or a film
    with a subtitle track."""
    language: str | None = None
    """Tag of the source's language. Subtitle files do not name their language and need it; it
    overrides the language of a JSON file, and chooses the subtitle track of a film."""
    baseline: EditBaseline | None = None
    """Given where the source is an edit of the job's own cues: a sentence whose cues are unchanged
    stays as it was, with the times of its words."""


class LoadTranscriptResult(StageMessage, frozen=True, kw_only=True, tag="load_transcript"):
    """The sentences to translate."""

    transcript: Artifact
    """A ``transcript.Transcript`` with one segment for each sentence to translate. A segment that
    came from cues has these cues, each with its own times, instead of words."""
    language: str
    segments: int
    other_languages: tuple[str, ...] = ()
    """Tags of the other languages that segments are in, in the order of their first segments."""
    warnings: tuple[str, ...] = ()
