"""Says which corrections of a film a job uses, and which it does not use and why."""

from collections.abc import Iterable
from pathlib import PurePath

from indicsubs.jobs.film_edits import EDITS, FilmEdits, SourceEdit
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import jobs_of_path
from indicsubs.jobs.specification import Edits, JobSpec
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.messages.files import Artifact
from indicsubs_text.languages import find_language


def edit_notes(film: FilmEdits, used: Edits, spec: JobSpec) -> list[str]:
    """Returns a sentence about the corrections that a job uses, and one for each that it does not.

    Args:
        film: The edits of the job's film.
        used: The edits that the job uses.
        spec: The specification of the job.
    """
    if film.languages and not spec.edits:
        return [f"The corrections in {_names(film.languages)} are left out: --no-edits."]
    if film.languages and spec.workflow == "transcribe":
        where = "are not in the transcript, which is the recogniser's"
        hint = "Other workflows use them: -w translate."
        return [f"The corrections in {_names(film.languages)} {where}. {hint}"]
    files = dict.fromkeys(edited.subtitles for edited in used.subtitles)
    if used.transcript is not None:
        files = {used.transcript: None, **files}
    notes = [f"Corrections used: {', '.join(map(_named, files))}."] if files else []
    digests = {file.sha256 for file in files}
    notes += [
        f"Not used: {_named(edit.file)}, {_reason(edit, spec, used)}."
        for edit in film.sources
        if edit.file.sha256 not in digests
    ]
    return notes


def notes_of_earlier_content(job: Job, workspace: Workspace) -> list[str]:
    """Returns a sentence where the film's path had another content, which has corrections.

    The same film with other tags or another container has another content; corrections of the
    earlier one may still fit it.
    """
    if job.film.read().languages:
        return []
    own = job.spec.source
    earlier = {
        other.spec.source.fingerprint: other.film
        for other in jobs_of_path(workspace, own.path)
        if other.spec.source.fingerprint != own.fingerprint
    }
    return [
        f"{PurePath(own.path).name} has another content than before, so the corrections of the"
        f" earlier one in {_names(edits.languages)} are not used. If they fit, import them; they"
        f" are in {film.path / EDITS}."
        for film in earlier.values()
        if (edits := film.read()).languages
    ]


def _reason(edit: SourceEdit, spec: JobSpec, used: Edits) -> str:
    """Returns why a job does not use a corrected text."""
    if spec.source_language is not None and spec.source_language != edit.file.language:
        return f"as the job says that the film is in {find_language(spec.source_language).name}"
    if spec.transcript is not None and spec.transcript.fingerprint != edit.transcript:
        name = PurePath(spec.transcript.path).name
        return f"as it corrects another text than {name}, which --transcript names"
    if used.transcript is not None:
        return "as a newer correction counts"
    return "as it has only the lines of forced subtitles"


def _named(file: Artifact) -> str:
    return f"{_names([file.language or 'und'])} ({PurePath(file.path).name})"


def _names(languages: Iterable[str]) -> str:
    return " and ".join(find_language(tag).name for tag in sorted(languages))
