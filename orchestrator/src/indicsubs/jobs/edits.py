"""Imports corrected files into the edits of a job's film, and removes edits."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal, NamedTuple, TypeAlias

from msgspec.structs import replace

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.film_edits import FilmEdits, SourceEdit, TargetEdit
from indicsubs.jobs.import_checks import content_questions, lost_features, undone_edits
from indicsubs.jobs.input_files import check_input_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.profile_choices import doubtful_of
from indicsubs.jobs.publishing import EDITABLE, edited_files
from indicsubs.jobs.subtitle_sources import check_readable, language_in_name, language_of
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrResult
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.load_transcript import EditBaseline, LoadTranscriptResult
from indicsubs_contract.messages.subtitles import EditedSubtitles
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.subtitle_file import SubtitleFile

SUBTITLE_SUFFIXES = tuple(f".{kind}" for kind in EDITABLE)
TRANSCRIPT_SUFFIXES = (".json", ".srt", ".vtt", ".ass", ".ttml")
Role: TypeAlias = Literal["subtitles", "transcript"]


def languages_of(job: Job) -> tuple[str, ...]:
    """Returns the tags of the languages of a job's subtitles, the source language first.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the source language is not known yet.
    """
    return tuple(dict.fromkeys((_source_language(job), *job.spec.targets)))


class CorrectedFile(NamedTuple):
    """A file that a person corrected, and what it is imported as."""

    path: Path
    language: str
    is_transcript: bool
    """Whether it is a transcript, whose cues do not become subtitles."""
    content: SubtitleFile | None
    """Its cues; None for a transcript in JSON."""


def corrected_files(
    job: Job, files: Sequence[Path], language: str | None, role: Role | None
) -> list[CorrectedFile]:
    """Reads the files that a person wants to import.

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
    found: list[CorrectedFile] = []
    for path in files:
        check_input_file(path)
        is_transcript = role == "transcript" or (
            role is None and (path.suffix.lower() == ".json" or path.stem == "transcript")
        )
        _check_suffix(path, TRANSCRIPT_SUFFIXES if is_transcript else SUBTITLE_SUFFIXES)
        tag = source if is_transcript else language or language_of(path, languages)
        if tag is None or tag not in languages:
            raise _language_error(path, tag or language_in_name(path), languages)
        for other in found:
            if other.language == tag:
                raise IndicsubsError(
                    FailureCode.USAGE,
                    f"Two of the files are in {find_language(tag).name}: {other.path}, {path}."
                    " Import only one of them.",
                )
        content = check_readable(path)
        found.append(CorrectedFile(path, tag, is_transcript, content))
    return found


def require_accepted(job: Job, files: Iterable[CorrectedFile]) -> None:
    """Checks that nothing is lost by an import, and that nothing looks like a mistake.

    Raises:
        IndicsubsError: ``BAD_INPUT``, with all that the person has to accept.
    """
    source, *_ = languages = languages_of(job)
    edits = job.film.read()
    for path, language, is_transcript, content in files:
        named = language_of(path, languages) or language_in_name(path)
        found: list[str] = []
        if named not in {None, language}:
            found.append(
                f"its name says {find_language(named or language).name}, and it is imported as"
                f" {find_language(language).name}"
            )
        if content is not None:
            is_source = language == source
            found += content_questions(job, language, content)
            found += lost_features(
                job, path, content, is_source=is_source, is_cues=not is_transcript
            )
        found += undone_edits(job, path, language, edits)
        if found:
            raise IndicsubsError(
                FailureCode.BAD_INPUT,
                f"{path} was not imported: {'; '.join(found)}. To import it all the same, add"
                " --accept.",
            )


def add_files(job: Job, files: Iterable[CorrectedFile]) -> FilmEdits:
    """Returns the edits of a job's film with corrected files added.

    The files are copied into the film's folder. Subtitles of the source language are both a
    transcript and cues. An earlier edit in the same language is replaced.
    """
    source, *_ = languages_of(job)
    edits = job.film.read().named(job.spec)
    for file in files:
        if file.language == source:
            edits = edits.with_source(_source_edit(job, file, edits))
        else:
            edits = edits.with_target(_target_edit(job, file, edits))
    return edits


def join_show(job: Job) -> None:
    """Lets the show that the job names use the corrections of the film, where the film has some."""
    if job.spec.memory is None or job.spec.memory in job.film.read().shows:
        return
    if job.film.read().languages:
        with job.film.lock():
            job.film.save(job.film.read().named(job.spec))


