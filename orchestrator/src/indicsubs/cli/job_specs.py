"""The specification of a job, from the options that a user gave."""

from dataclasses import replace
from pathlib import Path

import msgspec

from indicsubs.cli.options import JobOptions
from indicsubs.jobs.files import source_file
from indicsubs.jobs.glossary_files import read_glossary
from indicsubs.jobs.input_files import is_file, is_folder
from indicsubs.jobs.job_folders import find_job
from indicsubs.jobs.older_fingerprints import adopt_older_jobs
from indicsubs.jobs.specification import JobSpec
from indicsubs.jobs.subtitle_sources import has_no_language, language_in_name
from indicsubs.machine.workspace import Workspace
from indicsubs.run.checks import check_spec
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import SourceFile


def is_film(film_or_job: str) -> bool:
    """Returns whether the argument is the path of a film and not the name of a job."""
    path = Path(film_or_job)
    return is_file(path) or bool(path.suffix and not is_folder(path))


def workspace_of(workspace: Workspace, film_or_job: str) -> Workspace:
    """Returns the workspace with the folder of jobs that a job's path decides.

    Raises:
        IndicsubsError: As :func:`~indicsubs.jobs.job_folders.find_job`.
    """
    if is_film(film_or_job):
        return workspace
    return replace(workspace, jobs=find_job(workspace, film_or_job).jobs)


def make_spec(workspace: Workspace, film_or_job: str, options: JobOptions) -> JobSpec:
    """Returns the specification of a film with options, or of a job with some options changed.

    Target languages are added to those of a job.

    Raises:
        IndicsubsError: ``NO_INPUT`` where there is no such film or job; also the errors of
            :meth:`JobOptions.given` and :func:`~indicsubs.run.checks.check_spec`.
    """
    if is_film(film_or_job):
        wanted = spec_without_film(options)
        source = source_file(Path(film_or_job), workspace.digests.sha256)
        adopt_older_jobs(workspace, source)
        return msgspec.structs.replace(wanted, source=source)
    given = options.given()
    spec = find_job(workspace, film_or_job).spec
    if "targets" in given:
        given["targets"] = tuple(dict.fromkeys((*spec.targets, *given["targets"])))
    return _checked(msgspec.structs.replace(spec, **given))


def spec_without_film(options: JobOptions) -> JobSpec:
    """Returns the specification that options give to any film, whose ``source`` is empty.

    Raises:
        IndicsubsError: As :func:`make_spec`.
    """
    given = options.given()
    given.setdefault("glossary", read_glossary(()))
    spec = JobSpec(source=SourceFile(path="", fingerprint=""), **given)
    if not spec.targets and spec.workflow != "transcribe":
        spec = msgspec.structs.replace(spec, targets=("en",))
    return _checked(spec)


def _checked(spec: JobSpec) -> JobSpec:
    spec = _with_language_of_transcript(spec)
    check_spec(spec)
    return spec


def _with_language_of_transcript(spec: JobSpec) -> JobSpec:
    """Returns a specification with the language in the name of its transcript, if it has no other.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where a subtitle file has no language in its name either.
    """
    if spec.transcript is None or spec.source_language is not None:
        return spec
    path = Path(spec.transcript.path)
    if not has_no_language(path):
        return spec
    language = language_in_name(path)
    if language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path.name} does not name its language. Name it with -s, for instance -s hi, or call"
            f" the file {path.stem}.hi{path.suffix}.",
        )
    return msgspec.structs.replace(spec, source_language=language)
