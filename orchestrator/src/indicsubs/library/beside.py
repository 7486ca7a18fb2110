"""Subtitle files beside a film, or in a folder of their own, as media servers read them."""

import os
import shutil
import stat
import sys
import time
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

from indicsubs.jobs.input_files import is_folder
from indicsubs.jobs.publishing import EDITABLE
from indicsubs.jobs.subtitle_sources import language_in_name
from indicsubs.library.folders import FILM_SUFFIXES
from indicsubs.library.ledger import Ledger
from indicsubs.library.own_files import is_ours
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.source_files import sha256

SERVING: Final[Mapping[SubtitlePurpose, tuple[SubtitlePurpose, ...]]] = {
    "full": ("full", "sdh"),
    "forced": ("forced",),
    "sdh": ("sdh",),
}
"""The subtitles that serve each purpose: those for the hard of hearing have all that is said."""
_TEXT: Final = frozenset((*(f".{kind}" for kind in EDITABLE), ".ssa", ".smi", ".sub"))
"""The suffixes of subtitles that are text, as media servers read them. Pictures do not count."""
_FLAGS: Final[Mapping[str, SubtitlePurpose]] = {
    **dict.fromkeys(("forced", "foreign"), "forced"),
    **dict.fromkeys(("sdh", "cc"), "sdh"),
}
"""The flags in names that say what subtitles are for, as media servers read them."""
_HEARING_IMPAIRED = "hi"
"""Another such flag, which is Hindi where no other language stands before it."""
_CUES: Final = ((b"WEBVTT", b"-->"), (b"[Script Info]", b"Dialogue:"))
"""How files begin whose format has a header, and what every cue has in them."""
_BLANK: Final = b" \t\r\n\xef\xbb\xbf\xff\xfe"
"""Spaces, and the marks of UTF-8 and UTF-16."""
_MOST_BYTES_OF_HEADER: Final = 65536
_LAST = chr(sys.maxunicode)
"""The last character in the order of texts."""
_TEMPORARY = ".indicsubs-"
"""How the name of a file begins that is being written. Media servers do not read hidden files."""
_LEFT_OVER_S = 3600.0


def languages_beside(film: Path, ledger: Ledger, purpose: SubtitlePurpose = "full") -> set[str]:
    """Returns the languages of the subtitles beside a film that indicsubs did not write.

    Subtitles without a language in their names do not count, and neither do pictures and files
    without text.

    Args:
        film: The film.
        ledger: Knows, with the jobs beside it, which files indicsubs wrote.
        purpose: What the subtitles must serve. Forced ones serve nothing else.

    Raises:
        OSError: The folder cannot be read.
    """
    found: set[str] = set()
    for name, rest in _names_beside(film):
        language, kind = _read_name(rest)
        if language is None or language in found or kind not in SERVING[purpose]:
            continue
        path = film.with_name(name)
        with suppress(FileNotFoundError):  # it was removed meanwhile, or is a link to nothing
            if path.is_file() and has_text(path) and not is_ours(path, sha256(path), film, ledger):
                found.add(language)
    return found


def _names_beside(film: Path) -> Iterator[tuple[str, str]]:
    """Yields the names of the subtitle files of a film, and what follows the film's name in each.

    A file belongs to the film whose name it continues furthest: ``Film.Part2.en.srt`` does not
    belong to ``Film.mkv`` where there is a ``Film.Part2.mkv``.
    """
    names, folded = _listing(film.parent, film.parent.stat().st_mtime_ns)
    start = f"{_folded(film.stem)}."
    own = folded[bisect_left(folded, start) : bisect_left(folded, f"{start}{_LAST}")]
    others = [f"{Path(name).stem}." for name in own if Path(name).suffix in FILM_SUFFIXES]
    longer = tuple(other for other in others if len(other) > len(start))
    for name in own:
        path = Path(name)
        is_pictures = path.suffix == ".sub" and str(path.with_suffix(".idx")) in names
        if path.suffix in _TEXT and not is_pictures and not (longer and name.startswith(longer)):
            yield names[name], name[len(start) - 1 :]


@lru_cache(maxsize=64)
def _listing(folder: Path, _modified_ns: int) -> tuple[dict[str, str], list[str]]:
    """Returns the names in a folder by their folded forms, and these in their order.

    A folder of ten thousand films is listed once, and not for each film, until it is modified.
    """
    names = {_folded(name): name for name in os.listdir(folder)}  # noqa: PTH208  faster
    return names, sorted(names)


