"""Publishes results in the job's folder ``subtitles``, and never loses edits."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.files import link_or_copy, write_atomically
from indicsubs.machine.digest_record import RECORD_FILE, DigestRecord
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.languages import find_language

PUBLISHED_FOLDER = "subtitles"
"""Folder in a job's folder with the finished files: subtitles, report and film."""
EDITABLE: tuple[SubtitleFormat, ...] = ("srt", "vtt", "ass")
"""The formats that people edit and that can be imported again."""
_PUBLISHED = ".published.json"
"""File with the SHA-256 of each published file, by file name. A file whose SHA-256 differs was
edited."""

_SUFFIXES: dict[SubtitlePurpose, str] = {"full": "", "forced": ".forced", "sdh": ".sdh"}
"""The flag after the language in a file's name, as Jellyfin, Plex, Kodi and mkvmerge read it."""


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
    folder.mkdir(exist_ok=True)
    published = _published(folder)
    digests = DigestRecord(job / RECORD_FILE)
    edited: list[str] = []
    for name, artifact in files.items():
        path = folder / name
        if path.is_file():
            if digests.matches(path, artifact.sha256):
                published[name] = artifact.sha256
                continue
            digest = digests.sha256(path)
            is_edited = digest not in {published.get(name), *imported}
            if is_edited and artifact.kind in EDITABLE:
                edited.append(name)
                continue
            if is_edited:
                path.rename(folder / f"{name}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        temporary = folder / f".{name}"
        temporary.unlink(missing_ok=True)
        link_or_copy(job / artifact.path, temporary)
        temporary.replace(path)
        digests.note(path, artifact.sha256)
        published[name] = artifact.sha256
    write_atomically(folder / _PUBLISHED, msgspec.json.encode(published))
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
        for name, digest in sorted(_published(folder).items())
        if Path(name).suffix[1:] in EDITABLE
        and (folder / name).is_file()
        and not digests.matches(folder / name, digest)
    ]


def _published(folder: Path) -> dict[str, str]:
    path = folder / _PUBLISHED
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.is_file() else {}
