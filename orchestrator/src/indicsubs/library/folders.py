"""Walks through the folders of a library, without what is left out."""

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from indicsubs.jobs.job import JOB_FILE
from indicsubs.library.ignore_rules import IGNORE_FILE, IgnoreRules
from indicsubs.library.ledger import LEDGER_FILE

FILM_SUFFIXES = (
    *(".mkv", ".mp4", ".m4v", ".mov", ".webm", ".avi", ".divx", ".flv", ".f4v", ".3gp"),
    *(".ts", ".m2ts", ".mts", ".m2t", ".vob", ".mpg", ".mpeg", ".mpe", ".mxf", ".dv"),
    *(".wmv", ".asf", ".rm", ".rmvb", ".ogm", ".ogv"),
)
"""The suffixes by which films are known in folders. A film with another one can be named itself."""
_EXTRAS = frozenset({"sample", "samples", "trailer", "trailers", "extras", "featurettes"})
"""Folders and names (``Film-sample.mkv``) that media servers do not count as films."""
_SYSTEM = frozenset(
    ("lost+found", "system volume information", "$recycle.bin", "#recycle", "#snapshot", "@eadir")
)
"""Folders of file systems and of network storage: lost files, waste baskets, previews."""


OWN_FILES = frozenset((LEDGER_FILE, JOB_FILE))
"""Folders with these files have films that indicsubs made, with subtitles in them."""


class LibraryFolder(NamedTuple):
    """A folder that was read."""

    path: str
    films: tuple[str, ...]
    """The names of the films in it, in their order."""
    is_empty: bool
    """Whether nothing is in it, as in a mount point whose disk is gone."""


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
    top = absolute(folder)
    try:
        rules = IgnoreRules.from_command_line(top, ignored).from_above(top)
    except OSError as error:
        on_error(error)
        return
    yield from walk(top, rules, on_error, lambda _: None)


def walk(
    top: str,
    rules: IgnoreRules,
    on_error: Callable[[OSError], None],
    note: Callable[[str], None],
) -> Iterator[LibraryFolder]:
    """Yields a folder and those below it; ``note`` is told what leaves others and films out."""
    in_force = {top: rules}
    for root, folders, files in os.walk(top, onerror=on_error):
        inner: IgnoreRules | None = None
        is_empty = not (folders or files)
        try:
            inner = rules_inside(root, in_force.pop(root), files, note)
        except OSError as error:
            on_error(error)
        if inner is None:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if is_entered(root, name, inner, note))
        in_force |= {os.path.join(root, name): inner for name in folders}  # noqa: PTH118
        films = (name for name in sorted(files) if is_taken(root, name, inner, note))
        yield LibraryFolder(root, tuple(films), is_empty)


def rules_inside(
    folder: str, rules: IgnoreRules, files: Collection[str], note: Callable[[str], None]
) -> IgnoreRules | None:
    """Returns the rules in a folder with some files; None where all of it is left out."""
    if not OWN_FILES.isdisjoint(files):
        return None
    if IGNORE_FILE not in files:
        return rules
    inner = rules.within(folder)
    if inner is None:
        note(str(Path(folder, IGNORE_FILE)))
    return inner


def is_entered(root: str, name: str, rules: IgnoreRules, note: Callable[[str], None]) -> bool:
    """Returns whether a folder in another one is no extra, and not left out by the rules there."""
    return not _is_left_out(name) and _is_kept(root, name, rules, note, is_folder=True)


def is_taken(root: str, name: str, rules: IgnoreRules, note: Callable[[str], None]) -> bool:
    """Returns whether a file in a folder is a film, and not left out by the rules there."""
    return _is_film(name) and _is_kept(root, name, rules, note, is_folder=False)


def _is_kept(
    root: str, name: str, rules: IgnoreRules, note: Callable[[str], None], *, is_folder: bool
) -> bool:
    by = rules.left_out_by(os.path.join(root, name), is_folder=is_folder)  # noqa: PTH118
    if by is not None:
        note(by)
    return by is None


def absolute(path: Path) -> str:
    """Returns the absolute path without ``..``; links stay, as people see them."""
    return os.path.abspath(path)  # noqa: PTH100


def _is_film(name: str) -> bool:
    stem, suffix = os.path.splitext(name.lower())  # noqa: PTH122  many names, no paths
    return (
        suffix in FILM_SUFFIXES
        and not name.startswith(".")
        and not any(stem == extra or stem.endswith(f"-{extra}") for extra in _EXTRAS)
    )


def _is_left_out(folder: str) -> bool:
    return folder.startswith(".") or folder.lower() in _EXTRAS | _SYSTEM
