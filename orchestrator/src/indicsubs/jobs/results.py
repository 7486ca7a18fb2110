"""Stores the results of stages on disk, finds them by digest, and preserves edited files.

A result is stored completely or not at all.
"""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from indicsubs.jobs.files import artifacts, link_or_copy, set_aside
from indicsubs.jobs.job import RESULT_FILE, Job, StageRecord, is_intact, stage_record
from indicsubs.jobs.job_folders import job_folders
from indicsubs.jobs.job_index import INDEX
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.records import flush_file, flush_folder, write_atomically, write_record
from indicsubs_contract.stages import StageName
from indicsubs_contract.wire import encode_line

_JOB = re.compile(r"[0-9]+/[0-9]+/[0-9]+/[^/\0]+")
"""The content of a file of the index, which has one for each digest of a stage in the folder
``INDEX/STAGE``: the path of the job that has the result, relative to the folder of the jobs."""


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
        """Returns this job's record of the stage, and lets other jobs find it.

        Returns None where there is no record, its digest differs or a file was changed.
        """
        record = _valid_record(self.job.folder, stage, digest)
        if record is not None and not self._pointer(stage, digest).is_file():
            self._point(stage, digest, self.job.folder)  # a process was killed before it did
        return record

    def reuse(self, stage: StageName, digest: str, manifest: Manifest) -> StageRecord | None:
        """Copies or links another job's result with the same digest into this job.

        Returns None where no other job has such a result.
        """
        other, record = self._find(stage, digest)
        if other is None or record is None:
            return None
        scratch = self.make_scratch(stage)
        try:
            for artifact in artifacts(record.result):
                if (other / artifact.path).exists():  # audio may be absent
                    link_or_copy(other / artifact.path, scratch / Path(artifact.path).name)
            _note_digests(other, record)  # a link changes the state of the other job's file
            record = msgspec.structs.replace(record, reused_from=other.name)
            self.store(stage, scratch, record, manifest)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        return record

    def store(
        self, stage: StageName, scratch: Path, record: StageRecord, manifest: Manifest
    ) -> Path | None:
        """Moves a stage's files, its request and its result to their final folder.

        A process that is killed at any moment leaves the old result, the new result, or the old
        result under the name that :meth:`restore` knows.

        Returns:
            The folder of the earlier files, where a person has changed them (also while the stage
            ran); None where nothing was changed.
        """
        write_atomically(scratch / "request.json", replay_line(manifest, stage))
        write_record(scratch / RESULT_FILE, record)
        for path in scratch.iterdir():
            flush_file(path)
        flush_folder(scratch)
        aside = self.set_aside_edited(stage)
        folder = self.job.stage_folder(stage)
        replaced = self._replaced(stage)
        shutil.rmtree(replaced, ignore_errors=True)
        if folder.exists():
            folder.rename(replaced)
        scratch.rename(folder)
        flush_folder(folder.parent)
        shutil.rmtree(replaced, ignore_errors=True)
        _note_digests(self.job.folder, record)
        self._point(stage, record.digest, self.job.folder)
        return aside

    def is_edited(self, stage: StageName) -> bool:
        """Returns whether a person may have changed files of the stage's result.

        That is also so where the record is damaged or absent, and nothing says what they were.
        """
        record = self.job.record(stage)
        if record is None:
            known = {"request.json", RESULT_FILE}
            files = [
                path for path in self.job.stage_folder(stage).glob("*") if path.name not in known
            ]
        elif self.job.is_intact(record):
            return False
        else:
            files = [self.job.folder / artifact.path for artifact in artifacts(record.result)]
        return any(path.is_file() for path in files)

    def hand_over(self, records: Mapping[StageName, StageRecord]) -> None:
        """Points the index to other jobs that have the same results, after this job was deleted.

        Args:
            records: The records that this job had, by their stages.
        """
        own = str(self.job.folder.relative_to(self.jobs)).encode()
        for stage, record in records.items():
            if self._pointed(stage, record.digest) == own:
                self._find(stage, record.digest)

    def restore(self) -> None:
        """Puts the results of a process that was killed back, and removes what it left.

        The job must be locked.
        """
        for stage in StageName:
            replaced, folder = self._replaced(stage), self.job.stage_folder(stage)
            if replaced.is_dir() and not folder.exists():
                replaced.rename(folder)
            shutil.rmtree(replaced, ignore_errors=True)
            shutil.rmtree(self.job.folder / scratch_name(stage), ignore_errors=True)
            shutil.rmtree(self.job.folder / temporary_name(stage), ignore_errors=True)

    def set_aside_edited(self, stage: StageName) -> Path | None:
        """Renames a stage's folder before a new run where a person may have changed its files.

        That is also so where the record is damaged or absent, and nothing says what they were.
        Returns the new path, or None where no file was changed.
        """
        if not self.is_edited(stage):
            return None
        return set_aside(self.job.stage_folder(stage))

    def _find(self, stage: StageName, digest: str) -> tuple[Path | None, StageRecord | None]:
        """Returns the folder of a job with the result, and its record.

        The index names the job. Where the index is damaged or names a job without the result, or
        was deleted, all jobs are searched, and the index is corrected.
        """
        pointer = self._pointer(stage, digest)
        pointed = self._pointed(stage, digest)
        if pointed is None and pointer.parent.is_dir():
            return None, None
        named = (pointed or b"").decode(errors="replace")
        if _JOB.fullmatch(named):
            record = _record_elsewhere(self.jobs / named, stage, digest)
            if record is not None:
                return self.jobs / named, record
        for folder in job_folders(self.jobs):
            record = _record_elsewhere(folder, stage, digest)
            if record is not None:
                self._point(stage, digest, folder)
                return folder, record
        if self._pointed(stage, digest) == pointed:
            pointer.unlink(missing_ok=True)  # no later run searches all jobs again
        return None, None

    def _point(self, stage: StageName, digest: str, job: Path) -> None:
        """Writes in the index which job has a result. The digest tells whether it is true."""
        write_atomically(
            self._pointer(stage, digest),
            str(job.relative_to(self.jobs)).encode(),
            temporary_in=self.job.folder if self.job.folder.is_dir() else job,
        )

    def _pointed(self, stage: StageName, digest: str) -> bytes | None:
        """Returns what the index says of a result; None where it says nothing."""
        try:
            return self._pointer(stage, digest).read_bytes()
        except FileNotFoundError:
            return None

    def _pointer(self, stage: StageName, digest: str) -> Path:
        return self.jobs / INDEX / stage / digest

    def _replaced(self, stage: StageName) -> Path:
        """Returns the name of the old result while a new one takes its place."""
        return self.job.stage_folder(stage).with_name(f".{stage}.replaced")


