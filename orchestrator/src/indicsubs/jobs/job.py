"""A job's folder: its specification, the records of its stages, its edits, and its lock."""

import fcntl
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.film_edits import CACHE, FilmFolder, edits_for
from indicsubs.jobs.job_index import forget_job
from indicsubs.jobs.specification import SCHEMA, Edits, JobFile, JobSpec, read_job_file
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.checkpoint import CHECKPOINT
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.records import (
    DamagedRecordError,
    NewerRecordError,
    read_record,
    remove_temporaries,
    write_record,
)
from indicsubs_contract.stages import StageName

JOB_FILE = "job.json"
RESULT_FILE = "result.json"
LOG = "logs/pipeline.log"
"""The log of the job's runs."""

_AUDIO = "audio"
"""The kind of the dialogue that stage demux writes: 115 MB for an hour."""
_CACHE_UNTIL_2026_11_27 = "memory"
_TRANSLATIONS = "translations.sqlite"
"""The cache of translations, which belonged to a job until 2026-11-27."""


class StageRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of a stage's result.json."""

    schema: int = SCHEMA
    digest: str
    """The digest of the request, its inputs, the code that the stage can reach, and the part of the
    lock that its environment uses."""
    result: StageResult
    environment: str
    python: str
    wall_ms: int
    peak_memory_bytes: int
    reused_from: str | None = None
    """The id of the other job that computed the result; None where this job did."""


class Job:
    """A job and its folder."""

    def __init__(self, folder: Path, file: JobFile) -> None:
        self.folder = folder
        self.id = file.id
        self.file = file
        self.spec = file.spec

    @property
    def edits(self) -> Edits:
        """The edits of the film that the job uses.

        Raises:
            IndicsubsError: As :meth:`~indicsubs.jobs.film_edits.FilmFolder.read`.
        """
        return edits_for(self.jobs, self.spec)

    @property
    def jobs(self) -> Path:
        """The folder of all jobs."""
        return self.folder.parents[3]

    @property
    def film(self) -> FilmFolder:
        """The folder with the edits of the job's film."""
        return FilmFolder(self.jobs, self.spec.source.fingerprint)

    @property
    def log(self) -> Path:
        """The pipeline's log."""
        return self.folder / LOG

    def stage_log(self, stage: StageName) -> Path:
        """Returns the path of the log of everything that the stage wrote to stderr."""
        return self.folder / "logs" / f"{stage}.log"

    def stage_folder(self, stage: StageName) -> Path:
        """Returns the folder of the stage's request, result and artifacts."""
        return self.folder / "stages" / stage

    def record(self, stage: StageName) -> StageRecord | None:
        """Returns the record of a stage.

        Returns None where the stage has no result, or a record that cannot be used:
        :meth:`damage` says why.
        """
        return stage_record(self.folder, stage)

    def damage(self, stage: StageName) -> str | None:
        """Returns what is wrong with the record of a stage; None where it is whole or absent.

        Raises:
            NewerRecordError: A newer version wrote the record.
        """
        try:
            _read_stage_record(self.folder, stage)
        except FileNotFoundError:
            return None
        except DamagedRecordError as error:
            return error.message
        return None

    def is_intact(self, record: StageRecord) -> bool:
        """Returns whether every file of the result exists and is unchanged.

        Audio that is absent counts as unchanged, because stage demux makes it again.
        """
        return is_intact(self.folder, record)

    def lacks_audio(self, message: object) -> bool:
        """Returns whether a message names audio that is absent."""
        return any(_is_absent_audio(self.folder, artifact) for artifact in artifacts(message))

    def remove_audio(self) -> None:
        """Removes the dialogue that stage demux wrote, which is most of what a job takes on disk.

        A later run that needs it makes it again.
        """
        record = self.record(StageName.DEMUX)
        for artifact in artifacts(record.result) if record else ():
            if artifact.kind == _AUDIO:
                (self.folder / artifact.path).unlink(missing_ok=True)

    def has(self, artifact: Artifact) -> bool:
        """Returns whether the file exists and is unchanged."""
        return _has(self.folder, artifact)

    def save_spec(self, spec: JobSpec) -> None:
        """Replaces the recorded specification of the job by one that asks for the same."""
        forget_job(self.jobs, self.folder)
        self.file = msgspec.structs.replace(self.file, spec=spec)
        self.spec = spec
        self.save()

    def save(self) -> None:
        """Writes job.json."""
        write_record(self.folder / JOB_FILE, self.file)

    def _reload(self) -> None:
        """Reads job.json again, which another process may have changed or deleted.

        Raises:
            IndicsubsError: ``NO_INPUT`` where the job was deleted; also the errors of
                :func:`~indicsubs.jobs.specification.read_job_file`.
        """
        try:
            self.file = read_job_file(self.folder / JOB_FILE)
        except FileNotFoundError:
            raise _deleted(self) from None
        self.spec = self.file.spec

    @contextmanager
    def lock(self) -> Generator[None]:
        """Locks the job, so that no other process runs it at the same time, and reads it again.

        Raises:
            IndicsubsError: ``BUSY`` where another process runs the job; ``NO_INPUT`` where it was
                deleted; ``BAD_INPUT`` where its job.json was damaged.
        """
        if not self.folder.is_dir():
            raise _deleted(self)
        with (self.folder / ".lock").open("w") as file:
            if not _takes_lock(file):
                raise IndicsubsError(
                    FailureCode.BUSY,
                    f"Job {self.id} is being run by another process. Wait for it, or stop it.",
                )
            self._reload()
            yield

    def remove_temporaries(self) -> None:
        """Removes the temporary files of processes that were killed. The job must be locked."""
        for folder in (self.folder, *self.folder.glob("*/"), *self.folder.glob("*/*/")):
            remove_temporaries(folder)

    def remove_checkpoint(self, stage: StageName) -> None:
        """Removes what a stage has kept of its parts, because its result is stored.

        A checkpoint is of use for one digest only, and as large as the result.
        """
        (self.folder / CACHE / stage / CHECKPOINT).unlink(missing_ok=True)

    def share_translations(self) -> None:
        """Gives the film the translations that an earlier version cached in the job.

        The job must be locked. Where the film has a cache already, the job's stays unused.
        """
        own = self.folder / CACHE / StageName.INDICTRANS2_TRANSLATION / _TRANSLATIONS
        shared = self.film.path / CACHE / StageName.INDICTRANS2_TRANSLATION / _TRANSLATIONS
        if own.is_file() and not shared.exists():
            shared.parent.mkdir(parents=True, exist_ok=True)
            own.rename(shared)

    def move_old_cache(self) -> None:
        """Moves the caches of an earlier version to the folder that stages use now.

        The caches may hold hours of translation work. The job must be locked. Where the new folder
        already has a cache of the same name, that cache stays as it is.
        """
        old = self.folder / _CACHE_UNTIL_2026_11_27
        if not old.is_dir():
            return
        new = self.folder / CACHE
        new.mkdir(exist_ok=True)
        for folder in old.iterdir():
            if not (new / folder.name).exists():
                folder.rename(new / folder.name)
        if not any(old.iterdir()):
            old.rmdir()


