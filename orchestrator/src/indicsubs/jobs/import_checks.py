"""Finds what a person should know before a file is imported: losses, and what may be a mistake."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.film_edits import FilmEdits
from indicsubs.jobs.job import Job
from indicsubs.jobs.publishing import PUBLISHED_FOLDER, is_newest_published
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_text.clock import clock
from indicsubs_text.excerpts import first_few
from indicsubs_text.languages import find_language
from indicsubs_text.scripts import is_in_script
from indicsubs_text.subtitle_files.own_features import own_features
from indicsubs_text.subtitle_files.subtitle_file import FileCue, SubtitleFile

_TRACKS = ("srt", "ass")
"""The formats that a track of Matroska keeps as they are."""
_MP4 = frozenset({".mp4", ".m4v", ".mov"})


def content_questions(job: Job, language: str, file: SubtitleFile) -> Iterator[str]:
    """Yields what may be a mistake in the content of a file, as clauses for a message.

    Args:
        job: The job to import into.
        language: Tag of the language that the file is imported in.
        file: Its content.
    """
    yield from (warning.rstrip(".") for warning in file.warnings)
    lines = [line for cue in file.cues for line in cue.lines]
    if not is_in_script(" ".join(lines), find_language(language).script):
        yield f"its letters are not those of {find_language(language).name}"
    overlapping = [
        after for before, after in pairwise(file.entries) if after.cue.start_ms < before.cue.end_ms
    ]
    if overlapping:
        yield f"{len(overlapping)} cue(s) begin before the cue before ends: {_places(overlapping)}"
    end_ms = _film_end_ms(job)
    late = [entry for entry in file.entries if end_ms and entry.cue.start_ms >= end_ms]
    if late:
        yield (
            f"{len(late)} cue(s) begin after the film's end at {clock(end_ms)}, where nothing is"
            f" shown: {_places(late)}"
        )


def lost_features(
    job: Job, path: Path, file: SubtitleFile, *, is_source: bool, is_cues: bool
) -> Iterator[str]:
    """Yields a clause about what other formats and translations cannot keep of a file.

    Args:
        job: The job to import into.
        path: The file.
        file: Its content.
        is_source: Whether it is in the language spoken in the film.
        is_cues: Whether its cues become subtitles.
    """
    features = own_features(path.read_bytes(), file)
    places = list(_other_places(job, file.kind or "", is_source=is_source, is_cues=is_cues))
    if features and places:
        yield f"{', '.join(features)} cannot be kept in {', '.join(places)}"


def forgotten_edits(job: Job, path: Path, language: str, edits: FilmEdits) -> Iterator[str]:
    """Yields a clause about corrections of the film that the file was not made from.

    A job's own files have the film's corrections only after it has run with them.
    """
    target, source = edits.target_for(job.spec, language), edits.source_for(job.spec)
    known = target and target.edited.subtitles
    if source is not None and source.file.language == language:
        known = source.file
    if known is None or known.sha256 == sha256(path) or _is_made_from(job, path, known.sha256):
        return
    yield (
        f"the film has corrections in {find_language(language).name} ({Path(known.path).name}) that"
        f" it was not made from. To keep both, first let the job take them into its files (just run"
        f" {job.id}), and correct those"
    )


def _is_made_from(job: Job, path: Path, digest: str) -> bool:
    """Returns whether a job made its files with an edit, and ``path`` is none of the older ones."""
    stages = (StageName.LOAD_TRANSCRIPT, StageName.SUBTITLE_GENERATION)
    requests = [job.stage_folder(stage) / "request.json" for stage in stages]
    if not any(request.is_file() and digest in request.read_text() for request in requests):
        return False
    if path.resolve().parent != (job.folder / PUBLISHED_FOLDER).resolve():
        return True
    record = job.record(StageName.SUBTITLE_GENERATION)
    made = {file.sha256 for file in artifacts(record)} if record is not None else set[str]()
    return is_newest_published(job.folder, path.name, made)


def _other_places(job: Job, kind: str, *, is_source: bool, is_cues: bool) -> Iterator[str]:
    """Yields the places to which the lines of a file go without what only its format keeps."""
    spec = job.spec
    if is_source and spec.targets:
        yield "translations"
    if not is_cues:
        yield "subtitles"
        return
    yield from (form.upper() for form in spec.formats if form != kind)
    in_mp4 = Path(spec.source.path).suffix.lower() in _MP4
    is_mp4 = spec.container == "mp4" or (spec.container == "auto" and in_mp4)
    if spec.workflow == "subtitle" and (is_mp4 or kind not in _TRACKS):
        yield "the film's track" + (" (--container mkv keeps it)" if kind in _TRACKS else "")


def _film_end_ms(job: Job) -> int:
    record = job.record(StageName.DEMUX)
    if record is None or not isinstance(record.result, DemuxResult):
        return 0
    return record.result.clock.end_ms


def _places(entries: list[FileCue]) -> str:
    return first_few([f"{entry.place} at {clock(entry.cue.start_ms)}" for entry in entries], 3)
