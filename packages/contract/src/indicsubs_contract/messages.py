"""The messages: one request and one result per stage, and what travels beside them.

Rules of evolution: a new field has a default; a field never changes its meaning; what older readers
would misread raises ``SCHEMA``. Everything that changes a stage's output stands in its request.
"""

from typing import Literal, TypeAlias

import msgspec

from indicsubs_contract.errors import FailureCode

SCHEMA = 1

Device: TypeAlias = Literal["cpu", "cuda", "mps"]
TranslationEngine: TypeAlias = Literal["torch", "ctranslate2"]


class Artifact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="file",
    tag="artifact",
):
    """A file that a stage made; it travels by reference."""

    path: str
    """Relative to the job's folder, with forward slashes."""
    kind: str
    """What it is, as its maker names it: ``audio``, ``transcript``, ``srt``, ``film``."""
    sha256: str
    bytes: int
    language: str | None = None


class SourceFile(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="file",
    tag="source",
):
    """A file that the user brought; never written to."""

    path: str
    """Absolute."""
    fingerprint: str
    """Digest of its size and of samples of its content."""


class ModelFolder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model on disk."""

    name: str
    """As the user or a profile names it: a hub name, or a path."""
    folder: str
    """Absolute."""
    fingerprint: str
    """Digest of its files' names and sizes, and of their content or samples of it."""


# --- demux -----------------------------------------------------------------------------------


class DemuxRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="demux",
):
    """Take the dialogue out of a film."""

    source: SourceFile
    audio_track: int | None = None
    """Index among the film's audio tracks, from 0; None chooses by language and default flag."""
    language: str | None = None
    """Preferred language of the dialogue track."""
    channel: Literal["auto", "center", "left", "right", "mix"] = "auto"
    """``auto`` takes the centre of 5.1 and 7.1, and a mix of anything else."""


class StreamInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stream of the film, as its container describes it."""

    index: int
    kind: Literal["video", "audio", "subtitle", "attachment", "data"]
    codec: str
    language: str | None = None
    """As the container has it, usually ISO 639-2; None when absent or ``und``."""
    title: str | None = None
    default: bool = False
    channels: int | None = None
    layout: str | None = None
    sample_rate: int | None = None
    width: int | None = None
    height: int | None = None
    frame_rate: str | None = None
    """Frames a second as a fraction, ``24000/1001``."""


class MediaInfo(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of the film."""

    container: str
    duration_ms: int
    start_ms: int
    """Where the container's own clock starts. Subtitle times follow that clock."""
    streams: tuple[StreamInfo, ...]


class DemuxResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="demux",
):
    """The dialogue as audio, and where it has speech."""

    audio: Artifact
    """16 kHz mono 16-bit WAV of the dialogue."""
    speech: Artifact
    """A ``transcript.Speech`` on the audio's clock."""
    audio_start_ms: int
    """The film's clock at the audio's first sample: add it to the audio's times."""
    audio_track: int
    channel: str
    media: MediaInfo
    warnings: tuple[str, ...] = ()


# --- asr -------------------------------------------------------------------------------------


class AsrRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="asr",
):
    """Recognise what is said."""

    audio: Artifact
    speech: Artifact
    audio_start_ms: int
    model: ModelFolder
    device: Device
    compute_type: Literal["int8", "float16", "float32"]
    language: str | None = None
    """None lets the model tell."""
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    batch_size: int = 8
    chunk_ms: int | None = None
    """Longest chunk; None takes the language's own."""


class AsrResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="asr",
):
    """What was said, chunk by chunk."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per chunk with text."""
    language: str
    language_probability: float | None
    segments: int
    warnings: tuple[str, ...] = ()


# --- alignment -------------------------------------------------------------------------------


class AlignmentRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="alignment",
):
    """Find the time of every word."""

    audio: Artifact
    audio_start_ms: int
    transcript: Artifact
    model: ModelFolder | None
    """None where no aligner exists for the language: all segments keep their times."""
    device: Device


class AlignmentResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="alignment",
):
    """Sentences with timed words."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per sentence."""
    aligned: int
    """Segments with forced word times."""
    unaligned: int
    """Segments that kept the recogniser's times, each with a note."""
    warnings: tuple[str, ...] = ()


# --- export_transcript -----------------------------------------------------------------------


class ExportTranscriptRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="export_transcript",
):
    """Write the transcript as people read and edit it."""

    transcript: Artifact


class ExportTranscriptResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="export_transcript",
):
    """The transcript in several formats."""

    files: tuple[Artifact, ...]
    """``transcript.json``, ``.txt``, ``.srt`` and ``.vtt``; the kind is the suffix."""


# --- load_transcript -------------------------------------------------------------------------


class LoadTranscriptRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="load_transcript",
):
    """Read a transcript to translate."""

    source: Artifact | SourceFile
    """The job's own transcript (JSON), or a JSON, SRT or VTT file that the user brought."""
    language: str | None = None
    """Needed for SRT and VTT, which do not say it; overrides what a JSON says."""


class LoadTranscriptResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="load_transcript",
):
    """Sentences to translate."""

    transcript: Artifact
    """A ``transcript.Transcript``, one segment per sentence to translate. The words of a segment
    that came from cues are those cues, each with its own times."""
    language: str
    segments: int
    warnings: tuple[str, ...] = ()


# --- indictrans2_translation -----------------------------------------------------------------


class TranslationTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A language to translate into, and the model that does it."""

    language: str
    model: ModelFolder | None
    """None where the target is the source language: the text is copied."""


class TranslationRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="indictrans2_translation",
):
    """Translate every sentence into each target."""

    transcript: Artifact
    targets: tuple[TranslationTarget, ...]
    device: Device
    engine: TranslationEngine = "torch"
    compute_type: Literal["float32", "float16", "bfloat16", "int8"] = "float32"
    """The torch engine has no int8, ctranslate2 on a CPU no bfloat16."""
    beam_size: int = 5
    batch_size: int = 8


class TranslationResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="indictrans2_translation",
):
    """The translations."""

    translations: tuple[Artifact, ...]
    """One ``transcript.Translation`` per target, with its language."""
    warnings: tuple[str, ...] = ()


# --- subtitle_generation ---------------------------------------------------------------------


class CueLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cue may be. Sources: the subtitle rules in docs/decisions/0006."""

    line_characters: int = 42
    """Grapheme clusters in a line."""
    lines: int = 2
    shortest_ms: int = 833
    longest_ms: int = 7_000
    gap_ms: int = 83
    """At least this much between cues."""
    characters_per_second: float = 20.0
    """Reading speed that a cue is lengthened for, as far as there is free time after it."""


class SubtitleRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="subtitle_generation",
):
    """Lay words and translations out as cues."""

    transcript: Artifact
    translations: tuple[Artifact, ...] = ()
    film_end_ms: int | None = None
    """Cues end by then; None where the film's length is unknown."""
    limits: CueLimits = CueLimits()
    film_path: str | None = None
    """Absolute path of the film, which the report names and plays; None where there is none."""
    film_start_ms: int = 0
    """Where the container's own clock starts."""
    audio: Artifact | None = None
    """The dialogue as demux made it, for the report's waveform."""
    audio_start_ms: int = 0
    """The film's clock at the audio's first sample."""


class SubtitleResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="subtitle_generation",
):
    """The cues as subtitle files."""

    subtitles: tuple[Artifact, ...]
    """``srt`` and ``vtt`` of each language, the source language first."""
    cues: dict[str, int]
    """Number of cues by language."""
    warnings: tuple[str, ...] = ()
    report: tuple[Artifact, ...] = ()
    """``report.html``, ``report.json`` and ``report.csv``; the kind is the suffix."""


# --- mux -------------------------------------------------------------------------------------


class MuxRequest(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="mux",
):
    """Add subtitle tracks to the film."""

    source: SourceFile
    subtitles: tuple[Artifact, ...]
    """SRT files, one per track, in the order of the tracks."""
    container: Literal["auto", "mkv", "mp4"] = "auto"
    """``auto`` keeps MP4 for a film in MP4 or QuickTime, and makes MKV of anything else."""
    default_language: str | None = None
    """Whose track is flagged default; None flags the first."""


class MuxResult(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="stage",
    tag="mux",
):
    """The film with its new tracks."""

    film: Artifact
    tracks: tuple[str, ...]
    """ISO 639-2 language of each added track."""
    warnings: tuple[str, ...] = ()


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


# --- the envelope ----------------------------------------------------------------------------


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The one line that a stage reads: what to do, and where."""

    schema: int = SCHEMA
    job: str
    """Absolute path of the job's folder: artifacts are relative to it."""
    output: str
    """Folder, relative to the job, that the stage writes its files in; it is there and empty."""
    request: Request


class Progress(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="progress",
):
    """How far a stage is. ``total`` 0 means that nobody knows."""

    stage: str
    done: int
    total: int
    unit: str
    note: str = ""


class Result(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="result",
):
    """The stage did what it was asked."""

    result: StageResult
    peak_memory_bytes: int
    """The most memory that its process had at once."""


class Failure(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    tag_field="type",
    tag="failure",
):
    """The stage could not do what it was asked."""

    code: FailureCode
    message: str
    """What happened and what to do next, in a sentence or two."""
    retryable: bool = False


Answer: TypeAlias = Progress | Result | Failure
