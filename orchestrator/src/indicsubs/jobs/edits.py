"""The edits of a job: imports corrected files, and removes edits."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec.structs import replace

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.input_files import check_input_file, unreadable
from indicsubs.jobs.job import Job
from indicsubs.jobs.profile_choices import doubtful_of
from indicsubs.jobs.publishing import EDITABLE, edited_files
from indicsubs.jobs.specification import NO_EDITS, Edits, JobSpec
from indicsubs.jobs.subtitle_sources import check_readable, language_of
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import EditBaseline, LoadTranscriptResult
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.records import write_atomically
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language

EDITS_FOLDER = "edits"
_LONGEST_STEM = 200
"""The most bytes of a copy's name without its suffix. File systems take 255 bytes, also of the name
under which a file is written at first."""
SUBTITLE_SUFFIXES = tuple(f".{kind}" for kind in EDITABLE)
TRANSCRIPT_SUFFIXES = (".json", ".srt", ".vtt", ".ass", ".ttml")
Role: TypeAlias = Literal["subtitles", "transcript"]


def languages_of(job: Job) -> tuple[str, ...]:
    """Returns the tags of the languages of a job's subtitles, the source language first.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the source language is not known yet.
    """
    return tuple(dict.fromkeys((_source_language(job), *job.spec.targets)))


def add_files(job: Job, files: Sequence[Path], language: str | None, role: Role | None) -> Edits:
    """Returns the job's edits with corrected files added; each file is copied into the job.

    Subtitles of the source language are both a transcript and cues. An earlier edit in the same
    language and role is replaced.

    Args:
        job: The job; it may be a job that has never run.
        files: Subtitles in SRT, VTT or ASS, or a transcript in JSON.
        language: Tag of the language of the files; None reads it from the file names.
        role: The role of the files; None takes JSON files and files named ``transcript`` as a
            transcript, and all other files as subtitles.

    Raises:
        IndicsubsError: ``NO_INPUT`` for a file that is absent or cannot be read, ``BAD_INPUT`` for
            another kind of file, a pipe or a device; ``USAGE`` for a folder, for a file without a
            language, for a language in which the job has no subtitles, or for two files in the
            same language.
    """
    source, *_ = languages = languages_of(job)
    edits = job.edits
    tags: set[str] = set()
    for path in files:
        check_input_file(path)
        is_transcript = role == "transcript" or (
            role is None and (path.suffix.lower() == ".json" or path.stem == "transcript")
        )
        _check_suffix(path, TRANSCRIPT_SUFFIXES if is_transcript else SUBTITLE_SUFFIXES)
        tag = source if is_transcript else language or language_of(path, languages)
        if tag is None or tag not in languages:
            raise _language_error(path, tag, languages)
        if tag in tags:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"Two of the files are in {find_language(tag).name}:"
                f" {', '.join(str(file) for file in files)}. Import only one of them.",
            )
        tags.add(tag)
        check_readable(path)
        if tag == source:
            edits = _with_transcript(job, edits, path, source, is_exported=is_transcript)
        edits = _without_subtitles(tag, edits)
        if not is_transcript:
            edited = EditedSubtitles(
                subtitles=_copy(job, path, tag),
                transcript=None if tag == source else _copy_of_sentences(job),
            )
            edits = replace(edits, subtitles=(*edits.subtitles, edited))
    return edits


def drop(job: Job, language: str | None) -> Edits:
    """Returns the job's edits without the edits in one language; None removes all edits.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there are no such edits.
    """
    remaining = NO_EDITS if language is None else _without_language(language, job.edits)
    if remaining == job.edits:
        which = f" in {find_language(language).name}" if language else ""
        raise IndicsubsError(FailureCode.NO_INPUT, f"Job {job.id} has no edits{which}.")
    return remaining


def find_edited(job: Job) -> list[Path]:
    """Returns the subtitle files in the job's folder ``subtitles`` that a person has edited.

    Raises:
        IndicsubsError: ``NO_INPUT`` where no file was edited.
    """
    files = edited_files(job.folder)
    if not files:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"No subtitle file in the folder of job {job.id} was edited. Name the file to import:"
            " just indicsubs import FILE",
        )
    return files


def first_stage(job: Job, edits: Edits) -> StageName | None:
    """Returns the first stage that has to run again because of new edits.

    Returns None where the run has to start at the beginning of the workflow: the edited transcript
    was removed, or an earlier result is missing.
    """
    previous = job.edits
    if edits.transcript is None and previous.transcript is not None:
        return None
    if edits.transcript != previous.transcript:
        return StageName.LOAD_TRANSCRIPT
    inputs = (StageName.LOAD_TRANSCRIPT, StageName.INDICTRANS2_TRANSLATION)
    records = [job.record(stage) for stage in inputs]
    if all(record is not None and job.is_intact(record) for record in records):
        return StageName.SUBTITLE_GENERATION
    return None


def carried_over(job: Job, spec: JobSpec) -> Edits:
    """Returns the edits of a job that stay valid under another specification.

    Where ``spec`` has another transcript than the job, the edited transcript and the edited
    subtitles in its language are left out.
    """
    edits = job.edits
    if spec.transcript == job.spec.transcript or edits.transcript is None:
        return edits
    return _without_language(edits.transcript.language, edits)


def copy(edits: Edits, origin: Job, job: Job) -> None:
    """Copies edits and their files from one job to another."""
    for file in artifacts(edits):
        write_atomically(job.folder / file.path, (origin.folder / file.path).read_bytes())
    job.save_edits(edits)


def _source_language(job: Job) -> str:
    for stage in (StageName.LOAD_TRANSCRIPT, StageName.ASR):
        record = job.record(stage)
        if record is not None and isinstance(record.result, LoadTranscriptResult | AsrResult):
            return record.result.language
    if job.spec.source_language is None:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"The language spoken in job {job.id} is not known yet. Run it first.",
        )
    return job.spec.source_language


def _with_transcript(
    job: Job, edits: Edits, path: Path, language: str, *, is_exported: bool
) -> Edits:
    """Returns the edits with a corrected transcript, and with its baseline where the job has one.

    A transcript in JSON is complete and needs no baseline.

    Args:
        job: The job, as in :func:`add_files`.
        edits: The edits without the new transcript.
        path: The corrected file.
        language: Tag of the source language.
        is_exported: True for a transcript, as export_transcript writes it; False for the subtitles
            of the source language.
    """
    kind = path.suffix[1:].lower()
    sentences = _copy_of_sentences(job) if kind != "json" else None
    cues = None if is_exported else _copy_of_cues(job, kind, language)
    baseline = None
    if sentences is not None and (is_exported or cues is not None):
        baseline = EditBaseline(cues=cues, transcript=sentences, doubtful=doubtful_of(job.spec))
    return replace(edits, transcript=_copy(job, path, language), baseline=baseline)


def _copy_of_cues(job: Job, kind: str, language: str) -> Artifact | None:
    """Copies the subtitle file that the stage wrote; returns None where it is absent or changed."""
    record = job.record(StageName.SUBTITLE_GENERATION)
    for file in artifacts(record.result) if record is not None else []:
        if (file.kind, file.language) == (kind, language) and job.has(file):
            return _copy(job, job.folder / file.path, language)
    return None


def _copy_of_sentences(job: Job) -> Artifact | None:
    """Copies the sentences that the subtitles come from; returns None where there are none."""
    record = job.record(StageName.LOAD_TRANSCRIPT)
    if record is None or not isinstance(record.result, LoadTranscriptResult):
        return None
    file = record.result.transcript
    path = job.folder / file.path
    return _copy(job, path, file.language or record.result.language) if job.has(file) else None


def _copy(job: Job, path: Path, language: str) -> Artifact:
    """Copies a file into a folder with its digest, so that earlier copies stay.

    The copy has the file's own name, which messages of the stages show.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    digest = hashlib.sha256(data).hexdigest()
    kind = path.suffix[1:].lower()
    stem = path.stem.encode(errors="replace")[:_LONGEST_STEM].decode(errors="ignore")
    name = f"{EDITS_FOLDER}/{language}-{digest[:12]}/{stem}.{kind}"
    write_atomically(job.folder / name, data)
    return Artifact(path=name, kind=kind, sha256=digest, bytes=len(data), language=language)


def _without_language(language: str | None, edits: Edits) -> Edits:
    """Returns the edits without the transcript and the subtitles in a language."""
    if edits.transcript is not None and edits.transcript.language == language:
        edits = replace(edits, transcript=None, baseline=None)
    return _without_subtitles(language, edits)


def _without_subtitles(language: str | None, edits: Edits) -> Edits:
    others = tuple(edited for edited in edits.subtitles if edited.subtitles.language != language)
    return replace(edits, subtitles=others)


def _check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    if path.suffix.lower() not in suffixes:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} cannot be imported. Save it as a file that ends in {', '.join(suffixes)}.",
        )


def _language_error(path: Path, tag: str | None, languages: Sequence[str]) -> IndicsubsError:
    what = f"is in {find_language(tag).name}" if tag else "has no language in its name"
    return IndicsubsError(
        FailureCode.USAGE,
        f"{path} {what}. Name one of the job's languages with -l: {', '.join(languages)}. If the"
        " file is the transcript of the film, add --transcript.",
    )
