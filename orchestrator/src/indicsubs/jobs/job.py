"""Jobs on disk: what was asked, what each stage answered, and the lock while one runs."""

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

import msgspec

from indicsubs.machine.workspace import Workspace
from indicsubs_contract.context import sha256
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import Artifact, SourceFile
from indicsubs_contract.messages.load_transcript import EditBaseline
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import EditedSubtitles, SubtitleFormat
from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_contract.stages import StageName, Workflow
from indicsubs_contract.walk import parts_of_type

Pivot: TypeAlias = Literal["auto", "always", "never"]
"""Whether translation between two Indian languages goes through English: where their own model is
not here and the two others are, always, or never."""

SCHEMA = 1
_SAMPLE = 1 << 20


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything the user asked for. Two equal asks are the same job."""

    source: SourceFile
    workflow: Workflow = "subtitle"
    profile: str = "fast"
    source_language: str | None = None
    targets: tuple[str, ...] = ()
    transcript: SourceFile | None = None
    """Brought by the user instead of speech recognition."""
    device: Device | None = None
    backend: str | None = None
    """Name of the engine that recognises speech."""
    asr_model: str | None = None
    alignment_model: str | None = None
    translation_model: str | None = None
    translation_engine: str | None = None
    translation_precision: ComputeType | None = None
    romanised: Literal["transliterate", "flag"] = "transliterate"
    audio_track: int | None = None
    channel: Literal["auto", "center", "left", "right", "mix"] = "auto"
    initial_prompt: str | None = None
    hotwords: str | None = None
    beam_size: int = 5
    batch_size: int = 8
    batch_tokens: int | None = None
    pivot: Pivot = "auto"
    chunk_ms: int | None = None
    container: Literal["auto", "mkv", "mp4"] = "auto"
    glossary: tuple[GlossaryTerm, ...] = ()
    """The user's own and the job's, for all languages; by content, so that a file may go."""
    formats: tuple[SubtitleFormat, ...] = ("srt", "vtt")
    windows_lines: bool = False
    byte_order_mark: bool = False
    purpose: SubtitlePurpose = "full"
    font: SourceFile | None = None
    burn_in: str | None = None
    """Language to draw into the picture."""
    rules: str = "house"
    """A rule profile: the name of a bundled one, or the absolute path of a TOML file."""
    line_characters: int | None = None
    """In place of the profile's."""


class Edits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person corrected in a job. The files lie in the job's folder ``edits``."""

    transcript: Artifact | None = None
    """What is said, in place of what was recognised."""
    baseline: EditBaseline | None = None
    """What the transcript was before, where it is an edit of the job's own cues."""
    subtitles: tuple[EditedSubtitles, ...] = ()
    """At most one per language."""


NO_EDITS = Edits()


class JobFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies in job.json."""

    schema: int = SCHEMA
    id: str
    created: str
    """ISO 8601, UTC."""
    spec: JobSpec
    edits: Edits = NO_EDITS


class Record(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What lies in a stage's result.json."""

    schema: int = SCHEMA
    digest: str
    """Of the request, its inputs, the member's code and its part of the lock."""
    result: StageResult
    environment: str
    python: str
    wall_ms: int
    peak_memory_bytes: int
    reused_from: str | None = None
    """The job that computed it, where that is another one."""


class Job:
    """A job's folder."""

    def __init__(self, folder: Path, file: JobFile) -> None:
        self.folder = folder
        self.id = file.id
        self.file = file
        self.spec = file.spec
        self.edits = file.edits

    @property
    def log(self) -> Path:
        """The pipeline's log."""
        return self.folder / "logs" / "pipeline.log"

    def stage_log(self, stage: StageName) -> Path:
        """Everything that the stage wrote to stderr."""
        return self.folder / "logs" / f"{stage}.log"

    def stage_folder(self, stage: StageName) -> Path:
        """The stage's request, result and artifacts."""
        return self.folder / "stages" / stage

    def record(self, stage: StageName) -> Record | None:
        """What the stage answered, or None if it has not, or in another version's words."""
        try:
            data = (self.stage_folder(stage) / "result.json").read_bytes()
            return msgspec.json.decode(data, type=Record)
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def intact(self, record: Record) -> bool:
        """Whether every file of the result is there as it was written."""
        return all(map(self.has, artifacts(record.result)))

    def has(self, artifact: Artifact) -> bool:
        """Whether the file is there as it was written."""
        path = self.folder / artifact.path
        return (
            path.is_file()
            and path.stat().st_size == artifact.bytes
            and sha256(path) == artifact.sha256
        )

    def keep_edits(self, edits: Edits) -> None:
        """Record what a person corrected, in place of what is recorded."""
        self.file = msgspec.structs.replace(self.file, edits=edits)
        self.edits = edits
        write_whole(self.folder / "job.json", _job_json(self.file))

    @contextmanager
    def lock(self) -> Generator[None]:
        """Hold the job while it runs.

        Raises:
            IndicsubsError: another process runs it.
        """
        self.folder.joinpath("logs").mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise IndicsubsError(
                    FailureCode.BUSY,
                    f"Job {self.id} is being run by another process. Wait for it, or stop it.",
                ) from None
            yield


