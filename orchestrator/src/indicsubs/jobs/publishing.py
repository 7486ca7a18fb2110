"""Publishes results in the job's folder ``subtitles``, and never loses edits."""

from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TypeAlias

import msgspec

from indicsubs.jobs.files import artifacts, link_or_copy, set_aside
from indicsubs.jobs.job import stage_record
from indicsubs.jobs.specification import SCHEMA
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.records import (
    DamagedRecordError,
    Fields,
    flush_folder,
    make_folder,
    read_record,
    write_record,
)
from indicsubs_contract.stages import StageName
from indicsubs_text.languages import find_language

PUBLISHED_FOLDER = "subtitles"
"""Folder in a job's folder with the finished files: subtitles, report and film."""
EDITABLE: tuple[SubtitleFormat, ...] = ("srt", "vtt", "ass")
"""The formats that people edit and that can be imported again."""
_PUBLISHED = ".published.json"
_TEMPORARY = ".published.tmp"
"""File in a job's folder that becomes a published file."""

_PUBLISHING_STAGES = (StageName.SUBTITLE_GENERATION, StageName.MUX)
_Digests: TypeAlias = dict[str, tuple[str, ...]]

_SUFFIXES: dict[SubtitlePurpose, str] = {"full": "", "forced": ".forced", "sdh": ".sdh"}
"""The flag after the language in a file's name, as Jellyfin, Plex, Kodi and mkvmerge read it."""


class PublishedFiles(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The content of ``.published.json``."""

    schema: int = SCHEMA
    files: _Digests
    """The SHA-256 of each published file, by file name: one, or several while a run replaces it.

    A file with another SHA-256 was edited."""
    earlier: tuple[str, ...] = ()
    """The SHA-256 of the subtitle files that were published before them. Copies of them may lie
    beside the film."""


def subtitle_names(
    stem: str, files: Sequence[Artifact], purpose: SubtitlePurpose
) -> dict[str, Artifact]:
    """Returns subtitle files by the names that media servers expect, as in ``film.hin.sdh.srt``.

    >>> file = Artifact(path="hin.srt", kind="srt", sha256="", bytes=0, language="hi")
    >>> list(subtitle_names("film", [file], "sdh"))
    ['film.hin.sdh.srt']
    """
    named: dict[str, Artifact] = {}
    for file in files:
        code = find_language(file.language).iso_639_2 if file.language else "und"
        name = f"{stem}.{code}{_SUFFIXES[purpose]}.{file.kind}"
        if name in named:  # one language in two scripts
            name = f"{stem}.{file.language}{_SUFFIXES[purpose]}.{file.kind}"
        named[name] = file
    return named


def publish(
    job: Path, files: Mapping[str, Artifact], imported: Collection[str] = ()
) -> tuple[str, ...]:
    """Copies or links each artifact to its name in the job's folder ``subtitles``.

    Published subtitles that a person has edited stay as they are, unless the edited file was
    imported. Any other edited file is renamed to ``NAME.edited-TIME``.

    Args:
        job: The job's folder.
        files: The artifacts by the file names to publish them under.
        imported: SHA-256 of the edited files that were imported into the job.

    Returns:
        The names of the edited subtitle files that were not replaced.
    """
    folder = job / PUBLISHED_FOLDER
    make_folder(folder)
    published, earlier = _published(job), _earlier(job)
    digests = DigestRecord(job / RECORD_FILE)
    written: dict[str, Artifact] = {}
    edited: list[str] = []
    for name, artifact in files.items():
        (folder / f".{name}").unlink(missing_ok=True)  # of versions until 2026-11-27
        path = folder / name
        if path.is_file():
            if digests.matches(path, artifact.sha256):
                published[name] = (artifact.sha256,)
                continue
            is_edited = digests.sha256(path) not in {*published.get(name, ()), *imported}
            if is_edited and artifact.kind in EDITABLE:
                edited.append(name)
                continue
            if is_edited:
                set_aside(path)
        written[name] = artifact
    # The record names what is about to be written: after a kill, the files still count as ours.
    coming = {n: (*published.get(n, ()), artifact.sha256) for n, artifact in written.items()}
    replaced = (published.get(name, ()) for name, file in written.items() if file.kind in EDITABLE)
    earlier = tuple(dict.fromkeys((*earlier, *chain(*replaced))))
    _save(folder, published | coming, earlier)
    for name, artifact in written.items():
        temporary = job / _TEMPORARY
        temporary.unlink(missing_ok=True)
        link_or_copy(job / artifact.path, temporary)
        temporary.replace(folder / name)
        digests.note(folder / name, artifact.sha256)
        published[name] = (artifact.sha256,)
    if written:
        flush_folder(folder)
        _save(folder, published, earlier)
    return tuple(edited)


def published_files(job: Path) -> list[Path]:
    """Returns the files of a job that are published, by name; none where there is no folder yet."""
    folder = job / PUBLISHED_FOLDER
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def editable_files(job: Path) -> list[Path]:
    """Returns the published files of a job that people edit and import, by name."""
    return [path for path in published_files(job) if path.suffix[1:].lower() in EDITABLE]


def edited_files(job: Path) -> list[Path]:
    """Returns the subtitle files of a job that were edited after they were published."""
    folder = job / PUBLISHED_FOLDER
    digests = DigestRecord(job / RECORD_FILE)
    return [
        folder / name
        for name, known in sorted(_published(job).items())
        if Path(name).suffix[1:] in EDITABLE
        and (folder / name).is_file()
        and not any(digests.matches(folder / name, digest) for digest in known)
    ]


def published_digests(job: Path) -> set[str]:
    """Returns the SHA-256 of each file that a job has published, also of those replaced since."""
    return {*chain(*_published(job).values()), *_earlier(job)}


def _earlier(job: Path) -> tuple[str, ...]:
    try:
        return read_record(job / PUBLISHED_FOLDER / _PUBLISHED, PublishedFiles, _upgraded).earlier
    except (FileNotFoundError, DamagedRecordError):
        return ()


def _published(job: Path) -> _Digests:
    """Returns the SHA-256 of each file that was published.

    If the record is damaged or absent, the results of the job say which files are its own; all
    others count as edited.
    """
    try:
        record = job / PUBLISHED_FOLDER / _PUBLISHED
        return dict(read_record(record, PublishedFiles, _upgraded).files)
    except (FileNotFoundError, DamagedRecordError):
        records = [stage_record(job, stage) for stage in _PUBLISHING_STAGES]
        own = {file.sha256 for record in records if record for file in artifacts(record.result)}
        digests = DigestRecord(job / RECORD_FILE)
        files = {p.name: digests.sha256(p) for p in published_files(job) if p.is_file()}
        return {name: (digest,) if digest in own else () for name, digest in files.items()}


def _save(folder: Path, published: _Digests, earlier: tuple[str, ...]) -> None:
    """Writes the record, unless it already says this."""
    path, record = folder / _PUBLISHED, PublishedFiles(files=published, earlier=earlier)
    try:
        if read_record(path, PublishedFiles) == record:
            return
    except (FileNotFoundError, DamagedRecordError):
        pass
    write_record(path, record)


def _upgraded(written: Fields) -> Fields:
    """Returns the record in today's form: until 2026-11-27 it had a name and a digest per file."""
    if "schema" in written:
        return written
    return {"files": {name: (digest,) for name, digest in written.items()}}
