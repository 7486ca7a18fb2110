"""Texts about jobs: what tells one from another, how far it is, how it ended, and what to do."""

from datetime import datetime
from pathlib import Path

import msgspec

from indicsubs.cli.console import printable
from indicsubs.cli.progress_text import duration_text, progress_text, time_left_text
from indicsubs.jobs.job import Job
from indicsubs.jobs.option_ranges import option_of
from indicsubs.jobs.publishing import PUBLISHED_FOLDER
from indicsubs.jobs.run_progress import JobState, RunProgress, seconds_since
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.processes import cpu_cores_used
from indicsubs.run.progress_record import SILENT_S, silence_text
from indicsubs_contract.messages.files import SourceFile

_IN_OWN_COLUMNS = frozenset({"source", "source_language", "targets"})


def languages_text(spec: JobSpec) -> str:
    """Returns the languages of a job.

    >>> from indicsubs_contract.messages.files import SourceFile
    >>> film = SourceFile(path="/f.mp4", fingerprint="0")
    >>> languages_text(JobSpec(source=film, source_language="hi", targets=("en", "ta")))
    'hi to en,ta'
    """
    source = spec.source_language or "auto"
    return f"{source} to {','.join(spec.targets)}" if spec.targets else source


def options_text(spec: JobSpec) -> str:
    """Returns the options of a job that are not the defaults, as they are typed.

    >>> from indicsubs_contract.messages.files import SourceFile
    >>> film = SourceFile(path="/f.mp4", fingerprint="0")
    >>> options_text(JobSpec(source=film, rules="netflix", formats=("ass",)))
    '--formats ass --rules netflix'
    """
    parts: list[str] = []
    for field in msgspec.structs.fields(JobSpec):
        value = getattr(spec, field.name)
        if field.name not in _IN_OWN_COLUMNS and value != field.default:
            parts.append(f"{option_of(field.name)} {_value_text(field.name, value)}".rstrip())
    return " ".join(parts)


def _value_text(name: str, value: object) -> str:
    if name == "glossary" and isinstance(value, tuple):
        return f"({len(value)} terms)"  # pyright: ignore[reportUnknownArgumentType]
    match value:
        case True:
            return ""
        case SourceFile():
            return Path(value.path).name
        case tuple():
            return ",".join(map(str, value))  # pyright: ignore[reportUnknownArgumentType]
        case _:
            return str(value)


def state_text(state: JobState, stages: int) -> str:
    """Returns the state of a job that has so many stages, in a few words."""
    run = state.run
    if state.state == "running" and run is not None and run.stage is not None:
        message = run.message
        share = f" {100 * message.done // message.total} %" if message and message.total else ""
        return f"running: {run.stage}{share}"
    if state.state == "failed" and run is not None and run.stage is not None:
        return f"failed: {run.stage}"
    if state.state == "interrupted":
        return f"interrupted: {state.stages_done} of {stages} stages"
    return state.state


def state_lines(job: Job, state: JobState) -> list[str]:
    """Returns sentences about a job: what it does or how it ended, and the next step."""
    run = state.run
    again = f"just run {job.id}"
    if state.state == "running":
        return ["Another process holds the job."] if run is None else _running_lines(run)
    if state.state == "not run yet":
        return [f"Not run yet. Run it: {again}"]
    if run is None:  # of a version that kept no progress
        return [] if state.state == "done" else [f"Interrupted. To go on: {again}"]
    at = f" {_clock_text(run.ended)}" if run.ended else ""
    if state.state == "done":
        return [f"Done{at}. The files are in {job.folder / PUBLISHED_FOLDER}"]
    stage = f" in stage {run.stage}" if run.stage else ""
    if state.state == "failed":
        return [f"Failed{at}{stage} ({run.code}): {run.reason}", f"Then go on: {again}"]
    lost = "" if run.end else " (the process was killed, or the machine stopped)"
    return [f"Interrupted{at}{stage}{lost}. Finished stages are kept. To go on: {again}"]


def _running_lines(run: RunProgress) -> list[str]:
    """Returns what a job does at this moment."""
    lines = [f"Running since {_clock_text(run.started)}, as process {run.process}."]
    if run.stage is None:
        return lines
    parts = [f"Stage {run.stage}"]
    if run.stage in run.stages:
        parts[0] += f" ({run.stages.index(run.stage) + 1} of {len(run.stages)})"
    if run.message is not None:
        parts.append(progress_text(run.message))
    works_s = seconds_since(run.stage_started)
    if works_s is not None:
        parts.append(f"for {duration_text(works_s)}")
    silent_s = seconds_since(run.message_time or run.stage_started)
    if run.seconds_left is not None and silent_s is not None:
        parts.append(time_left_text(max(0.0, run.seconds_left - silent_s)))
    lines.append(f"{', '.join(parts)}.")
    if silent_s is not None and silent_s >= SILENT_S:
        silence = silence_text(silent_s, run.message, cpu_cores_used(run.process))
        lines.append(f"Stage {run.stage}: {silence}.")
    return [printable(line) for line in lines]


def _clock_text(time: str | None) -> str:
    """Returns a time in ISO 8601 as this machine's clock showed it."""
    try:
        return f"{datetime.fromisoformat(time or '').astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return "at an unknown time"


def created_text(job: Job) -> str:
    """Returns when a job was made, on the clock of this machine."""
    return _clock_text(job.file.created)
