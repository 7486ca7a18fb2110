"""Works through the films of a ledger, several at a time: no failure stops the other films."""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

from indicsubs.jobs.job import Job
from indicsubs.jobs.publishing import published_files
from indicsubs.library.beside import (
    remove_leftovers,
    require_own_names,
    require_writable,
    write_beside,
)
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.ledger_files import FileStamp, LanguagesInside, stamp_of
from indicsubs.library.wishes import SubtitlesThere, Wish, copied_files, decode, subtitles_there
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_processes.stage_process import GRACE_SECONDS
from indicsubs_text.excerpts import first_few

_TICK_S = 1.0
"""The time in seconds between two questions what is next, while films are in hand or none waits."""

_FAULTS_OF_FILMS = {FailureCode.BAD_INPUT, FailureCode.NO_INPUT}
"""The failures that are the same in all stages."""

Next: TypeAlias = Literal["begin", "wait", "end", "end when none waits"]
"""What a runner does next: begin the films that wait, begin none for now, or end as soon as no film
is in hand, at once or when none waits."""


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


class FilmMaker(Protocol):
    """Makes the subtitles of films."""

    def languages_inside(self, film: LedgerFilm, order: int) -> LanguagesInside:
        """Returns the tags of the languages of the subtitles inside a film; called as ``make``.

        Raises:
            IndicsubsError: The film cannot be read.
        """
        ...

    def make(self, film: LedgerFilm, wish: Wish, order: int) -> Job:
        """Runs the job of a film; called by a thread of its own for each film.

        Args:
            film: The film.
            wish: What is wanted of it.
            order: The number of the film in the order in which the films were begun.

        Raises:
            IndicsubsError: The film has failed.
        """
        ...

    def release(self) -> None:
        """Gives back memory that was not used for a while."""
        ...

    def stop(self) -> None:
        """Stops what is being made: the other threads end soon."""
        ...

    def explained(self, error: Exception) -> IndicsubsError:
        """Returns any error as one with the next step."""
        ...


class _InHand(msgspec.Struct, frozen=True):
    """A film that is being made."""

    film: LedgerFilm
    wish: Wish
    began_s: float
    thread: threading.Thread


_Made: TypeAlias = Job | SubtitlesThere | BaseException
"""What became of a film in hand: its job; the subtitles that it had already; or an error."""
_Inside: TypeAlias = tuple[FileStamp, LanguagesInside]
"""The languages of the subtitles inside a film, and its stamp before it was read."""