def _read_name(rest: str) -> tuple[str | None, SubtitlePurpose]:
    """Returns the language and the purpose of subtitles by what follows the film's name.

    >>> _read_name(".eng.forced.srt"), _read_name(".hi.srt"), _read_name(".en.hi.srt")
    (('en', 'forced'), ('hi', 'full'), ('en', 'sdh'))
    """
    purpose: SubtitlePurpose = "full"
    parts = rest.split(".")[1:-1]
    for flag in parts:
        purpose = _FLAGS.get(flag, purpose)
    words = [part for part in parts if part not in _FLAGS]
    if words[1:] and words[-1] == _HEARING_IMPAIRED:
        language = language_in_name(Path(f"film.{'.'.join(words[:-1])}.srt"))
        if language is not None:
            return language, "sdh" if purpose == "full" else purpose
    return language_in_name(Path(f"film.{'.'.join(words)}.srt")), purpose


def _folded(name: str) -> str:
    """Returns a name as media servers compare it: the case and the form of letters do not count."""
    return unicodedata.normalize("NFC", name).casefold()


def without_languages_beside(
    files: Iterable[Path], film: Path, ledger: Ledger, purpose: SubtitlePurpose
) -> list[Path]:
    """Returns the files to copy beside a film without those in languages that are there already.

    A media server would show ``Film.hi.srt`` of a person and our ``Film.hin.srt`` as two subtitles
    in Hindi. A file whose own name is there stays in the list.

    Raises:
        OSError: The folder cannot be read.
    """
    there = languages_beside(film, ledger, purpose)
    return [
        file
        for file in files
        if language_in_name(file) not in there or os.path.lexists(film.with_name(file.name))
    ]


def has_text(path: Path) -> bool:
    """Returns whether a file has any subtitle, as far as its kind shows it at once.

    A film without speech gets files without a cue: nothing in SubRip, a header in the others.
    """
    if path.stat().st_size > _MOST_BYTES_OF_HEADER:
        return True
    content = path.read_bytes().replace(b"\0", b"").strip(_BLANK)  # no null: it may be UTF-16
    return bool(content) and not any(
        content.startswith(header) and cue not in content for header, cue in _CUES
    )


def require_writable(folder: Path) -> None:
    """Checks before the work on a film that its subtitles can be written to a folder.

    Raises:
        IndicsubsError: ``IO_ERROR`` where they cannot. A folder that is absent is made later.
    """
    place = next(place for place in (folder, *folder.parents) if os.path.lexists(place))
    if not is_folder(place):
        raise _not_writable(folder, f"{place} is not a folder")
    if not os.access(place, os.W_OK | os.X_OK):
        raise _not_writable(folder, f"{place} is read-only for this user")


def require_own_names(film: Path, others: Iterable[Path], folder: Path) -> None:
    """Checks that no other film has, or will have, subtitles of the same names in a folder.

    Args:
        film: The film.
        others: Films whose subtitles have these names in the folder. Those that are gone do not
            count.
        folder: The folder that the subtitles are copied to.

    Raises:
        IndicsubsError: ``USAGE`` with both films.
    """
    for other in others:
        if other != film and other.is_file():
            raise IndicsubsError(
                FailureCode.USAGE,
                f"The subtitles of {film} and of {other} would have the same names in {folder}."
                " Rename one of the films, or copy their subtitles to two folders.",
            )


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
        if other is not None:
            require_own_names(film, [other], folder)
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            target = folder / file.name
            digest = sha256(file)
            there = sha256(target) if target.exists() else None
            if there is None:
                stays = target.is_symlink()  # to a disk that is away: no link is ours
            else:
                stays = there != digest and not is_ours(target, there, film, ledger)
            if stays and not overwrite:
                kept.append(target)
                continue
            ledger.note_written(target, digest, film, there)
            _copy(file, target)
            written.append(target)
    except OSError as error:
        raise _not_writable(folder, error.strerror) from error
    return written, kept


def remove_leftovers(folder: Path) -> None:
    """Removes files that a killed run had not finished writing: none is written for an hour."""
    for name in os.listdir(folder):  # noqa: PTH208  faster
        if name.startswith(_TEMPORARY):
            with suppress(OSError):
                if time.time() - (folder / name).stat().st_mtime > _LEFT_OVER_S:
                    (folder / name).unlink()


def _copy(source: Path, target: Path) -> None:
    temporary = target.with_name(f"{_TEMPORARY}{os.getpid()}{target.suffix}")
    folder = target.parent.stat()
    try:
        with source.open("rb") as reader, temporary.open("wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.fsync(writer.fileno())
        with suppress(OSError):  # network mounts decide themselves, and so does the system where
            os.chown(temporary, -1, folder.st_gid)  # this user is not in the folder's group
        with suppress(OSError):
            temporary.chmod(stat.S_IMODE(folder.st_mode) & 0o666 | 0o600)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def _not_writable(folder: Path, reason: str | None) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.IO_ERROR,
        f"No subtitles can be written to {folder}: {reason}. Check the permissions and"
        " the room on the disk, or choose a folder with --into.",
    )
