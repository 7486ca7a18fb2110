"""The options of a run that concern where subtitles go, and more than one film."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

from cyclopts import Group, Parameter

from indicsubs.cli.console import folder_option
from indicsubs.cli.option_values import PRIORITY
from indicsubs.cli.options import JobOptions
from indicsubs.jobs.specification import JobSpec
from indicsubs.library.folders import absolute
from indicsubs.library.ignore_rules import IgnoreRules
from indicsubs.library.wishes import Wish
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.stages import WORKFLOWS, StageName

_LIBRARY = Group("Libraries", sort_key=5)


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class LibraryOptions:
    """Where the subtitles of films go, and which films are done."""

    list: Annotated[
        Path | None,
        Parameter(
            group=_LIBRARY,
            help="A file with a film, a folder or a pattern in each line.",
        ),
    ] = None
    ignore: Annotated[
        Sequence[str],
        Parameter(
            group=_LIBRARY,
            negative="",
            help="Leave out films and folders that fit a pattern as in .gitignore, such as"
            " '*.avi' or /old/; may be repeated. Files .indicsubsignore have such lines too.",
        ),
    ] = ()
    beside: Annotated[
        bool,
        Parameter(
            group=_LIBRARY,
            negative="",
            help="Copy the subtitles beside each film, as media servers read them. No film is"
            " written with them, unless -w subtitle asks for it.",
        ),
    ] = False
    into: Annotated[
        Path | None,
        Parameter(
            group=_LIBRARY,
            converter=folder_option,
            help="Copy the subtitles to this folder, in the films' own folders; else as --beside.",
        ),
    ] = None
    overwrite: Annotated[
        bool,
        Parameter(
            group=_LIBRARY,
            negative="",
            help="With --beside and --into: replace subtitles that a person made or edited, too."
            " Films that have such subtitles are not skipped.",
        ),
    ] = False
    redo: Annotated[
        bool,
        Parameter(
            group=_LIBRARY,
            negative="",
            help="Do also films that have subtitles in the wanted languages beside them or inside.",
        ),
    ] = False
    priority: Annotated[
        int,
        Parameter(
            group=_LIBRARY,
            converter=PRIORITY,
            help="The films with the highest number are next.",
        ),
    ] = 0

    @property
    def copies(self) -> bool:
        """Whether subtitles are copied."""
        return self.beside or self.into is not None

    def given_to(self, options: JobOptions) -> JobOptions:
        """Returns the options of a run on a film.

        Where subtitles are copied, no film is written with them unless the user asks for it: a copy
        of every film would fill the disk.
        """
        if self.copies and options.workflow is None and options.burn_in is None:
            return replace(options, workflow="translate")
        return options

    def wish(self, spec: JobSpec, root: Path | None, *, formats_given: bool) -> Wish:
        """Returns what is wanted of each film.

        Args:
            spec: The specification of any film.
            formats_given: Whether the user chose the formats; otherwise only SRT is copied, because
                media servers would show every language twice.
            root: The folder that the films were found in; None for films that were named.

        Raises:
            IndicsubsError: ``USAGE`` where two places are named, or a place that is a file, for a
                workflow without subtitles to copy, and for a pattern that cannot be understood.
        """
        IgnoreRules.from_command_line("", self.ignore)  # fails here and not in each scan
        if self.beside and self.into is not None:
            raise IndicsubsError(
                FailureCode.USAGE, "--beside and --into name two places. Give one of them."
            )
        if self.into is not None and self.into.is_file():
            raise IndicsubsError(
                FailureCode.USAGE, f"--into {self.into} is a file. Give the path of a folder."
            )
        copies = "--beside" if self.beside else "--into" if self.into is not None else None
        if copies and StageName.SUBTITLE_GENERATION not in WORKFLOWS[spec.workflow]:
            raise IndicsubsError(
                FailureCode.USAGE,
                f"{copies} copies subtitles, and -w {spec.workflow} makes none. Leave {copies} out,"
                " or give -w translate.",
            )
        return Wish(
            spec=spec,
            copied=spec.formats if formats_given else ("srt",),
            beside=self.beside,
            into=None if self.into is None else absolute(self.into),
            root=None if root is None else absolute(root),
            overwrite=self.overwrite,
            redo=self.redo,
        )