def scratch_name(stage: StageName) -> str:
    """Returns the folder that a running stage writes in, relative to the job."""
    return f"stages/.{stage}"


def temporary_name(stage: StageName) -> str:
    """Returns the folder of a running stage's temporary files, relative to the job."""
    return f"stages/.{stage}.tmp"


def replay_line(manifest: Manifest, stage: StageName) -> bytes:
    """Returns the manifest that runs the stage again by hand.

    The run writes to the folder ``replay`` and uses no cache, so that it changes no result.
    """
    return encode_line(
        msgspec.structs.replace(
            manifest, output=f"replay/{stage}", cache=None, film_cache=None, digest=None
        )
    )


def result_of_other_job(
    jobs: Path, stage: StageName, digest: str
) -> tuple[str, StageRecord] | None:
    """Returns the id of the job that the index names for a result, and its record.

    Returns None where no job has the result. Nothing is changed, and no other job is searched.
    """
    try:
        named = (jobs / INDEX / stage / digest).read_bytes().decode(errors="replace")
    except OSError:
        return None
    record = _record_elsewhere(jobs / named, stage, digest) if _JOB.fullmatch(named) else None
    return None if record is None else (Path(named).name, record)


def _valid_record(folder: Path, stage: StageName, digest: str) -> StageRecord | None:
    """Returns the record of a stage in a job's folder, unless it has another digest or was changed.

    The job's job.json is not needed.
    """
    record = stage_record(folder, stage)
    if record is None or record.digest != digest or not is_intact(folder, record):
        return None
    return record


def _record_elsewhere(folder: Path, stage: StageName, digest: str) -> StageRecord | None:
    """Returns the record in another job's folder; None also where this user may not read it."""
    try:
        if digest.encode() not in (folder / "stages" / stage / RESULT_FILE).read_bytes():
            return None  # found in a tenth of the time that reading the record takes
        return _valid_record(folder, stage, digest)
    except OSError:
        return None


def _note_digests(job: Path, record: StageRecord) -> None:
    """Records the digests of a result's files, which were written or checked just now."""
    digests = DigestRecord(job / RECORD_FILE)
    for artifact in artifacts(record.result):
        digests.note(job / artifact.path, artifact.sha256)
