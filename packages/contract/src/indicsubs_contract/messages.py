"""The messages: one request and one result per stage, and what travels beside them.

Rules of evolution: a new field has a default; a field never changes its meaning; what older readers
would misread raises ``SCHEMA``. Everything that changes a stage's output stands in its request.
"""

from typing import Literal, TypeAlias

import msgspec

from indicsubs_contract.errors import FailureCode
from indicsubs_contract.rules import Rules
from indicsubs_contract.stages import StageName

SCHEMA = 1

Device: TypeAlias = Literal["cpu", "cuda", "mps"]
TranslationEngine: TypeAlias = Literal["torch", "ctranslate2"]
TranslationPrecision: TypeAlias = Literal["float32", "float16", "bfloat16", "int8"]
SubtitleFormat: TypeAlias = Literal["srt", "vtt", "ass", "ttml", "json"]
SubtitlePurpose: TypeAlias = Literal["full", "forced", "sdh"]
"""Whom the subtitles are for: all viewers; those who need only what is not in the language they
hear; the deaf and hard of hearing. Players choose tracks by it."""


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


class CuesBefore(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person edited, before that."""

    transcript: Artifact
    """The ``transcript.Transcript`` of that time."""
    cues: Artifact | None = None
    """The subtitles that were made from it, as they were written (``srt`` or ``vtt``); None where
    each cue was a sentence of it."""


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
    before: CuesBefore | None = None
    """Where the source is an edit of cues that the job made: sentences whose cues are as they were
    stay, with the times of their words."""


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
    pivot: ModelFolder | None = None
    """A model into English, where ``model`` translates from there."""
    characters_per_second: float | None = None
    """Reading speed: of close hypotheses, one that can be read in the time of its line is
    preferred. None prefers none."""
    script: str | None = None
    """Shown in this script (ISO 15924) instead of the language's own."""


class GlossaryTerm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A word or phrase whose translation the user has settled."""

    source: str
    """As it is written in the language of the film."""
    targets: dict[str, str] = {}
    """Its translation by tag of the target language."""
    keep: bool = False
    """Stays as it is in every language that ``targets`` has nothing for; without this, the model
    translates it there."""


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
    compute_type: TranslationPrecision = "float32"
    """The torch engine has no int8, ctranslate2 on a CPU no bfloat16."""
    beam_size: int = 5
    batch_tokens: int | None = None
    """Tokens of a batch, padding included; None takes what the free memory allows."""
    glossary: tuple[GlossaryTerm, ...] = ()
    """Those with something to say about one of the targets."""
    romanised: Literal["transliterate", "flag"] = "transliterate"
    """What becomes of lines that are in Latin letters where the source language is not: they are
    written in its own script before they are translated, or only reported."""


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


class SubtitleFiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How the cues are written, and what of the film their files have to know."""

    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    """A file of each for every language."""
    windows_lines: bool = False
    """End lines with CR LF."""
    byte_order_mark: bool = False
    """Begin files with one, where the format takes it (JSON does not)."""
    width: int = 1920
    """Of the film's picture, in pixels."""
    height: int = 1080
    font: SourceFile | None = None
    """The font of ASS and TTML; None takes each language's own (Noto)."""


class EditedSubtitles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The subtitles of a language as a person left them: its cues, which stay as they are."""

    subtitles: Artifact
    """With its language; the kind is the format: ``srt``, ``vtt`` or ``ass``."""
    transcript: Artifact | None = None
    """The ``transcript.Transcript`` that they belonged to when they were edited; None where it is
    unknown, or where they are what is said in the film themselves."""


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
    files: SubtitleFiles = SubtitleFiles()
    rules: dict[str, Rules] = {}
    """By the tag of each language; one that is absent keeps the house rules."""
    film: SourceFile | None = None
    """Where its shot changes are looked for; None disregards them."""
    frame_rate: str | None = None
    """Frames a second as a fraction, ``24000/1001``; None takes the film's own."""
    film_path: str | None = None
    """Absolute path of the film, which the report names and plays; None where there is none."""
    film_start_ms: int = 0
    """Where the container's own clock starts."""
    audio: Artifact | None = None
    """The dialogue as demux made it, for the report's waveform."""
    audio_start_ms: int = 0
    """The film's clock at the audio's first sample."""
    edited: tuple[EditedSubtitles, ...] = ()
    """Languages whose cues a person has edited, each among those that are made."""


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
    """The formats asked for of each language, the source language first; the kind is the format."""
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
    """SRT or ASS files, one per track, in the order of the tracks. MP4 takes the text of both."""
    container: Literal["auto", "mkv", "mp4"] = "auto"
    """``auto`` keeps MP4 for a film in MP4 or QuickTime, and makes MKV of anything else."""
    default_language: str | None = None
    """Whose track is flagged default; None flags the first."""
    purpose: SubtitlePurpose = "full"
    """Flags every track as forced, or as for the hearing-impaired."""
    font: SourceFile | None = None
    """Attached to Matroska with ASS tracks; None looks for each language's own on this machine."""
    burned_in: Artifact | None = None
    """An ASS file to draw into the picture itself, which is encoded anew."""


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
    memory: str | None = None
    """Folder, relative to the job, in which a stage may keep what saves it work the next time and
    never changes a result; None keeps nothing."""
    request: Request


class Preparation(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line before the manifest: what is known of a request that is still to come.

    It changes no result: a stage that was not prepared, or for something else, does the same later.
    """

    schema: int = SCHEMA
    prepare: StageName
    """The stage that the manifest will ask."""
    model: ModelFolder | None = None
    """What to load; None only imports the engine."""
    device: Device = "cpu"
    engine: TranslationEngine = "torch"
    compute_type: TranslationPrecision = "float32"


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
