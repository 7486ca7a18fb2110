"""Subtitle files beside a film, or in a folder of their own, as media servers read them."""

import os
import shutil
import stat
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from indicsubs.jobs.publishing import EDITABLE
from indicsubs.jobs.subtitle_sources import language_in_name
from indicsubs.library.ledger import Ledger
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.source_files import sha256

_READ_BY_SERVERS = frozenset((*(f".{kind}" for kind in EDITABLE), ".ssa", ".sub", ".smi", ".sup"))
_FORCED = "forced"
_TEMPORARY = ".indicsubs-"
"""How the name of a file begins that is being written. Media servers do not read hidden files."""
_LEFT_OVER_S = 3600.0


def languages_beside(film: Path, ledger: Ledger) -> set[str]:
    """Returns the languages of the subtitles beside a film that indicsubs did not write.

    Forced subtitles are only a part, so they do not count; neither do those without a language in
    their names.

    Raises:
        OSError: The folder cannot be read.
    """
    found: set[str] = set()
    for path in film.parent.iterdir():
        rest = path.name.removeprefix(film.stem)
        if (
            rest == path.name
            or not rest.startswith(".")
            or path.suffix.lower() not in _READ_BY_SERVERS
        ):
            continue
        language = language_in_name(Path(f"film{rest}"))
        is_part = _FORCED in rest.lower().split(".")
        if language is not None and not is_part and not ledger.has_written(path, sha256(path)):
            found.add(language)
    return found


def write_beside(
    files: Iterable[Path], film: Path, folder: Path, ledger: Ledger, *, overwrite: bool = False
) -> tuple[list[Path], list[Path]]:
    """Copies subtitle files into a folder; a file that a person made or edited there stays.

    Each file is written under a hidden name and then renamed. It gets the group of the folder, and
    may be read and written by whom the folder may.

    Args:
        files: The finished subtitle files, under the names that they get.
        film: The film that they belong to.
        folder: The folder; it is made where it does not exist.
        ledger: Knows which files indicsubs wrote.
        overwrite: Whether to replace the files of people, too.

    Returns:
        The files that are now there, and those of people that stayed instead.

    Raises:
        IndicsubsError: ``IO_ERROR`` where the folder cannot be written to; ``USAGE`` where another
            film has files of these names.
    """
    files = list(files)
    for file in files:
        other = ledger.film_of(folder / file.name)
        if other is not None and other != film and other.is_file():
            raise IndicsubsError(
                FailureCode.USAGE,
                f"{folder / file.name} belongs to {other}, and the subtitles of {film} would have"
                " the same name. Rename one of the films, or copy their subtitles to two folders.",
            )
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            target = folder / file.name
            digest = sha256(file)
            there = sha256(target) if target.exists() else digest
            if there != digest and not (overwrite or ledger.has_written(target, there)):
                kept.append(target)
                continue
            ledger.note_written(target, digest, film)
            _copy(file, target)
            written.append(target)
    except OSError as error:
        raise IndicsubsError(
            FailureCode.IO_ERROR,
            f"No subtitles can be written to {folder}: {error.strerror}. Check the permissions and"
            " the room on the disk, or choose a folder with --into.",
        ) from error
    return written, kept


def remove_leftovers(folder: Path) -> None:
    """Removes files that a killed run had not finished writing: none is written for an hour."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > _LEFT_OVER_S:
                path.unlink()


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f"{_TEMPORARY}{os.getpid()}{target.suffix}")
    try:
        with source.open("rb") as reader, temporary.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.fsync(writer.fileno())
        with suppress(OSError):  # network mounts decide themselves
            folder = target.parent.stat()
            os.chown(temporary, -1, folder.st_gid)
            temporary.chmod(stat.S_IMODE(folder.st_mode) & 0o666)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
