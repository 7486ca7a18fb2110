"""The lines that a stage reads from the pipe, and the lines that it answers with."""

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
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.structs import Message

Request: TypeAlias = (
    DemuxRequest
    | AsrRequest
    | WitnessRequest
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
    | WitnessResult
    | AlignmentResult
    | ExportTranscriptResult
    | LoadTranscriptResult
    | TranslationResult
    | SubtitleResult
    | MuxResult
)


class Manifest(Message, frozen=True, kw_only=True):
    """The request of a stage, and the folders that it works in."""

    schema: int = SCHEMA
    job: str
    """Absolute path of the job's folder; the paths of artifacts are relative to it."""
    output: str
    """The folder of the stage's files, relative to the job; it exists and is empty."""
    cache: str | None = None
    """The folder of the stage's cache, relative to the job. A cache saves work in later runs and
    never changes a result. None keeps no cache."""
    film_cache: str | None = None
    """The folder of the cache that all jobs of the film share, relative to the job; several may use
    it at the same time. None keeps no cache."""
    digest: str | None = None
    """The digest of the stage's result, which a checkpoint belongs to. None keeps no checkpoint."""
    log: str | None = None
    """The file that the process appends its stderr to from this request on, relative to the job;
    None leaves stderr as it is."""
    stays: bool = False
    """Whether the process waits for another request after a result, with its model loaded. After a
    failure it always ends."""
    request: Request


class Result(AnswerMessage, frozen=True, kw_only=True, tag="result"):
    """The stage succeeded."""

    result: StageResult
    peak_memory_bytes: int
    """The most memory that the stage's process had at one time since its start, or since the end of
    the request before."""


class Failure(AnswerMessage, frozen=True, kw_only=True, tag="failure"):
    """The stage failed."""

    code: FailureCode
    message: str
    """What happened and what to do next, in one or two sentences."""


Answer: TypeAlias = Progress | Result | Failure
