"""The content of job.json: the user's specification of a job, and the edits of a person."""

from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from indicsubs_contract.messages.asr import Decoding
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import EditBaseline
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import EditedSubtitles, SubtitleFormat
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_contract.records import read_record
from indicsubs_contract.stages import Workflow

Pivot: TypeAlias = Literal["auto", "always", "never"]
"""Whether translation between two Indian languages goes through English. ``auto`` goes through
English where the direct model is not on this machine and both models through English are."""

Name: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]
"""The name of a model or an engine, or a path."""
Words: TypeAlias = Annotated[str, msgspec.Meta(max_length=10_000)]
"""Text for the recogniser, which uses at most some hundred words of it."""

SCHEMA = 1


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the user asked for. Two equal specifications are the same job."""

    source: SourceFile
    workflow: Workflow = "subtitle"
    profile: str = "fast"
    source_language: str | None = None
    targets: tuple[str, ...] = ()
    transcript: SourceFile | None = None
    """The user's own transcript, which replaces speech recognition."""
    device: Device | None = None
    backend: Name | None = None
    """Name of the engine that recognises speech."""
    asr_model: Name | None = None
    alignment_model: Name | None = None
    translation_model: Name | None = None
    translation_engine: Name | None = None
    translation_precision: ComputeType | None = None
    romanised: Literal["transliterate", "flag"] = "transliterate"
    audio_track: Annotated[int, msgspec.Meta(ge=0, le=999)] | None = None
    channel: Literal["auto", "center", "left", "right", "mix"] = "auto"
    initial_prompt: Words | None = None
    hotwords: Words | None = None
    beam_size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 5
    batch_size: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 8
    batch_tokens: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)] | None = None
    pivot: Pivot = "auto"
    chunk_ms: Annotated[int, msgspec.Meta(ge=1000, le=30_000)] | None = None
    decoding: Decoding = "ctc"
    script: Literal["own", "any"] = "own"
    """``own`` asks for text in the script of the film's language."""
    witness: Literal["auto", "all", "doubtful", "none"] = "auto"
    """The segments that a second recogniser hears too; ``auto`` follows the profile."""
    container: Literal["auto", "mkv", "mp4"] = "auto"
    glossary: tuple[GlossaryTerm, ...] = ()
    """The terms of the user's own glossary and of the job's glossaries, for all languages. They are
    stored here, so that the job does not depend on the glossary files."""
    doubtful: Literal["auto", "leave-out", "show"] = "auto"
    """Whether segments that were probably never spoken are shown; ``auto`` takes the profile's
    choice."""
    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    windows_lines: bool = False
    byte_order_mark: bool = False
    purpose: SubtitlePurpose = "full"
    font: SourceFile | None = None
    burn_in: str | None = None
    """The language whose subtitles are drawn into the picture."""
    rules: Name = "house"
    """The name of a bundled rule profile, or the absolute path of a rule profile in TOML."""
    line_characters: Annotated[int, msgspec.Meta(ge=1, le=1000)] | None = None
    """The maximum number of characters in a line; replaces the rule profile's number."""
    edits: bool = True
    """Whether the job uses the corrections of the film."""
    memory: Name | None = None
    """The show whose corrected lines are used again in the film."""


class Edits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The corrections of a person that a job uses. Paths are relative to the job's folder."""

    transcript: Artifact | None = None
    """The edited transcript, which replaces the recognised one."""
    baseline: EditBaseline | None = None
    """The transcript before the edit, where the job itself had written the edited file."""
    subtitles: tuple[EditedSubtitles, ...] = ()
    """The edited subtitles, at most one file per language."""

    @property
    def masters(self) -> dict[str, str]:
        """The formats of the edited subtitles by their languages. These files stay as they are."""
        files = (edited.subtitles for edited in self.subtitles)
        return {file.language or "": file.kind for file in files}


NO_EDITS = Edits()


class JobFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of job.json."""

    schema: int = SCHEMA
    id: str
    created: str
    """The time when the job was created, in ISO 8601 with its zone."""
    spec: JobSpec
    edits: Edits = NO_EDITS
    """The job's own edits, which it has until they are moved to the film: until 2026-11-27 edits
    belonged to a job."""


def read_job_file(path: Path) -> JobFile:
    """Reads a job.json of this version or of an earlier one.

    Raises:
        OSError, DamagedRecordError, NewerRecordError: As
            :func:`~indicsubs_contract.records.read_record`.
    """
    return read_record(path, JobFile, _upgraded)


_OLD_LINE_CHARACTERS = 42
"""The default of the old ``limits``."""


class _OldLimits(msgspec.Struct):
    """The one field of the old ``limits`` that a user could set."""

    line_characters: int


def _upgraded(written: dict[str, Any]) -> dict[str, Any]:
    """Returns a job file of an earlier version in today's form.

    Until 2026-11-25 a specification had ``limits`` instead of ``rules``; until 2026-11-27 the
    specification was called ``ask``, and the baseline of an edited transcript ``before``.

    Raises:
        msgspec.ValidationError: A part has a type that it has in no version.
    """
    job = dict(written)
    if "ask" in job:
        job["spec"] = job.pop("ask")
    spec = msgspec.convert(job.get("spec", {}), dict[str, Any])
    if "limits" in spec:
        limits = msgspec.convert(spec.pop("limits"), _OldLimits)
        if limits.line_characters != _OLD_LINE_CHARACTERS:
            spec["line_characters"] = limits.line_characters
        job["spec"] = spec
    edits = msgspec.convert(job.get("edits", {}), dict[str, Any])
    if "before" in edits:
        edits["baseline"] = edits.pop("before")
        job["edits"] = edits
    return job
