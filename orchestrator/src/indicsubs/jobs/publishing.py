"""Laying results where people look, without ever writing over what they changed there."""

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from indicsubs.jobs.job import write_whole
from indicsubs_contract.context import sha256
from indicsubs_contract.messages.files import Artifact
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_text.languages import find_language

FOLDER = "subtitles"
EDITABLE: tuple[SubtitleFormat, ...] = ("srt", "vtt", "ass")
"""The formats that people edit, and that are read again."""
_KNOWN = ".published.json"
"""What was last laid there: name to SHA-256. A file of another content was edited by somebody."""
_LINK_FROM = 1 << 20
"""Bytes from which a file is linked instead of copied: text is for editing, films are not."""


_SUFFIXES: dict[SubtitlePurpose, str] = {"full": "", "forced": ".forced", "sdh": ".sdh"}
"""What Jellyfin, Plex, Kodi and mkvmerge take for a flag in a file's name, after the language."""


def subtitle_names(
    stem: str, files: Sequence[Artifact], purpose: SubtitlePurpose
) -> dict[str, Artifact]:
    """Subtitle files by the names that media servers read beside a film: ``film.hin.sdh.srt``.

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
    """Lay each artifact under its name in the job's ``subtitles`` folder.

    Subtitles there that were edited since they were laid stay, unless they were imported; any other
    file that was is kept beside, as ``NAME.edited-TIME``.

    Args:
        job: Its folder.
        files: By name.
        imported: SHA-256 of the edited files that the job has a copy of.

    Returns:
        The names of the subtitle files that stay as they were edited.
    """
    folder = job / FOLDER
    folder.mkdir(exist_ok=True)
    known = _known(folder)
    stay: list[str] = []
    for name, artifact in files.items():
        place = folder / name
        if place.is_file():
            there = sha256(place)
            if there == artifact.sha256:
                known[name] = artifact.sha256
                continue
            edited = there not in {known.get(name), *imported}
            if edited and artifact.kind in EDITABLE:
                stay.append(name)
                continue
            if edited:
                place.rename(folder / f"{name}.edited-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        beside = folder / f".{name}"
        beside.unlink(missing_ok=True)
        link_or_copy(job / artifact.path, beside)
        beside.replace(place)
        known[name] = artifact.sha256
    write_whole(folder / _KNOWN, msgspec.json.encode(known))
    return tuple(stay)


def edited_files(job: Path) -> list[Path]:
    """The subtitle files in the job's ``subtitles`` folder that are no longer as they were laid."""
    folder = job / FOLDER
    return [
        folder / name
        for name, laid in sorted(_known(folder).items())
        if Path(name).suffix[1:] in EDITABLE
        and (folder / name).is_file()
        and sha256(folder / name) != laid
    ]


def _known(folder: Path) -> dict[str, str]:
    path = folder / _KNOWN
    return msgspec.json.decode(path.read_bytes(), type=dict[str, str]) if path.is_file() else {}


def link_or_copy(source: Path, target: Path) -> None:
    """The same content at a second place; a large file takes no second room where links work."""
    if source.stat().st_size >= _LINK_FROM:
        try:
            os.link(source, target)
            return
        except OSError:
            pass  # another file system, or one without links
    shutil.copy2(source, target)
