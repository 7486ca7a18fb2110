"""Stages' results on disk: kept whole or not at all, found by digest, never lost to edits."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.job import Job, Record, artifacts, read_job, write_whole
from indicsubs.jobs.publishing import link_or_copy
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import encode_line

_INDEX = ".index"
"""Folder beside the jobs: which job holds the result of a digest."""


class ResultStore:
    """Where a job's stages leave their results, and where other jobs' results are found."""

    def __init__(self, jobs: Path, job: Job) -> None:
        self.jobs = jobs
        self.job = job

    def scratch(self, stage: StageName) -> Path:
        """An empty folder for a stage to write in, beside the place of its result."""
        folder = self.job.folder / scratch_name(stage)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def own(self, stage: StageName, digest: str) -> Record | None:
        """This job's result, if it is still right and its files are as they were written."""
        record = self.job.record(stage)
        right = record is not None and record.digest == digest and self.job.intact(record)
        return record if right else None

    def elsewhere(self, stage: StageName, digest: str, manifest: Manifest) -> Record | None:
        """Another job's result of the same digest, brought into this job."""
        pointer = self._pointer(stage, digest)
        if not pointer.is_file():
            return None
        try:
            other = read_job(self.jobs / pointer.read_text())
        except IndicsubsError:
            return None  # cleaned away
        record = other.record(stage)
        if record is None or record.digest != digest or not other.intact(record):
            return None
        scratch = self.scratch(stage)
        for artifact in artifacts(record.result):
            link_or_copy(other.folder / artifact.path, scratch / Path(artifact.path).name)
        record = msgspec.structs.replace(record, reused_from=other.id)
        self.keep(stage, scratch, record, manifest)
        return record

    def keep(self, stage: StageName, scratch: Path, record: Record, manifest: Manifest) -> None:
        """Put a stage's files in their place in one step, with its request and its result."""
        write_whole(scratch / "request.json", replayed(manifest, stage))
        write_whole(scratch / "result.json", msgspec.json.format(msgspec.json.encode(record)))
        for path in scratch.iterdir():
            _flush(path)
        place = self.job.stage_folder(stage)
        shutil.rmtree(place, ignore_errors=True)
        scratch.rename(place)
        job = self.job.folder.relative_to(self.jobs)
        write_whole(self._pointer(stage, record.digest), str(job).encode())

    def save_edits(self, stage: StageName) -> Path | None:
        """Keep files that somebody changed after the stage made them, before it makes new ones."""
        record = self.job.record(stage)
        if record is None or self.job.intact(record):
            return None
        files = [self.job.folder / artifact.path for artifact in artifacts(record.result)]
        if not any(path.is_file() for path in files):
            return None
        place = self.job.stage_folder(stage)
        kept = place.with_name(f"{stage}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        place.rename(kept)
        return kept

    def _pointer(self, stage: StageName, digest: str) -> Path:
        return self.jobs / _INDEX / stage / digest


def scratch_name(stage: StageName) -> str:
    """Folder, relative to the job, that a running stage writes in."""
    return f"stages/.{stage}"


def replayed(manifest: Manifest, stage: StageName) -> bytes:
    """The line that runs the stage by hand, all of it: what it writes then changes no result."""
    return encode_line(msgspec.structs.replace(manifest, output=f"replay/{stage}", cache=None))


def _flush(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