def artifacts(message: object) -> list[Artifact]:
    """Returns every artifact in a message, in the order of its fields."""
    return parts_of_type(message, Artifact)


def source_file(path: Path) -> SourceFile:
    """Name a film by its place and by a digest of its size and three samples of it.

    Raises:
        IndicsubsError: it cannot be read.
    """
    try:
        size = path.stat().st_size
        digest = hashlib.sha256(str(size).encode())
        with path.open("rb") as file:
            for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
                file.seek(max(0, start))
                digest.update(file.read(_SAMPLE))
    except FileNotFoundError:
        raise IndicsubsError(FailureCode.NO_INPUT, f"{path} is not there.") from None
    except OSError as error:
        raise IndicsubsError(
            FailureCode.NO_INPUT, f"{path} cannot be read: {error.strerror}."
        ) from error
    return SourceFile(path=str(path.resolve()), fingerprint=digest.hexdigest())


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it is there whole or not at all, even if the power fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with beside.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def create_job(workspace: Workspace, spec: JobSpec) -> Job:
    """Make a new job's folder, named by the day and the film."""
    now = datetime.now(UTC)
    stem = "".join(c if c.isalnum() else "-" for c in Path(spec.source.path).stem)[:40].strip("-")
    name = f"{now:%H%M%S}-{stem or 'film'}-{secrets.token_hex(2)}"
    folder = workspace.jobs / f"{now:%Y/%m/%d}" / name
    file = JobFile(id=name, created=now.isoformat(timespec="seconds"), spec=spec)
    try:
        folder.mkdir(parents=True)
        write_whole(folder / "job.json", _job_json(file))
    except OSError as error:
        raise IndicsubsError(
            FailureCode.IO_ERROR,
            f"No job can be made in {workspace.jobs}: {error.strerror}. Choose another --output.",
        ) from error
    return Job(folder, file)


def _job_json(file: JobFile) -> bytes:
    return msgspec.json.format(msgspec.json.encode(file))


def read_job(folder: Path) -> Job:
    """Open a job.

    Raises:
        IndicsubsError: its job.json is missing, broken, or of a newer version.
    """
    try:
        written = msgspec.json.decode((folder / "job.json").read_bytes())
        file = msgspec.convert(_upgraded(written), JobFile)
    except (OSError, msgspec.DecodeError) as error:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, f"{folder / 'job.json'} is no job of this version: {error}."
        ) from error
    return Job(folder, file)


def _upgraded(written: Any) -> Any:
    """A job file of an earlier version in today's form.

    Until 2026-11-25 a specification had ``limits`` instead of ``rules``; until 2026-11-27 it was
    called ``ask``, and the baseline of an edited transcript ``before``.
    """
    if not isinstance(written, dict):
        return written
    job = dict(cast("dict[str, Any]", written))
    if "ask" in job:
        job["spec"] = job.pop("ask")
    match job:
        case {"spec": {"limits": {"line_characters": int(characters)}, **spec}}:
            changed = {"line_characters": characters} if characters != 42 else {}
            job["spec"] = {**spec, **changed}
        case _:
            pass
    match job:
        case {"edits": {"before": baseline, **edits}}:
            job["edits"] = {**edits, "baseline": baseline}
        case _:
            pass
    return job


def all_jobs(workspace: Workspace) -> list[Job]:
    """Every readable job, newest first."""
    jobs: list[Job] = []
    for path in workspace.jobs.glob("[0-9]*/[0-9]*/[0-9]*/*/job.json"):
        try:
            jobs.append(read_job(path.parent))
        except IndicsubsError:
            continue  # of another version: `status` on it says so
    return sorted(jobs, key=lambda job: (job.file.created, job.id), reverse=True)


def find_job(workspace: Workspace, name: str) -> Job:
    """The job of an id, the start of an id, a folder, or ``last``.

    Raises:
        IndicsubsError: there is none, or several.
    """
    if (Path(name) / "job.json").is_file():
        return read_job(Path(name).resolve())
    jobs = all_jobs(workspace)
    found = jobs[:1] if name == "last" else [job for job in jobs if job.id.startswith(name)]
    if len(found) != 1:
        what = "No job is" if not found else f"{len(found)} jobs are"
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"{what} called {name!r} in {workspace.jobs}. `indicsubs list` shows the jobs.",
        )
    return found[0]


def same_job(workspace: Workspace, spec: JobSpec) -> Job | None:
    """The newest job that was asked the same."""
    return next((job for job in all_jobs(workspace) if job.spec == spec), None)


def remove_job(job: Job) -> None:
    """Delete a job's folder, and the folders of its day that it leaves empty."""
    with job.lock():
        shutil.rmtree(job.folder)
    for folder in list(job.folder.parents)[:3]:
        if any(folder.iterdir()):
            break
        folder.rmdir()
