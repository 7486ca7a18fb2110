"""A job's folder: its specification, the records of its stages, its edits, and its lock."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from indicsubs.jobs.files import artifacts, write_atomically
from indicsubs.jobs.film_edits import FilmFolder, edits_for
from indicsubs.jobs.specification import SCHEMA, Edits, JobFile
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.checkpoint import CHECKPOINT
from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import StageResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.stages import StageName

CACHE = "cache"
"""Folder in a job's folder where stages may cache work for the next run."""
_CACHE_UNTIL_2026_11_27 = "memory"


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
        return self.folder / "logs" / "pipeline.log"

    def stage_log(self, stage: StageName) -> Path:
        """Returns the path of the log of everything that the stage wrote to stderr."""
        return self.folder / "logs" / f"{stage}.log"

    def stage_folder(self, stage: StageName) -> Path:
        """Returns the folder of the stage's request, result and artifacts."""
        return self.folder / "stages" / stage

    def record(self, stage: StageName) -> StageRecord | None:
        """Returns the record of a stage.

        Returns None where the stage has no result, or a result that this version cannot read.
        """
        try:
            data = (self.stage_folder(stage) / "result.json").read_bytes()
            return msgspec.json.decode(data, type=StageRecord)
        except (FileNotFoundError, *NOT_JSON):
            return None

    def is_intact(self, record: StageRecord) -> bool:
        """Returns whether every file of the result exists and is unchanged."""
        return all(map(self.has, artifacts(record.result)))

    def has(self, artifact: Artifact) -> bool:
        """Returns whether the file exists and is unchanged."""
        path = self.folder / artifact.path
        return (
            path.is_file()
            and path.stat().st_size == artifact.bytes
            and DigestRecord(self.folder / RECORD_FILE).matches(path, artifact.sha256)
        )

    def save(self) -> None:
        """Writes job.json."""
        data = msgspec.json.format(msgspec.json.encode(self.file))
        write_atomically(self.folder / "job.json", data)

    @contextmanager
    def lock(self) -> Generator[None]:
        """Locks the job, so that no other process runs it at the same time.

        Raises:
            IndicsubsError: ``BUSY`` where another process runs the job.
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

    def remove_checkpoint(self, stage: StageName) -> None:
        """Removes what a stage has kept of its parts, because its result is stored.

        A checkpoint is of use for one digest only, and as large as the result.
        """
        (self.folder / CACHE / stage / CHECKPOINT).unlink(missing_ok=True)

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
