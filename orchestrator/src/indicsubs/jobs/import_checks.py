"""Finds what a person should know before a file is imported: losses, and what may be a mistake."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from indicsubs.jobs.files import artifacts
from indicsubs.jobs.film_edits import FilmEdits
from indicsubs.jobs.job import Job
from indicsubs_contract.documents import read_document
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Transcript, Translation
from indicsubs_text.clock import clock
from indicsubs_text.excerpts import first_few
from indicsubs_text.languages import find_language
from indicsubs_text.scripts import is_in_script
from indicsubs_text.subtitle_files.formats import read_subtitles
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


def undone_edits(job: Job, path: Path, language: str, edits: FilmEdits) -> Iterator[str]:
    """Yields a clause about corrections that were imported before and that a file undoes.

    A line of the earlier import counts where it is a person's: where the recogniser or the
    translator did not write it. It is undone where the file has their words at its time. Where
    their words are not known, every line that is gone counts.
    """
    target, source = edits.target_for(job.spec, language), edits.source_for(job.spec)
    known = target and target.edited.subtitles
    if source is not None and source.file.language == language:
        known = source.file
    if known is None or known.sha256 == sha256(path):
        return
    before, now = _lines(job.film.path / known.path), _lines(path)
    machine, said = _machine_words(job, language), " ".join(line.text for line in now)
    undone = [
        line
        for line in before
        if line.text not in machine
        and line.text not in said
        and (not machine or any(_overlap(line, other) and other.text in machine for other in now))
    ]
    if undone:
        named = first_few([f"{clock(line.start_ms)} {line.text!r}" for line in undone], 3)
        yield f"it undoes {len(undone)} correction(s) that were imported before: {named}"


class _Line(NamedTuple):
    """A line of subtitles or a sentence of a transcript, with single spaces."""

    start_ms: int
    end_ms: int
    text: str


def _lines(path: Path) -> list[_Line]:
    if not path.is_file():
        return []
    data = path.read_bytes()
    if path.suffix == ".json":
        found = [
            (segment.start_ms, segment.end_ms, segment.text)
            for segment in read_document(data, Transcript, path.name).segments
        ]
    else:
        cues = read_subtitles(data, path.suffix, path.name).cues
        found = [(cue.start_ms, cue.end_ms, " ".join(cue.lines)) for cue in cues]
    lines = [_Line(start, end, " ".join(text.split())) for start, end, text in found]
    return [line for line in lines if line.text]


def _machine_words(job: Job, language: str) -> str:
    """Returns all that the recogniser or the translator wrote in a language; empty if unknown."""
    records = map(job.record, (StageName.INDICTRANS2_TRANSLATION, StageName.ALIGNMENT))
    files = [file for record in records if record is not None for file in artifacts(record.result)]
    known = [file for file in files if file.language == language and job.has(file)]
    return " ".join(_words(job.folder / file.path) for file in known)


def _words(path: Path) -> str:
    """Returns the words of a translation, or of a transcript."""
    data = path.read_bytes()
    if path.name.startswith("translation."):
        texts = read_document(data, Translation, path.name).texts
    else:
        texts = [segment.text for segment in read_document(data, Transcript, path.name).segments]
    return " ".join(" ".join(texts).split())


def _overlap(one: _Line, other: _Line) -> bool:
    return one.start_ms < other.end_ms and other.start_ms < one.end_ms


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
