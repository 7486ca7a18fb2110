"""The command ``import``, which takes a person's corrections into a film."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indicsubs.cli.console import JOB_HELP, CommonOptions, app, placement_for
from indicsubs.cli.job_runs import require_all, run_job, show_files
from indicsubs.cli.job_specs import workspace_of
from indicsubs.cli.option_values import StageLimit, language_option
from indicsubs.jobs import edits
from indicsubs.jobs.import_targets import job_to_import_into
from indicsubs.jobs.run_progress import is_running
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError
from indicsubs_processes.runner import StageFailure

_EDITS_AT_FAULT = frozenset(
    {
        FailureCode.BAD_INPUT,
        FailureCode.BUG,
        FailureCode.CRASHED,
        FailureCode.OUT_OF_MEMORY,
        FailureCode.PROTOCOL,
        FailureCode.TIMED_OUT,
    }
)
"""The failures of a stage that new edits may have caused."""


@app.command(name="import", sort_key=2)
def import_edits(
    *files: Annotated[
        Path,
        Parameter(
            help="Subtitles (SRT, VTT, ASS) or a transcript (JSON, SRT, VTT, ASS, TTML) that you"
            " corrected. Default: the files that you edited in a job's folder `subtitles`."
        ),
    ],
    job: Annotated[
        str | None,
        Parameter(
            ["--job", "-j"],
            help=f"{JOB_HELP} Default: the job in whose folder the files lie, or the last job of"
            " the film whose name theirs begins with.",
        ),
    ] = None,
    language: Annotated[
        str | None,
        Parameter(
            ["--language", "-l"],
            help="Language of the files. Default: read from their names, as in film.ta.srt.",
        ),
    ] = None,
    transcript: Annotated[
        bool,
        Parameter(
            negative="",
            help="The files are the transcript of the film, which is translated and laid out again;"
            " JSON files and files named transcript.srt always are.",
        ),
    ] = False,
    accept: Annotated[
        bool,
        Parameter(
            negative="",
            help="Import the files although something cannot be kept in other formats, or looks"
            " like a mistake; without this option it is only listed.",
        ),
    ] = False,
    drop: Annotated[
        bool,
        Parameter(negative="", help="Drop the film's corrections: those of -l, or all."),
    ] = False,
    stage_limit: StageLimit = 30.0,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Import corrected files, and run the stages that depend on them.

    Your cues are used as they are: checked, never rewritten. Every later run of the film uses them.
    """
    common = common or CommonOptions()
    workspace = common.workspace()
    tag = None if language is None else language_option("--language", language)
    if drop and files:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"--drop takes no file ({files[0]}); -l names the language whose files are removed.",
        )
    target = job_to_import_into(workspace, files, job if not drop else job or "last")
    workspace = workspace_of(workspace, str(target.folder))
    if target.spec.workflow == "transcribe":
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Job {target.id} makes no subtitles. Make some first: just run {target.id} -w"
            " subtitle -t en",
        )
    if not target.spec.edits:
        raise IndicsubsError(
            FailureCode.USAGE,
            f"Job {target.id} was made with --no-edits. Import into another job of the film, which"
            f" this makes: just run {target.id} --edits",
        )
    film = target.film
    with film.lock():
        previous = film.read()
        if drop:
            new = edits.drop(target, tag)
        else:
            corrected = files or edits.find_edited(target)
            role = "transcript" if transcript else None
            read = edits.corrected_files(target, corrected, tag, role)
            if not accept:
                edits.require_accepted(target, read)
            new = edits.add_files(target, read)
        placement = placement_for(workspace, target.spec)
        used = film.used_by(target.spec, new)
        require_all(workspace, target.spec, placement, used, None, target)
        if is_running(target.folder):
            raise IndicsubsError(
                FailureCode.BUSY,
                f"Job {target.id} is being run by another process. Nothing was imported; import"
                " again when it has ended.",
            )
        film.save(new)
    try:
        reports = run_job(workspace, target, placement, common, stage_limit=stage_limit)
    except StageFailure as failure:
        if failure.code in _EDITS_AT_FAULT:
            with film.lock():  # otherwise the new edits would make every later run fail
                if film.read() == new:
                    film.save(previous)
        raise
    show_files(target, reports, common)
    return ExitStatus.DONE