class Work:
    """The work of a runner on a ledger. All methods are called by the main thread.

    Args:
        ledger: The ledger.
        maker: Makes the subtitles.
        display: Shows the work.
        at_once: The most films that are made at the same time.
        ids: The films to work on; None takes all.
    """

    def __init__(
        self,
        ledger: Ledger,
        maker: FilmMaker,
        display: LibraryDisplay,
        *,
        at_once: int = 1,
        ids: Sequence[int] | None = None,
    ) -> None:
        self._ledger, self._maker, self._display = ledger, maker, display
        self._at_once, self._ids = at_once, ids
        self._in_hand: dict[int, _InHand] = {}
        self._made: queue.SimpleQueue[tuple[int, _Made, _Inside | None]] = queue.SimpleQueue()
        self._begun = 0

    def run(self, ask: Callable[[], Next] = lambda: "end when none waits") -> None:
        """Makes the subtitles of the films that wait, and copies them to where they are wanted.

        Args:
            ask: Called before each film and about once a second; returns what is next.

        The display gets what becomes of each film. Nothing of it is kept here: a runner may go on
        for years.

        Raises:
            KeyboardInterrupt: The user stopped the work; the films in hand wait again.
        """
        try:
            while self._goes_on(ask()):
                self._wait()
        except BaseException:
            self._stop()
            raise

    def _goes_on(self, what: Next) -> bool:
        """Begins films if it is time, and returns whether there is anything to wait for."""
        if what in {"begin", "end when none waits"}:
            while len(self._in_hand) < self._at_once:
                film = self._ledger.claim(self._ids)
                if film is None:
                    break
                self._begin(film)
        return bool(self._in_hand) or what in {"begin", "wait"}

    def _begin(self, film: LedgerFilm) -> None:
        waiting = self._ledger.waiting(self._ids)
        self._display.began(film, waiting.films, self._seconds_left(film, waiting.bytes))
        self._begun += 1
        began_s, order = time.monotonic(), self._begun
        try:
            wish = decode(film)
            path = Path(film.path)
            there = SubtitlesThere()
            if path.is_file():
                there = subtitles_there(path, wish, self._ledger)
                folder = wish.folder_for(path)
                if folder is not None and not there.are_complete:
                    self._require_own_names(path, folder)
                    require_writable(folder)
        except (IndicsubsError, OSError) as error:
            self._fail(film, error, began_s)
            return
        except msgspec.MsgspecError as error:
            text = f"Its options were written by another version ({error}). Add the film again."
            self._fail(film, IndicsubsError(FailureCode.BAD_INPUT, text), began_s)
            return
        if there.are_complete:
            self._skip(film, there, began_s)
            return

        def make() -> None:
            inside: _Inside | None = None
            made: _Made
            found = there
            try:
                if found.inside is None:
                    inside = self._ask(film, order)
                    found = found.with_inside(inside[1] if inside is not None else {})
                made = found if found.are_complete else self._maker.make(film, wish, order)
            except BaseException as error:  # the main thread decides
                made = error
            self._made.put((film.id, made, inside))

        thread = threading.Thread(target=make, daemon=True)
        self._in_hand[film.id] = _InHand(film, wish, began_s, thread)
        thread.start()

    def _require_own_names(self, film: Path, folder: Path) -> None:
        """Checks before the work that no other film has subtitles of these names in the folder."""
        others = self._ledger.films_beside(folder, film.stem)
        for each in self._in_hand.values():
            other = Path(each.film.path)
            if other.stem == film.stem and each.wish.folder_for(other) == folder:
                others.append(other)
        require_own_names(film, others, folder)

    def _ask(self, film: LedgerFilm, order: int) -> _Inside | None:
        """Returns the languages inside a film; None where a fault of the stage hides them.

        The work on the film then shows the fault, with its log, if it has it too.
        """
        stamp = stamp_of(Path(film.path))
        try:
            return stamp, self._maker.languages_inside(film, order)
        except IndicsubsError as error:
            if error.code in _FAULTS_OF_FILMS or error.code is FailureCode.INTERRUPTED:
                raise
            return None

    def _seconds_left(self, film: LedgerFilm, waiting_bytes: int) -> float | None:
        speed = self._ledger.speed()
        in_hand = sum(each.film.bytes for each in self._in_hand.values())
        size = film.bytes + in_hand + waiting_bytes
        return None if speed is None else speed * size / 1000 / self._at_once

    def _wait(self) -> None:
        """Waits for the end of a film, but not for long, and records it."""
        try:
            number, made, inside = self._made.get(timeout=_TICK_S)
        except queue.Empty:
            self._maker.release()
            return
        film, wish, began_s, thread = msgspec.structs.astuple(self._in_hand.pop(number))
        thread.join()
        if inside is not None:
            self._ledger.note_inside(Path(film.path), *inside)
        if isinstance(made, SubtitlesThere):
            self._skip(film, made, began_s)
            return
        try:
            if isinstance(made, BaseException):
                raise made
            text = place(made, Path(film.path), wish, self._ledger)
        except BrokenPipeError:  # of the display
            raise
        except Exception as error:
            self._fail(film, error, began_s)
        else:
            job = str(made.folder.relative_to(made.jobs))
            self._ledger.finish(film, "done", job=job, message=text)
            self._end(film, text, began_s)

    def _skip(self, film: LedgerFilm, there: SubtitlesThere, began_s: float) -> None:
        self._ledger.finish(film, "skipped", message=there.text)
        self._end(film, there.text, began_s)

    def _fail(self, film: LedgerFilm, error: Exception, began_s: float) -> None:
        failure = self._maker.explained(error)
        self._ledger.finish(film, "failed", code=failure.code, message=failure.message)
        self._end(film, failure.message, began_s)

    def _end(self, film: LedgerFilm, text: str, began_s: float) -> None:
        (ended,) = self._ledger.films([film.id])
        self._display.ended(FilmOutcome(film=ended, text=text, seconds=time.monotonic() - began_s))

    def _stop(self) -> None:
        """Stops the films in hand; the ledger lets them wait again when it is closed."""
        self._maker.stop()
        deadline_s = time.monotonic() + GRACE_SECONDS
        for each in self._in_hand.values():
            each.thread.join(max(0.0, deadline_s - time.monotonic()))


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
    files = copied_files(job.folder, wish, film, ledger)
    written, kept = write_beside(files, film, folder, ledger, overwrite=wish.overwrite)
    texts = [first_few([path.name for path in written])] if written else []
    if kept:
        texts.append(
            f"not over what a person made or edited: {first_few([path.name for path in kept])}"
        )
    return "; ".join(texts) or "nothing to copy: its subtitles have no text, or are there already"
