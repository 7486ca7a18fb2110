"""Finds the films that a person names: files, folders, patterns and lists."""

import glob
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from indicsubs.jobs.input_files import check_input_file, is_file, is_folder, unreadable
from indicsubs.jobs.job import JOB_FILE
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import first_few

FILM_SUFFIXES = (
    *(".mkv", ".mp4", ".m4v", ".mov", ".webm", ".avi", ".divx", ".flv", ".f4v", ".3gp"),
    *(".ts", ".m2ts", ".mts", ".m2t", ".vob", ".mpg", ".mpeg", ".mpe", ".mxf", ".dv"),
    *(".wmv", ".asf", ".rm", ".rmvb", ".ogm", ".ogv"),
)
"""The suffixes by which films are known in folders. A film with another one can be named itself."""
IGNORE_FILE = ".indicsubsignore"
"""A folder with this file is left out, with the folders in it."""
_PATTERN = re.compile(r"[*?]|\[[^]]+\]")
"""What only patterns have. A single bracket is part of a name."""
_EXTRAS = frozenset({"sample", "samples", "trailer", "trailers", "extras", "featurettes"})
"""Folders and names (``Film-sample.mkv``) that media servers do not count as films."""


def find_films(names: Iterable[str]) -> Iterator[Path]:
    """Yields each film once, in the order of the names; those of a folder in the order of theirs.

    Args:
        names: Paths of films and folders, and patterns (``season/*.mkv``, with ``**`` for any
            folders).

    Raises:
        IndicsubsError: ``NO_INPUT`` where a name fits nothing, or a folder cannot be read or has no
            film.
    """
    seen: set[Path] = set()
    for name in names:
        found = 0
        for path in _films_of(name):
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


def _films_of(name: str) -> Iterator[Path]:
    path = Path(name)
    if is_folder(path):
        yield from _films_in(path)
    elif is_many(name):
        for each in sorted(glob.iglob(name, recursive=True)):  # noqa: PTH207  Path has no root here
            if is_folder(Path(each)):
                yield from _films_in(Path(each))
            elif _is_film(Path(each)):
                yield Path(each).absolute()
    else:
        yield path.absolute()


def _films_in(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise unreadable(Path(error.filename), error)

    for root, folders, files in os.walk(folder, onerror=refuse):
        if IGNORE_FILE in files:
            folders.clear()
            continue
        folders[:] = sorted(each for each in folders if not _is_left_out(each))
        yield from (
            (Path(root) / each).absolute() for each in sorted(files) if _is_film(Path(root) / each)
        )


def _is_film(path: Path) -> bool:
    stem = path.stem.lower()
    return (
        path.suffix.lower() in FILM_SUFFIXES
        and not path.name.startswith(".")
        and not any(stem == extra or stem.endswith(f"-{extra}") for extra in _EXTRAS)
    )


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _EXTRAS
