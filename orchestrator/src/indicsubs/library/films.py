"""Finds the films that a person names: files, folders, patterns and lists."""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

from indicsubs.jobs.input_files import check_input_file, is_file, is_folder, unreadable
from indicsubs.jobs.job import JOB_FILE
from indicsubs.library.ignore_rules import IGNORE_FILE, IgnoreRules
from indicsubs.library.ledger import LEDGER_FILE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import first_few

FILM_SUFFIXES = (
    *(".mkv", ".mp4", ".m4v", ".mov", ".webm", ".avi", ".divx", ".flv", ".f4v", ".3gp"),
    *(".ts", ".m2ts", ".mts", ".m2t", ".vob", ".mpg", ".mpeg", ".mpe", ".mxf", ".dv"),
    *(".wmv", ".asf", ".rm", ".rmvb", ".ogm", ".ogv"),
)
"""The suffixes by which films are known in folders. A film with another one can be named itself."""
_PATTERN = re.compile(r"[*?]|\[[^]]+\]")
"""What only patterns have. A single bracket is part of a name."""
_EXTRAS = frozenset({"sample", "samples", "trailer", "trailers", "extras", "featurettes"})
"""Folders and names (``Film-sample.mkv``) that media servers do not count as films."""
_SYSTEM = frozenset(
    ("lost+found", "system volume information", "$recycle.bin", "#recycle", "#snapshot", "@eadir")
)
"""Folders of file systems and of network storage: lost files, waste baskets, previews."""


_OURS = frozenset((LEDGER_FILE, JOB_FILE))
"""Folders with these files have films that indicsubs made, with subtitles in them."""


class LibraryFolder(NamedTuple):
    """A folder that was read."""

    path: str
    films: tuple[str, ...]
    """The names of the films in it, in their order."""
    is_empty: bool
    """Whether nothing is in it, as in a mount point whose disk is gone."""


def find_films(names: Iterable[str], ignored: Sequence[str] = ()) -> Iterator[Path]:
    """Yields each film once, in the order of the names; those of a folder in the order of theirs.

    Args:
        names: Paths of films and folders, and patterns (``season/*.mkv``, with ``**`` for any
            folders).
        ignored: Patterns of films and folders that are left out, relative to each folder that is
            named; a film that is named itself is not left out.

    Raises:
        IndicsubsError: ``NO_INPUT`` where a name fits nothing, or a folder cannot be read or has no
            film; also the errors of :class:`~indicsubs.library.ignore_rules.IgnoreRules`.
    """
    seen: set[Path] = set()
    for name in names:
        found = 0
        for path in _films_of(name, ignored):
            found += 1
            if path not in seen:
                seen.add(path)
                yield path
        if not found:
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"No film was found in {name}. Films are known by their suffix"
                f" ({first_few(FILM_SUFFIXES)}). A film with another suffix can be named itself.",
            )


def read_list(path: Path) -> list[str]:
    """Returns the names in a list: one in each line, relative to the folder of the list.

    Empty lines and lines that begin with ``#`` are left out.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the list cannot be read, ``BAD_INPUT`` where it is not
            text in UTF-8; also the errors of
            :func:`~indicsubs.jobs.input_files.check_input_file`.
    """
    check_input_file(path)
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError:
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is not a list of films: it is not text in UTF-8. Write one path in each line.",
        ) from None
    names = (line.strip() for line in lines)
    return [str(path.parent / name) for name in names if name and not name.startswith("#")]


def is_many(name: str) -> bool:
    """Returns whether a name stands for several films: a pattern, or a folder that is no job's."""
    if is_folder(Path(name)):
        return not is_file(Path(name) / JOB_FILE)
    return not os.path.lexists(name) and _PATTERN.search(name) is not None


def read_folders(
    folder: Path, ignored: Sequence[str], on_error: Callable[[OSError], None]
) -> Iterator[LibraryFolder]:
    """Yields a folder and those below it, without the ones that are left out.

    The folder of the jobs is left out too, where it is inside a library.

    Args:
        folder: The folder.
        ignored: Patterns of the command line, relative to the folder.
        on_error: Called for a folder that cannot be read, which is then left out.

    Raises:
        IndicsubsError: As :class:`~indicsubs.library.ignore_rules.IgnoreRules`.
    """
    top = str(folder.absolute())
    in_force = {top: IgnoreRules.from_command_line(top, ignored)}
    for root, folders, files in os.walk(top, onerror=on_error):
        rules: IgnoreRules | None = in_force.pop(root)
        is_empty = not (folders or files)
        if not _OURS.isdisjoint(files):
            folders.clear()
            continue
        if IGNORE_FILE in files:
            try:
                rules = rules.within(root)
            except OSError as error:
                on_error(error)
                rules = None
        if rules is None:
            folders.clear()
            continue
        folders[:] = sorted(
            name
            for name in folders
            if not _is_left_out(name)
            and not rules.leaves_out(os.path.join(root, name), is_folder=True)  # noqa: PTH118
        )
        in_force |= {os.path.join(root, name): rules for name in folders}  # noqa: PTH118
        films = (
            name
            for name in sorted(files)
            if _is_film(name) and not rules.leaves_out(os.path.join(root, name))  # noqa: PTH118
        )
        yield LibraryFolder(root, tuple(films), is_empty)


def fixed_folder(pattern: str) -> Path:
    """Returns the folder that a pattern begins with, before its first part that fits many names."""
    return Path(*takewhile(lambda part: _PATTERN.search(part) is None, Path(pattern).parts))


def _films_of(name: str, ignored: Sequence[str]) -> Iterator[Path]:
    path = Path(name)
    if is_folder(path):
        yield from _films_in(path, ignored)
    elif is_many(name):
        rules = IgnoreRules.from_command_line("", ignored)
        for each in sorted(glob.iglob(name, recursive=True)):  # noqa: PTH207  Path has no root here
            if is_folder(Path(each)):
                if not rules.leaves_out(each, is_folder=True):
                    yield from _films_in(Path(each), ignored)
            elif _is_film(Path(each).name) and not rules.leaves_out(each):
                yield Path(each).absolute()
    else:
        yield path.absolute()


def _films_in(folder: Path, ignored: Sequence[str]) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename), error)

    for each in read_folders(folder, ignored, refuse):
        yield from (Path(each.path, name) for name in each.films)


def _is_film(name: str) -> bool:
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122  many names, no paths
    return (
        suffix in FILM_SUFFIXES
        and not name.startswith(".")
        and not any(stem == extra or stem.endswith(f"-{extra}") for extra in _EXTRAS)
    )


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _EXTRAS | _SYSTEM
