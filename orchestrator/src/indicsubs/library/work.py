"""Works through the films of a ledger: one film's failure never stops the rest."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from indicsubs.jobs.job import Job
from indicsubs.jobs.publishing import published_files
from indicsubs.library.beside import remove_leftovers, write_beside
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.wishes import Wish, copied_files, decode, has_wanted
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import first_few
from indicsubs_text.languages import find_language


class FilmOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one film."""

    film: LedgerFilm
    text: str
    """What was made, why the film was skipped, or why it failed."""
    seconds: float


class LibraryDisplay(Protocol):
    """Shows the work on a library."""

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """A film is begun; with the number of films that follow it and the time for all."""
        ...

    def ended(self, outcome: FilmOutcome) -> None:
        """A film has ended in whatever way."""
        ...


def work(
    ledger: Ledger,
    make: Callable[[Path, Wish], Job],
    display: LibraryDisplay,
    ids: Sequence[int] | None = None,
) -> list[FilmOutcome]:
    """Makes the subtitles of each film that waits, and copies them to where they are wanted.

    Args:
        ledger: The ledger.
        make: Runs a film's job.
        display: Shows the work.
        ids: The films to work on; None takes all.

    Raises:
        KeyboardInterrupt: The user stopped the work; the film in hand waits again.
    """
    outcomes: list[FilmOutcome] = []
    while (film := ledger.claim(ids)) is not None:
        waiting = [each for each in ledger.films(ids) if each.state == "waiting"]
        speed = ledger.speed()
        size = film.bytes + sum(each.bytes for each in waiting)
        display.began(film, len(waiting), None if speed is None else speed * size / 1000)
        began = time.monotonic()
        text = _do(film, ledger, make)
        (ended,) = ledger.films([film.id])
        outcome = FilmOutcome(film=ended, text=text, seconds=time.monotonic() - began)
        outcomes.append(outcome)
        display.ended(outcome)
    return outcomes


def _do(film: LedgerFilm, ledger: Ledger, make: Callable[[Path, Wish], Job]) -> str:
    """Does one film, and returns what became of it."""
    path = Path(film.path)
    try:
        wish = decode(film)
        there = has_wanted(path, wish, ledger) if path.is_file() else ()
        if there:
            names = first_few([find_language(tag).name for tag in there])
            text = f"has subtitles beside it: {names}"
            ledger.finish(film, "skipped", message=text)
            return text
        job = make(path, wish)
        text = place(job, path, wish, ledger)
        ledger.finish(
            film,
            "done",
            job=str(job.folder.relative_to(job.jobs)),
            message=text,
        )
    except IndicsubsError as error:
        text, code = error.message, error.code
    except msgspec.MsgspecError as error:
        text = f"Its options were written by another version ({error}). Add the film again."
        code = FailureCode.BAD_INPUT
    else:
        return text
    ledger.finish(film, "failed", code=code, message=text)
    return text


def place(job: Job, film: Path, wish: Wish, ledger: Ledger) -> str:
    """Copies the subtitles of a job to where they are wanted, and returns what was made.

    Raises:
        IndicsubsError: As :func:`~indicsubs.library.beside.write_beside`.
    """
    folder = wish.folder_for(film)
    if folder is None:
        return first_few([path.name for path in published_files(job.folder)])
    if folder.is_dir():
        remove_leftovers(folder)
    written, kept = write_beside(
        copied_files(job.folder, wish), film, folder, ledger, overwrite=wish.overwrite
    )
    texts = [first_few([path.name for path in written])] if written else []
    if kept:
        texts.append(
            f"not over what a person made or edited: {first_few([path.name for path in kept])}"
        )
    return "; ".join(texts)
