"""Which folders and films of a library are left out: lines in the syntax of ``.gitignore``."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pathspec import GitIgnoreSpec, Pattern
from pathspec.patterns.gitignore import GitIgnorePatternError

from indicsubs_contract.errors import FailureCode, IndicsubsError

IGNORE_FILE = ".indicsubsignore"
"""Its lines leave films and folders out, below its own folder; an empty file leaves out all."""

_OPTION = "--ignore"


@dataclass(frozen=True)
class IgnoreRules:
    """The rules that hold in one folder; the first rule that knows a path decides.

    As in git (gitignore(5)), the file of a deeper folder is stronger, and the command line is the
    strongest. A folder that is left out is not entered, so no rule takes a film in it back.
    """

    rules: tuple[tuple[str, GitIgnoreSpec], ...] = ()
    """Folders and what is left out below them, the strongest first."""
    given: int = 0
    """The number of those from the command line, which stand before all others."""

    @classmethod
    def from_command_line(cls, folder: str, patterns: Iterable[str]) -> Self:
        """Returns the rules that ``--ignore`` gives for a folder.

        Raises:
            IndicsubsError: ``USAGE`` where a pattern is empty or cannot be understood.
        """
        lines = list(patterns)
        if not all(line.strip() for line in lines):
            raise IndicsubsError(
                FailureCode.USAGE, "--ignore has an empty pattern. Give one such as *.avi or /old/."
            )
        if not lines:
            return cls()
        return cls(((folder, _spec(lines, _OPTION, FailureCode.USAGE)),), 1)

    def within(self, folder: str) -> "IgnoreRules | None":
        """Returns the rules in a folder with an ignore file; None leaves out the whole folder.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where a line of the file cannot be understood.
            OSError: The file cannot be read.
        """
        spec = _read(folder)
        if spec is None:
            return None
        rules = (*self.rules[: self.given], (folder, spec), *self.rules[self.given :])
        return IgnoreRules(rules, self.given)

    def from_above(self, folder: str) -> "IgnoreRules":
        """Returns the rules with those of the folders above one that a person names.

        Its own name decides that the folder is taken, so what leaves it out itself is dropped. The
        folders count up to the root, or to the first one that cannot be entered.

        Raises:
            IndicsubsError: ``BAD_INPUT`` where a line of a file cannot be understood.
            OSError: A file cannot be read.
        """
        rules = self.rules
        for above in map(str, Path(folder).parents):
            if not os.access(above, os.X_OK):
                break
            spec = _read(above) if has_ignore_file(above) else None
            if spec is not None:
                below = f"{os.path.relpath(folder, above)}/"
                inner = [each for each in spec.patterns if not _fits(each, below)]
                rules = (*rules, (above, GitIgnoreSpec(inner)))
        return IgnoreRules(rules, self.given)

    def left_out_by(self, path: str, *, is_folder: bool = False) -> str | None:
        """Returns what leaves out a path below the folders of the rules: a file, or the option.

        None where nothing does.
        """
        for number, (folder, spec) in enumerate(self.rules):
            below = path[len(folder) :].lstrip(os.sep)
            decision = spec.check_file(f"{below}/" if is_folder else below).include
            if decision is not None:
                where = _OPTION if number < self.given else str(Path(folder, IGNORE_FILE))
                return where if decision else None
        return None


def has_ignore_file(folder: str) -> bool:
    """Returns whether a folder has an ignore file, which may be a link to nothing."""
    path = Path(folder, IGNORE_FILE)
    return os.path.lexists(path) and not path.is_dir()


def _fits(pattern: Pattern, path: str) -> bool:
    return pattern.include is not None and pattern.match_file(path) is not None


def _read(folder: str) -> GitIgnoreSpec | None:
    path = Path(folder, IGNORE_FILE)
    text = path.read_text(encoding="utf-8-sig", errors="surrogateescape")
    if not text.strip():
        return None
    return _spec(text.splitlines(), str(path), FailureCode.BAD_INPUT)


def _spec(lines: list[str], where: str, code: FailureCode) -> GitIgnoreSpec:
    try:
        return GitIgnoreSpec.from_lines(lines)
    except GitIgnorePatternError as error:
        raise IndicsubsError(
            code, f"{where}: {error}. Write patterns as in a .gitignore, such as *.avi or /old/."
        ) from None