def stage_record(folder: Path, stage: StageName) -> StageRecord | None:
    """Returns the record of a stage in a job's folder; None where it is absent or cannot be used.

    The job itself need not be readable.
    """
    try:
        return _read_stage_record(folder, stage)
    except (FileNotFoundError, NotADirectoryError, DamagedRecordError, NewerRecordError):
        return None


def is_intact(folder: Path, record: StageRecord) -> bool:
    """Returns whether every file of a result exists in a job's folder and is unchanged.

    Audio may be absent, as in :meth:`Job.is_intact`.
    """
    return all(
        _is_absent_audio(folder, artifact) or _has(folder, artifact)
        for artifact in artifacts(record.result)
    )


def _is_absent_audio(folder: Path, artifact: Artifact) -> bool:
    return artifact.kind == _AUDIO and not (folder / artifact.path).exists()


def _has(folder: Path, artifact: Artifact) -> bool:
    path = folder / artifact.path
    return (
        path.is_file()
        and path.stat().st_size == artifact.bytes
        and DigestRecord(folder / RECORD_FILE).matches(path, artifact.sha256)
    )


def _read_stage_record(folder: Path, stage: StageName) -> StageRecord:
    return read_record(folder / "stages" / stage / RESULT_FILE, StageRecord)


def _takes_lock(file: IO[str]) -> bool:
    """Locks a file, and returns whether that succeeded within some tenths of a second.

    `status` and `list` hold the lock for a moment to see whether a process has it.
    """
    for wait_s in (0.0, 0.01, 0.05, 0.2):
        time.sleep(wait_s)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        return True
    return False


def _deleted(job: Job) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.NO_INPUT,
        f"Job {job.id} was deleted by another process. Run the film again.",
    )
