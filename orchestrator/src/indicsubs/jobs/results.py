"""Stores the results of stages on disk, finds them by digest, and preserves edited files.

A result is stored completely or not at all.
"""

import os
import shutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.files import artifacts, link_or_copy, write_atomically
from indicsubs.jobs.job import Job, StageRecord
from indicsubs.jobs.job_folders import read_job
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import encode_line

_INDEX = ".index"
"""Folder beside the jobs with a file for each digest of a stage, which names the job that has the
result."""


class ResultStore:
    """Stores the results of a job's stages, and finds equal results in other jobs."""

    def __init__(self, jobs: Path, job: Job) -> None:
        self.jobs = jobs
        self.job = job

    def make_scratch(self, stage: StageName) -> Path:
        """Makes an empty folder for a stage to write in, beside the final folder of its result."""
        folder = self.job.folder / scratch_name(stage)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def own(self, stage: StageName, digest: str) -> StageRecord | None:
        """Returns this job's record of the stage.

        Returns None where there is no record, its digest differs or a file was changed.
        """
        return _valid_record(self.job, stage, digest)

    def reuse(self, stage: StageName, digest: str, manifest: Manifest) -> StageRecord | None:
        """Copies or links another job's result with the same digest into this job.

        Returns None where no other job has such a result.
        """
        pointer = self._pointer(stage, digest)
        if not pointer.is_file():
            return None
        try:
            other = read_job(self.jobs / pointer.read_text())
        except IndicsubsError:
            return None  # the job was deleted
        record = _valid_record(other, stage, digest)
        if record is None:
            return None
        scratch = self.make_scratch(stage)
        for artifact in artifacts(record.result):
            link_or_copy(other.folder / artifact.path, scratch / Path(artifact.path).name)
        _note_digests(other.folder, record)  # a link changes the state of the other job's file
        record = msgspec.structs.replace(record, reused_from=other.id)
        self.store(stage, scratch, record, manifest)
        return record

    def store(
        self, stage: StageName, scratch: Path, record: StageRecord, manifest: Manifest
    ) -> Path | None:
        """Moves a stage's files, its request and its result to their final folder in one step.

        Returns:
            The folder of the earlier files, where a person has changed them (also while the stage
            ran); None where nothing was changed.
        """
        write_atomically(scratch / "request.json", replay_line(manifest, stage))
        write_atomically(scratch / "result.json", msgspec.json.format(msgspec.json.encode(record)))
        for path in scratch.iterdir():
            _flush(path)
        aside = self.set_aside_edited(stage)
        folder = self.job.stage_folder(stage)
        shutil.rmtree(folder, ignore_errors=True)
        scratch.rename(folder)
        _note_digests(self.job.folder, record)
        job = self.job.folder.relative_to(self.jobs)
        write_atomically(self._pointer(stage, record.digest), str(job).encode())
        return aside

    def is_edited(self, stage: StageName) -> bool:
        """Returns whether a person has changed files of the stage's result."""
        record = self.job.record(stage)
        if record is None or self.job.is_intact(record):
            return False
        return any((self.job.folder / file.path).is_file() for file in artifacts(record.result))

    def hand_over(self, others: Iterable[Job]) -> None:
        """Points the index to other jobs that have the same results, after this job was deleted."""
        own = str(self.job.folder.relative_to(self.jobs))
        others = list(others)
        for pointer in (self.jobs / _INDEX).glob("*/*"):
            if pointer.name.startswith(".") or pointer.read_text() != own:
                continue
            stage = StageName(pointer.parent.name)
            records = ((other, other.record(stage)) for other in others)
            having = [job for job, record in records if record and record.digest == pointer.name]
            if having:
                job = having[0].folder.relative_to(self.jobs)
                write_atomically(pointer, str(job).encode())
            else:
                pointer.unlink()

    def set_aside_edited(self, stage: StageName) -> Path | None:
        """Renames a stage's folder before a new run where a person has changed its files.

        Returns the new path, or None where no file was changed.
        """
        if not self.is_edited(stage):
            return None
        folder = self.job.stage_folder(stage)
        aside = folder.with_name(f"{stage}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        folder.rename(aside)
        return aside

    def _pointer(self, stage: StageName, digest: str) -> Path:
        return self.jobs / _INDEX / stage / digest


def scratch_name(stage: StageName) -> str:
    """Returns the folder that a running stage writes in, relative to the job."""
    return f"stages/.{stage}"


def replay_line(manifest: Manifest, stage: StageName) -> bytes:
    """Returns the manifest that runs the stage again by hand.

    The run writes to the folder ``replay`` and uses no cache, so that it changes no result.
    """
    return encode_line(
        msgspec.structs.replace(manifest, output=f"replay/{stage}", cache=None, digest=None)
    )


def _valid_record(job: Job, stage: StageName, digest: str) -> StageRecord | None:
    """Returns the record of a job's stage; None where its digest differs or files were changed."""
    record = job.record(stage)
    if record is None or record.digest != digest or not job.is_intact(record):
        return None
    return record


def _note_digests(job: Path, record: StageRecord) -> None:
    """Records the digests of a result's files, which were written or checked just now."""
    digests = DigestRecord(job / RECORD_FILE)
    for artifact in artifacts(record.result):
        digests.note(job / artifact.path, artifact.sha256)


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