def drop(job: Job, language: str | None) -> FilmEdits:
    """Returns the edits of a job's film without those in one language; None removes all edits.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there are no such edits.
    """
    edits = job.film.read()
    if not edits.languages or language not in {None, *edits.languages}:
        which = f" in {find_language(language).name}" if language else ""
        name = Path(job.spec.source.path).name
        raise IndicsubsError(FailureCode.NO_INPUT, f"There are no corrections{which} of {name}.")
    return edits.without(language)


def find_edited(job: Job) -> list[Path]:
    """Returns the subtitle files in the job's folder ``subtitles`` that a person has edited.

    Raises:
        IndicsubsError: ``NO_INPUT`` where no file was edited.
    """
    files = edited_files(job.folder)
    if not files:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"No subtitle file in the folder of job {job.id} was edited since the last import. Name"
            " the file to import: just indicsubs import FILE. If an import was interrupted, its"
            f" corrections are kept; go on with them: just run {job.id}",
        )
    return files


def _source_language(job: Job) -> str:
    for stage in (StageName.LOAD_TRANSCRIPT, StageName.ASR):
        record = job.record(stage)
        if record is not None and isinstance(record.result, LoadTranscriptResult | AsrResult):
            return record.result.language
    if job.edits.transcript is not None and job.edits.transcript.language is not None:
        return job.edits.transcript.language
    if job.spec.source_language is None:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"The language spoken in job {job.id} is not known yet. Run it first.",
        )
    return job.spec.source_language


def _source_edit(job: Job, corrected: CorrectedFile, edits: FilmEdits) -> SourceEdit:
    """Returns the edit of a corrected transcript, with its baseline where the job has one.

    A transcript in JSON is complete and needs no baseline.
    """
    own, is_cues = job.spec.transcript, not corrected.is_transcript
    transcript = own and own.fingerprint
    file, imported = _copy(job, corrected), edits.time_of_import()
    same = (file.sha256, file.language, transcript, is_cues)
    for edit in edits.sources:  # the import of the same file, which was interrupted
        known = edit.file
        if (known.sha256, known.language, edit.transcript, edit.is_cues) == same:
            return edit if edit is edits.sources[0] else replace(edit, imported=imported)
    sentences = _copy_of_sentences(job) if file.kind != "json" else None
    cues = _copy_of_cues(job, file.kind, corrected.language) if is_cues else None
    baseline = None
    if sentences is not None and (cues is not None or not is_cues):
        baseline = EditBaseline(cues=cues, transcript=sentences, doubtful=doubtful_of(job.spec))
    return SourceEdit(
        file=file,
        imported=imported,
        baseline=baseline,
        is_cues=is_cues,
        transcript=transcript,
        forced=job.spec.purpose == "forced",
    )


def _target_edit(job: Job, corrected: CorrectedFile, edits: FilmEdits) -> TargetEdit:
    subtitles = _copy(job, corrected)
    forced, written = job.spec.purpose == "forced", None
    for edit in edits.targets:
        known = edit.edited.subtitles
        if (known.language, edit.forced) != (corrected.language, forced):
            continue
        if known.sha256 == subtitles.sha256:
            return edit
        written = edit.written
    sentences = _copy_of_sentences(job)
    return TargetEdit(
        written=written or _copy_of_cues(job, subtitles.kind, corrected.language),
        edited=EditedSubtitles(subtitles=subtitles, transcript=sentences),
        imported=edits.time_of_import(),
        forced=forced,
    )


def _copy(job: Job, file: CorrectedFile) -> Artifact:
    kind = file.content.kind if file.content is not None else None
    return job.film.copy(file.path, file.language, kind)


def _copy_of_cues(job: Job, kind: str, language: str) -> Artifact | None:
    """Copies the subtitle file that the stage wrote, best in the same format.

    Returns None where there is none, or it was changed.
    """
    record = job.record(StageName.SUBTITLE_GENERATION)
    written = artifacts(record.result) if record is not None else []
    files = {file.kind: file for file in written if file.language == language and job.has(file)}
    for known in (kind, *EDITABLE):
        if known in files:
            return job.film.copy(job.folder / files[known].path, language)
    return None


def _copy_of_sentences(job: Job) -> Artifact | None:
    """Copies the sentences that the subtitles come from; returns None where there are none."""
    record = job.record(StageName.LOAD_TRANSCRIPT)
    if record is None or not isinstance(record.result, LoadTranscriptResult):
        return None
    file = record.result.transcript
    path = job.folder / file.path
    language = file.language or record.result.language
    return job.film.copy(path, language) if job.has(file) else None


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
