"""Subtitles from Python: make a job, run it, read its cues.

    from indicsubs import make_job

    job = make_job("film.mp4", source_language="hi", targets=["en", "ta"])
    job.run()
    for cue in job.cues("en"):
        print(cue.start_ms, cue.end_ms, " / ".join(cue.lines))

Python and the command line share their jobs: ``just indicsubs list`` shows all of them, and a job
that one of the two began can be continued with the other.
"""

from pathlib import Path
from typing import Any

from indicsubs.cli.console import placement_for
from indicsubs.cli.job_specs import make_spec
from indicsubs.cli.options import JobOptions
from indicsubs.jobs.files import artifacts
from indicsubs.jobs.input_files import check_input_file
from indicsubs.jobs.job import Job
from indicsubs.jobs.job_folders import find_job, find_or_create_job
from indicsubs.jobs.publishing import published_files
from indicsubs.machine.workspace import Workspace, find_workspace
from indicsubs.run.pipeline import Pipeline
from indicsubs.run.reports import RunDisplay, StageReport
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.subtitles import SubtitleResult
from indicsubs_contract.stages import StageName
from indicsubs_text.cues import Cue
from indicsubs_text.languages import find_language
from indicsubs_text.subtitle_files.formats import read_subtitles

_READABLE = ("json", "srt", "vtt", "ass", "ttml")
"""The formats that cues are read from. The format that keeps most of a cue comes first."""


_LISTS = ("targets", "formats", "glossary")


class NoDisplay:
    """A ``RunDisplay`` that shows nothing; the job's log has everything."""

    def started(self, stage: StageName, environment: str) -> None:
        """Does nothing."""

    def progress(self, message: Progress) -> None:
        """Does nothing."""

    def finished(self, report: StageReport) -> None:
        """Does nothing."""

    def left_out(self, stage: StageName) -> None:
        """Does nothing."""

    def warned(self, stage: StageName, warning: str) -> None:
        """Does nothing."""


class FilmJob:
    """A job of one film."""

    def __init__(self, workspace: Workspace, job: Job) -> None:
        self._workspace = workspace
        self._job = job

    @property
    def id(self) -> str:
        """The name of the job, as ``just indicsubs list`` shows it."""
        return self._job.id

    @property
    def folder(self) -> Path:
        """The folder with everything that the job has made."""
        return self._job.folder

    def run(self, display: RunDisplay | None = None, *, force: bool = False) -> list[StageReport]:
        """Runs the stages that are not up to date.

        Args:
            display: Shows the run; None shows nothing.
            force: Whether to run the stages that are up to date as well.

        Returns:
            A report of each stage, in order.

        Raises:
            IndicsubsError: Something is missing (before any work), or a stage failed. The finished
                stages are kept, and the next call continues after them.
            KeyboardInterrupt: The user stopped the run. The finished stages are kept as well.
        """
        placement = placement_for(self._workspace, self._job.spec)
        pipeline = Pipeline(self._workspace, self._job, placement, display or NoDisplay())
        return pipeline.run(force=force)

    def files(self) -> dict[str, Path]:
        """Returns the subtitle files, the film and the report by their names."""
        return {path.name: path for path in published_files(self._job.folder)}

    def cues(self, language: str) -> list[Cue]:
        """Returns the cues of a language, in order of time.

        Args:
            language: A tag, a code or a name of the source language or of a target language.

        Raises:
            IndicsubsError: ``NO_INPUT`` where the job has no subtitles in the language yet;
                ``BAD_INPUT`` for a language that is not known.
        """
        tag = find_language(language).tag
        record = self._job.record(StageName.SUBTITLE_GENERATION)
        result = record.result if record is not None else None
        if isinstance(result, SubtitleResult):
            files = {file.kind: file for file in artifacts(result) if file.language == tag}
            for kind in _READABLE:
                if kind in files and self._job.has(files[kind]):
                    path = self._job.folder / files[kind].path
                    return list(read_subtitles(path.read_bytes(), kind, path.name).cues)
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            f"Job {self.id} has no subtitles in {find_language(tag).name}. Run it with that"
            " language among its targets.",
        )


def make_job(film: str | Path, *, output: str | Path | None = None, **options: Any) -> FilmJob:
    """Makes a job for a film, or finds the newest job of the film with the same options.

    Args:
        film: The film's path.
        output: Folder of the jobs; None takes ``out`` in the checkout.
        options: The options of ``just run`` by their names in Python, such as
            ``source_language``, ``targets``, ``profile``, ``rules`` or ``formats``; see
            :class:`~indicsubs.cli.options.JobOptions`. Instead of a list, one string may be
            given, as on the command line: ``targets="en,ta"``.

    Raises:
        IndicsubsError: ``NO_INPUT`` for a film that does not exist; ``BAD_INPUT`` or ``USAGE`` for
            options that cannot be used.
        TypeError: An option does not exist.
    """
    workspace = find_workspace(None if output is None else Path(output))
    path = Path(film)
    check_input_file(path)
    for name in _LISTS:
        if isinstance(options.get(name), str | Path):
            options[name] = [options[name]]
    spec = make_spec(workspace, str(path), JobOptions(**options))
    return FilmJob(workspace, find_or_create_job(workspace, spec)[0])


def open_job(name: str, *, output: str | Path | None = None) -> FilmJob:
    """Opens a job by its id, the start of its id, its folder, or ``last``.

    Raises:
        IndicsubsError: ``NO_INPUT`` where no job or more than one job has the name; ``BAD_INPUT``
            where the job in the folder cannot be read.
    """
    workspace = find_workspace(None if output is None else Path(output))
    return FilmJob(workspace, find_job(workspace, name))
