"""Corrected files taken into a job: which language they are in, and what they are to it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

from msgspec.structs import replace

from indicsubs.jobs.job import NO_EDITS, Edits, Job, JobSpec, artifacts, write_whole
from indicsubs.jobs.publishing import EDITABLE, edited_files
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import EditBaseline, LoadTranscriptResult
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language

FOLDER = "edits"
SUBTITLE_SUFFIXES = tuple(f".{kind}" for kind in EDITABLE)
TRANSCRIPT_SUFFIXES = (".json", ".srt", ".vtt", ".ass", ".ttml")
Role: TypeAlias = Literal["subtitles", "transcript"]


def languages_of(job: Job) -> tuple[str, ...]:
    """Tags of the languages that the job makes subtitles in, the source language first.

    Raises:
        IndicsubsError: the source language is not known yet.
    """
    return tuple(dict.fromkeys((_source_language(job), *job.spec.targets)))


def language_of(path: Path, languages: Sequence[str]) -> str | None:
    """The language of its job that a file's name tells: ``film.tam.srt``, ``film.ta.srt``.

    The last one counts; where two share a code, the first of the job's.
    """
    for part in reversed(path.stem.split(".")[1:]):
        for tag in languages:
            if part.lower() in {tag.lower(), find_language(tag).iso_639_2}:
                return tag
        try:
            found = find_language(part).tag
        except IndicsubsError:
            continue  # sdh, forced, a year
        if found in languages:
            return found
    return None


def take(job: Job, files: Sequence[Path], language: str | None, role: Role | None) -> Edits:
    """The job's edits with corrected files among them, each copied into the job.

    Subtitles of the source language are both: what is said, and its cues. An earlier edit of the
    same is replaced.

    Args:
        job: With results, or not run yet.
        files: SRT, VTT or ASS, or a transcript in JSON.
        language: Tag of the language of the files; None reads it from their names.
        role: What they are; None takes JSON and files named ``transcript`` for a transcript.

    Raises:
        IndicsubsError: a file that is absent or of another kind; a language that is not told or that
            the job does not make; two files for one language.
    """
    source, *_ = languages = languages_of(job)
    edits = job.edits
    seen: set[str] = set()
    for path in files:
        if not path.is_file():
            raise IndicsubsError(FailureCode.NO_INPUT, f"{path} is not there.")
        is_transcript = role == "transcript" or (
            role is None and (path.suffix.lower() == ".json" or path.stem == "transcript")
        )
        _check_suffix(path, TRANSCRIPT_SUFFIXES if is_transcript else SUBTITLE_SUFFIXES)
        tag = source if is_transcript else language or language_of(path, languages)
        if tag is None or tag not in languages:
            raise _no_language(path, tag, languages)
        if tag in seen:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"Two of the files are in {find_language(tag).name}:"
                f" {', '.join(str(file) for file in files)}. Name the one to import.",
            )
        seen.add(tag)
        if tag == source:
            edits = _with_transcript(job, edits, path, source, exported=is_transcript)
        edits = _without_subtitles(tag, edits)
        if not is_transcript:
            edited = EditedSubtitles(
                subtitles=_copy(job, path, tag),
                transcript=None if tag == source else _sentences(job),
            )
            edits = replace(edits, subtitles=(*edits.subtitles, edited))
    return edits


def drop(job: Job, language: str | None) -> Edits:
    """The job's edits without those of a language, or without any.

    Raises:
        IndicsubsError: there are none.
    """
    kept = NO_EDITS if language is None else _with_nothing_in(language, job.edits)
    if kept == job.edits:
        which = f" in {find_language(language).name}" if language else ""
        raise IndicsubsError(FailureCode.NO_INPUT, f"Job {job.id} has no edits{which}.")
    return kept


def found_edited(job: Job) -> list[Path]:
    """The files that were edited where the job laid them.

    Raises:
        IndicsubsError: there are none.
    """
    files = edited_files(job.folder)
    if not files:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"No subtitle file of job {job.id} was edited in its place. Name the file to import:"
            " indicsubs import FILE",
        )
    return files


def first_stage(job: Job, after: Edits) -> StageName | None:
    """The first stage that new edits concern; None where an earlier one has to run."""
    before = job.edits
    if after.transcript is None and before.transcript is not None:
        return None
    if after.transcript != before.transcript:
        return StageName.LOAD_TRANSCRIPT
    made = (StageName.LOAD_TRANSCRIPT, StageName.INDICTRANS2_TRANSLATION)
    records = [job.record(stage) for stage in made]
    if all(record is not None and job.intact(record) for record in records):
        return StageName.SUBTITLE_GENERATION
    return None


def carried(job: Job, spec: JobSpec) -> Edits:
    """What holds of the job's edits where its options become ``ask``: a new transcript counts."""
    edits = job.edits
    if spec.transcript == job.spec.transcript or edits.transcript is None:
        return edits
    return _with_nothing_in(edits.transcript.language, edits)


