"""The lines of the pipe: what a stage reads, and what it answers."""

from typing import TypeAlias

from indicsubs_contract.documents import SCHEMA
from indicsubs_contract.errors import FailureCode
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.demux import DemuxRequest, DemuxResult
from indicsubs_contract.messages.export_transcript import (
    ExportTranscriptRequest,
    ExportTranscriptResult,
)
from indicsubs_contract.messages.load_transcript import LoadTranscriptRequest, LoadTranscriptResult
from indicsubs_contract.messages.mux import MuxRequest, MuxResult
from indicsubs_contract.messages.progress import AnswerMessage, Progress
from indicsubs_contract.messages.subtitles import SubtitleRequest, SubtitleResult
from indicsubs_contract.messages.translation import TranslationRequest, TranslationResult
from indicsubs_contract.structs import Message

Request: TypeAlias = (
    DemuxRequest
    | AsrRequest
    | AlignmentRequest
    | ExportTranscriptRequest
    | LoadTranscriptRequest
    | TranslationRequest
    | SubtitleRequest
    | MuxRequest
)
StageResult: TypeAlias = (
    DemuxResult
    | AsrResult
    | AlignmentResult
    | ExportTranscriptResult
    | LoadTranscriptResult
    | TranslationResult
    | SubtitleResult
    | MuxResult
)


class Manifest(Message, frozen=True, kw_only=True):
    """The one line that a stage reads: what to do, and where."""

    schema: int = SCHEMA
    job: str
    """Absolute path of the job's folder: artifacts are relative to it."""
    output: str
    """Folder, relative to the job, that the stage writes its files in; it is there and empty."""
    cache: str | None = None
    """Folder, relative to the job, in which a stage may keep what saves it work the next time and
    never changes a result; None keeps nothing."""
    request: Request


class Result(AnswerMessage, frozen=True, kw_only=True, tag="result"):
    """The stage did what it was asked."""

    result: StageResult
    peak_memory_bytes: int
    """The most memory that its process had at once."""


class Failure(AnswerMessage, frozen=True, kw_only=True, tag="failure"):
    """The stage could not do what it was asked."""

    code: FailureCode
    message: str
    """What happened and what to do next, in a sentence or two."""


Answer: TypeAlias = Progress | Result | Failure
