"""The films of the configured libraries that clients name: no other path is ever opened."""

import os
import re
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from indicsubs.library.films import find_films
from indicsubs.library.folders import FILM_SUFFIXES
from indicsubs.server.client_names import is_shown
from indicsubs.server.failures import RequestError, bad_request
from indicsubs_contract.errors import IndicsubsError

_ENCODED: Final = re.compile(r"%(2e|2f|5c|00)", re.IGNORECASE)
"""A dot, a slash, a backslash or a null character in percent encoding: no film has these in its
name, but attacks have."""
_LONGEST: Final = 4096


class LibraryEntry(NamedTuple):
    """A path that a client named, inside a library; both are real paths."""

    path: Path
    library: Path


def library_path(name: str, libraries: tuple[str, ...]) -> LibraryEntry:
    """Returns the real path that a client names, as an absolute path or relative to a library.

    Raises:
        RequestError: The path is outside of the libraries, also by a link, or there is none such.
    """
    if not libraries:
        raise RequestError(
            HTTPStatus.FORBIDDEN,
            "This server has no library. Start it with --library FOLDER, or upload the film.",
            "no_library",
        )
    if (
        not name
        or len(name) > _LONGEST
        or "\0" in name
        or "\\" in name
        or _ENCODED.search(name)
        or ".." in PurePosixPath(name).parts
    ):
        raise bad_request(
            "path: give the path of a film in a library, without `..` and without encoding.", "path"
        )
    for library in map(Path, libraries):
        try:
            found = (library / name).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):  # absent, a circle of links, not a path
            continue
        if found.is_relative_to(library):
            return LibraryEntry(found, library)
    raise RequestError(
        HTTPStatus.NOT_FOUND,
        "path: there is no such film in the libraries of this server.",
        "no_input",
        "path",
    )


def films_of(entry: LibraryEntry) -> list[Path]:
    """Returns the films that an entry stands for: itself, or all of a folder.

    Raises:
        RequestError: The folder has no film.
    """
    try:
        found = list(find_films([str(entry.path)]))
    except IndicsubsError as error:
        raise bad_request(error.message, "path") from error
    inside = [path for path in found if _is_inside(path, entry.library)]
    if not inside:
        raise bad_request("path: the folder has no film inside the library.", "path")
    return inside


def listing(entry: LibraryEntry) -> dict[str, list[str]]:
    """Returns the names of the folders and the films in a folder of a library.

    Raises:
        RequestError: It is not a folder, or cannot be read.
    """
    folders: list[str] = []
    films: list[str] = []
    try:
        with os.scandir(entry.path) as found:
            for each in found:
                if each.name.startswith(".") or not all(map(is_shown, each.name)):
                    continue
                if _is_folder(each):
                    folders.append(each.name)
                elif Path(each.name).suffix.lower() in FILM_SUFFIXES:
                    films.append(each.name)
    except OSError as error:
        raise bad_request(
            f"path: the folder cannot be read: {error.strerror}. Check its permissions.", "path"
        ) from error
    return {"folders": sorted(folders), "films": sorted(films)}


def _is_inside(path: Path, library: Path) -> bool:
    try:
        return path.resolve().is_relative_to(library)
    except (OSError, RuntimeError):  # a circle of links
        return False


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a circle of links
        return False