def copy(edits: Edits, origin: Job, job: Job) -> None:
    """Make edits of one job those of another."""
    for file in artifacts(edits):
        write_whole(job.folder / file.path, (origin.folder / file.path).read_bytes())
    job.keep_edits(edits)


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


def _with_transcript(job: Job, edits: Edits, path: Path, language: str, *, exported: bool) -> Edits:
    """The edits with what is said from a file, and what it was before where the job made it.

    A transcript in JSON tells all itself.
    """
    kind = path.suffix[1:].lower()
    sentences = _sentences(job) if kind != "json" else None
    made = None if exported else _made(job, kind, language)
    baseline = None
    if sentences is not None and (exported or made is not None):
        baseline = EditBaseline(cues=made, transcript=sentences)
    return replace(edits, transcript=_copy(job, path, language), baseline=baseline)


def _made(job: Job, kind: str, language: str) -> Artifact | None:
    """A copy of a subtitle file as the job made it."""
    record = job.record(StageName.SUBTITLE_GENERATION)
    for file in artifacts(record.result) if record is not None else []:
        if (file.kind, file.language) == (kind, language) and job.has(file):
            return _copy(job, job.folder / file.path, language)
    return None


def _sentences(job: Job) -> Artifact | None:
    """A copy of the sentences that the job's subtitles were made from."""
    record = job.record(StageName.LOAD_TRANSCRIPT)
    if record is None or not isinstance(record.result, LoadTranscriptResult):
        return None
    made = record.result.transcript
    path = job.folder / made.path
    return _copy(job, path, made.language or record.result.language) if job.has(made) else None


def _copy(job: Job, path: Path, language: str) -> Artifact:
    """A copy in the job, named by its content: an older one stays until the record is changed."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    kind = path.suffix[1:].lower()
    name = f"{FOLDER}/{language}-{digest[:12]}.{kind}"
    write_whole(job.folder / name, data)
    return Artifact(path=name, kind=kind, sha256=digest, bytes=len(data), language=language)


def _with_nothing_in(language: str | None, edits: Edits) -> Edits:
    """The edits without what is said in a language, and without its subtitles."""
    if edits.transcript is not None and edits.transcript.language == language:
        edits = replace(edits, transcript=None, baseline=None)
    return _without_subtitles(language, edits)


def _without_subtitles(language: str | None, edits: Edits) -> Edits:
    kept = tuple(edited for edited in edits.subtitles if edited.subtitles.language != language)
    return replace(edits, subtitles=kept)


def _check_suffix(path: Path, suffixes: Sequence[str]) -> None:
    if path.suffix.lower() not in suffixes:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} cannot be imported. Save it as a file that ends in {', '.join(suffixes)}.",
        )


def _no_language(path: Path, tag: str | None, languages: Sequence[str]) -> IndicsubsError:
    what = f"is in {find_language(tag).name}" if tag else "does not tell its language"
    return IndicsubsError(
        FailureCode.USAGE,
        f"{path} {what}. Name one of the job's languages with -l: {', '.join(languages)}; or say"
        " --transcript, where it is what is spoken.",
    )
