"""Finds the films that a person names: files, folders, patterns and lists."""

import glob
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import NoReturn

from indicsubs.jobs.input_files import check_input_file, is_file, is_folder, unreadable
from indicsubs.jobs.job import JOB_FILE
from indicsubs.library.folders import (
    FILM_SUFFIXES,
    OWN_FILES,
    absolute,
    is_entered,
    is_taken,
    rules_inside,
    walk,
)
from indicsubs.library.ignore_rules import IGNORE_FILE, IgnoreRules, has_ignore_file
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import first_few

_PATTERN = re.compile(r"[*?]|\[[^]]+\]")
"""What only patterns have. A single bracket is part of a name."""


def find_films(names: Iterable[str], ignored: Sequence[str] = ()) -> Iterator[Path]:
    """Yields each film once, in the order of the names; those of a folder in the order of theirs.

    Args:
        names: Paths of films and folders, and patterns (``season/*.mkv``, with ``**`` for any
            folders).
        ignored: Patterns of films and folders that are left out, relative to each folder that is
            named or that a pattern begins with; a film that is named itself is not left out.

    Raises:
        IndicsubsError: ``NO_INPUT`` where a name fits nothing, or a folder cannot be read or has no
            film; also the errors of :class:`~indicsubs.library.ignore_rules.IgnoreRules`.
    """
    seen: set[tuple[str, str]] = set()
    real_folders: dict[Path, str] = {}
    for name in names:
        found = 0
        left_out_by: list[str] = []
        for path in _films_of(name, ignored, left_out_by.append):
            found += 1
            folder = real_folders.setdefault(path.parent, os.path.realpath(path.parent))
            if (folder, path.name) not in seen:
                seen.add((folder, path.name))
                yield path
        if left_out_by and not found:
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"No film was found in {name}. {left_out_by[0]} leaves out films or folders there;"
                " change it, or name a film itself.",
            )
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


def fixed_folder(pattern: str) -> Path:
    """Returns the folder that a pattern begins with, before its first part that fits many names."""
    return Path(*takewhile(lambda part: _PATTERN.search(part) is None, Path(pattern).parts))


def _films_of(name: str, ignored: Sequence[str], note: Callable[[str], None]) -> Iterator[Path]:
    path = Path(name)
    if is_folder(path):
        top = absolute(path)
        yield from _films_in(top, _rules_of_named(top, ignored), note)
    elif is_many(name):
        yield from _films_of_pattern(name, ignored, note)
    else:
        yield Path(absolute(path))


def _films_of_pattern(
    pattern: str, ignored: Sequence[str], note: Callable[[str], None]
) -> Iterator[Path]:
    """Yields the films that a pattern fits, and those in the folders that it fits.

    What is below the folder that the pattern begins with is left out as if that folder was named.
    """
    rules_of = _PatternRules(absolute(fixed_folder(pattern)), ignored, note)
    for each in sorted(glob.iglob(pattern, recursive=True)):  # noqa: PTH207  Path has no root here
        path = absolute(Path(each))
        if path == rules_of.begin:  # the pattern ends with **, so what is in it comes next
            continue
        folder, name = os.path.split(path)
        rules = rules_of.inside(folder)
        if rules is None:
            continue
        if not is_folder(Path(path)):
            if is_taken(folder, name, rules, note):
                yield Path(path)
        elif is_entered(folder, name, rules, note):
            yield from _films_in(path, rules, note)


class _PatternRules:
    """The rules in the folders that a pattern passes through, each of which is read once.

    Args:
        begin: The absolute path of the folder that the pattern begins with.
        ignored: Patterns of the command line, relative to it.
        note: Is told what leaves folders and films out.
    """

    def __init__(self, begin: str, ignored: Sequence[str], note: Callable[[str], None]) -> None:
        self.begin = begin
        self._ignored, self._note = ignored, note
        self._found: dict[str, IgnoreRules | None] = {}

    def inside(self, folder: str) -> IgnoreRules | None:
        """Returns the rules in a folder; None where it is left out."""
        if folder not in self._found:
            self._found[folder] = self._read(folder)
        return self._found[folder]

    def _read(self, folder: str) -> IgnoreRules | None:
        rules: IgnoreRules | None
        if folder == self.begin or not Path(folder).is_relative_to(self.begin):
            rules = _rules_of_named(folder, self._ignored)
        else:
            above, name = os.path.split(folder)
            rules = self.inside(above)
            if rules is None or not is_entered(above, name, rules, self._note):
                return None
        files = [name for name in OWN_FILES if is_file(Path(folder, name))]
        if has_ignore_file(folder):
            files.append(IGNORE_FILE)
        try:
            return rules_inside(folder, rules, files, self._note)
        except OSError as error:
            _refuse(error)


def _rules_of_named(folder: str, ignored: Sequence[str]) -> IgnoreRules:
    try:
        return IgnoreRules.from_command_line(folder, ignored).from_above(folder)
    except OSError as error:
        _refuse(error)


def _refuse(error: OSError) -> NoReturn:
    raise unreadable(Path(error.filename), error) from error


def _films_in(top: str, rules: IgnoreRules, note: Callable[[str], None]) -> Iterator[Path]:
    for each in walk(top, rules, _refuse, note):
        yield from (Path(each.path, name) for name in each.films)
