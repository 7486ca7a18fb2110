"""Moves the edits of jobs of an earlier version, which had their own, to their films."""

import os
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from indicsubs.jobs.film_edits import FilmEdits, FilmFolder, SourceEdit, TargetEdit
from indicsubs.jobs.specification import NO_EDITS, JobFile
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.records import write_record


def take_over(folder: Path, job: JobFile) -> JobFile:
    """Moves the edits of a job of an earlier version, which had its own, to its film.

    The newest edit of a language counts; the others join the replaced files. The job is written
    after the film's record, so that nothing is lost at any time.

    Args:
        folder: The job's folder.
        job: The content of its job.json.

    Returns:
        The content without edits.
    """
    in_folder_of_day = all(parent.name.isdigit() for parent in folder.parents[:3])
    if job.edits == NO_EDITS or not in_folder_of_day:
        return job
    film = FilmFolder(folder.parents[3], job.spec.source.fingerprint)
    with film.lock():
        record = film.read()
        film.save(_with_edits_of_job(film, record.named(job.spec), job, folder))
        moved = replace(job, edits=NO_EDITS)
        path = folder / "job.json"
        used = path.stat()
        write_record(path, moved)
        os.utime(path, ns=(used.st_atime_ns, used.st_mtime_ns))  # it is not used more recently
    return moved


def _with_edits_of_job(
    film: FilmFolder, record: FilmEdits, job: JobFile, folder: Path
) -> FilmEdits:
    old, forced = job.edits, job.spec.purpose == "forced"

    def taken(file: Artifact | None) -> Artifact | None:
        path = folder / file.path if file else folder
        return film.copy(path, file.language or "und") if file and path.is_file() else None

    def time_of(file: Artifact) -> str:
        changed = (folder / file.path).stat().st_mtime
        return datetime.fromtimestamp(changed, UTC).isoformat(timespec="microseconds")

    if old.transcript is not None and (copy := taken(old.transcript)) is not None:
        baseline = old.baseline
        sentences = taken(baseline.transcript) if baseline is not None else None
        if baseline is not None and sentences is not None:
            cues = taken(baseline.cues)
            complete = (cues is None) == (baseline.cues is None)
            baseline = replace(baseline, transcript=sentences, cues=cues) if complete else None
        else:
            baseline = None
        own = job.spec.transcript
        record = record.with_source(
            SourceEdit(
                file=copy,
                imported=time_of(old.transcript),
                baseline=baseline,
                is_cues=any(one.subtitles.language == copy.language for one in old.subtitles),
                transcript=own and own.fingerprint,
                forced=forced,
            )
        )
    spoken = old.transcript and old.transcript.language
    for edited in old.subtitles:
        if edited.subtitles.language == spoken or (copy := taken(edited.subtitles)) is None:
            continue
        moved = EditedSubtitles(subtitles=copy, transcript=taken(edited.transcript))
        time = time_of(edited.subtitles)
        record = record.with_target(TargetEdit(edited=moved, imported=time, forced=forced))
    return record
