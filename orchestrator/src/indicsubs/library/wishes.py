"""What is wanted of each film of a library, and whether a film has it already."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import msgspec
from msgspec.structs import replace

from indicsubs.jobs.input_files import unreadable
from indicsubs.jobs.job import JOB_FILE
from indicsubs.jobs.publishing import published_files
from indicsubs.jobs.specification import JobSpec
from indicsubs.library.beside import SERVING, has_text, languages_beside, without_languages_beside
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.library.own_files import is_ours
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.purpose import SubtitlePurpose
from indicsubs_contract.messages.subtitles import SubtitleFormat
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import WORKFLOWS, StageName
from indicsubs_text.excerpts import first_few
from indicsubs_text.languages import find_language

_REPORT = "report"
"""The name of the report's files, without suffix."""


class Wish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of a run over a library, as the ledger keeps them."""

    spec: JobSpec
    """What is asked of each film; its ``source`` is empty."""
    copied: tuple[SubtitleFormat, ...] = ("srt",)
    """The formats that are copied, where the subtitles are copied at all."""
    beside: bool = False
    """Whether the subtitles are copied beside the film."""
    into: str | None = None
    """The folder that the subtitles are copied to, in the folders of the films below ``root``."""
    root: str | None = None
    overwrite: bool = False
    """Whether subtitles that a person made or edited are replaced."""
    redo: bool = False
    """Whether films that have the wanted subtitles already are done, too."""

    @property
    def languages(self) -> tuple[str, ...]:
        """The tags of the languages that a film must have, or else it is done."""
        wanted = self.spec.targets or (self.spec.source_language,)
        return tuple(tag for tag in wanted if tag is not None)

    def folder_for(self, film: Path) -> Path | None:
        """Returns the folder that a film's subtitles are copied to; None copies nothing.

        Below ``into``, films of folders with the same names do not overwrite each other's.
        """
        if self.into is not None:
            root = Path(self.root) if self.root is not None else film.parent
            below = film.parent.relative_to(root) if film.parent.is_relative_to(root) else Path()
            return Path(self.into) / below
        return film.parent if self.beside else None


def encode(wish: Wish) -> str:
    """Returns a wish as the ledger keeps it; equal wishes are equal texts."""
    return msgspec.json.encode(wish, order="deterministic").decode()


def decode(film: LedgerFilm) -> Wish:
    """Returns the wish of a film in the ledger.

    Raises:
        msgspec.DecodeError: Another version has written it, with options of its own.
    """
    return msgspec.json.decode(film.wish, type=Wish)


def wish_of(film: LedgerFilm) -> Wish | None:
    """Returns the wish of a film in the ledger; None where this version cannot read it."""
    try:
        return decode(film)
    except msgspec.MsgspecError:
        return None


def names_of(wish: Wish) -> str:
    """Returns the languages of a wish in English, as in ``Hindi to English, Tamil``."""
    spec = wish.spec
    source = find_language(spec.source_language).name if spec.source_language else "detected"
    targets = ", ".join(find_language(tag).name for tag in spec.targets)
    return f"{source} to {targets}" if targets else source


class SubtitlesThere(msgspec.Struct, frozen=True, kw_only=True):
    """The wanted subtitles that a film has already."""

    wanted: tuple[str, ...] = ()
    """Tags of the languages that it must have; none where the film is made in any case."""
    purpose: SubtitlePurpose = "full"
    """What they must be for."""
    beside: tuple[str, ...] = ()
    """Those of them that lie beside it, made by others than indicsubs."""
    inside: tuple[str, ...] | None = ()
    """Those of the others that it carries inside; None where that is not known."""

    @property
    def are_complete(self) -> bool:
        """Whether nothing is left to do."""
        return bool(self.wanted) and {*self.wanted} == {*self.beside, *(self.inside or ())}

    @property
    def text(self) -> str:
        """Where the subtitles are, as in ``has subtitles inside it: Hindi; beside it: English``."""
        places = [("inside it", self.inside or ()), ("beside it", self.beside)]
        named = [
            f"{place}: {first_few([find_language(tag).name for tag in tags])}"
            for place, tags in places
            if tags
        ]
        return f"has subtitles {'; '.join(named)}"

    def with_inside(self, languages: LanguagesInside) -> "SubtitlesThere":
        """Returns the same with the languages of the subtitles inside the film."""
        serving = (languages.get(purpose, ()) for purpose in SERVING[self.purpose])
        others = set(chain(*serving)) - {*self.beside}
        return replace(self, inside=tuple(tag for tag in self.wanted if tag in others))


def subtitles_there(film: Path, wish: Wish, ledger: Ledger) -> SubtitlesThere:
    """Returns which of the wanted subtitles a film has.

    Beside it, only subtitles that indicsubs did not write count; the ledger knows of the others.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the film's folder cannot be read.
    """
    if wish.redo or wish.overwrite or not wish.languages:
        return SubtitlesThere()
    try:
        found = languages_beside(film, ledger, wish.spec.purpose)
    except OSError as error:
        raise unreadable(film.parent, error) from error
    beside = tuple(tag for tag in wish.languages if tag in found)
    there = SubtitlesThere(wanted=wish.languages, purpose=wish.spec.purpose, beside=beside)
    if there.are_complete or StageName.SUBTITLE_GENERATION not in WORKFLOWS[wish.spec.workflow]:
        return there
    inside = ledger.inside(film)
    return replace(there, inside=None) if inside is None else there.with_inside(inside)


def is_still_done(film: LedgerFilm, jobs: Path, ledger: Ledger) -> bool:
    """Returns whether what was made of a film is still there: its job, and the copies.

    A film that was skipped is done while it has the wanted subtitles beside it or inside.
    """
    wish, path = wish_of(film), Path(film.path)
    if wish is None:
        return False
    if film.state == "skipped":
        try:
            return subtitles_there(path, wish, ledger).are_complete
        except IndicsubsError:
            return False  # it fails in its turn, and not the others
    if film.state != "done" or film.job is None or not (jobs / film.job / JOB_FILE).is_file():
        return False
    folder = wish.folder_for(path)
    if folder is None:
        return True
    try:
        made = copied_files(jobs / film.job, wish, path, ledger)
    except IndicsubsError:
        return False
    return not any(_is_outdated(folder / file.name, file, path, ledger) for file in made)


def add_films(
    ledger: Ledger,
    jobs: Path,
    films: Sequence[tuple[Path, str]],
    *,
    priority: int = 0,
    again: bool = False,
) -> list[int]:
    """Adds films with their wishes to the ledger, and returns their ids.

    A film that was done waits again only where it has changed, what was made of it is gone, or the
    user asks for more than what was done.

    Args:
        ledger: The ledger.
        jobs: The folder of the jobs.
        films: The films with their wishes.
        priority: The priority of all.
        again: Whether the films that are done wait again in any case.
    """
    ids = list(dict.fromkeys(ledger.add(films, priority=priority)))
    gone = [
        film.id
        for film in ledger.films(ids)
        if film.state not in {"waiting", "running"}
        and (again or not is_still_done(film, jobs, ledger))
    ]
    ledger.wait_again(gone)
    return ids


def copied_files(job: Path, wish: Wish, film: Path, ledger: Ledger) -> list[Path]:
    """Returns the finished subtitle files of a job that a wish copies.

    Beside a film, subtitles in a language that a person's file has already are left out. Files
    without text are left out too, unless they replace a copy of an earlier run.

    Raises:
        IndicsubsError: ``NO_INPUT`` where the film's folder cannot be read.
    """
    folder = wish.folder_for(film) or film.parent
    files = [
        path
        for path in published_files(job)
        if path.suffix[1:] in wish.copied
        and path.stem != _REPORT
        and (has_text(path) or _is_own_copy(folder / path.name, film, ledger))
    ]
    if not wish.beside or wish.redo or wish.overwrite:
        return files
    try:
        return without_languages_beside(files, film, ledger, wish.spec.purpose)
    except OSError as error:
        raise unreadable(film.parent, error) from error


def _is_own_copy(path: Path, film: Path, ledger: Ledger) -> bool:
    return path.is_file() and is_ours(path, sha256(path), film, ledger)


def _is_outdated(copy: Path, file: Path, film: Path, ledger: Ledger) -> bool:
    """Returns whether a copy is absent, or is an older one of indicsubs's own."""
    if not copy.is_file():
        return not copy.is_symlink()  # a person's link to a disk that is away stays
    found = sha256(copy)
    return found != sha256(file) and is_ours(copy, found, film, ledger)
