"""How far the films in work are, as the threads of the films tell it."""

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self, TypeAlias

import msgspec

from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.work import FilmOutcome
from indicsubs.run.reports import StageReport
from indicsubs.run.stage_speed import Speed
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName

ProgressText: TypeAlias = Callable[[Progress, Speed, float], str]
"""Returns the progress of a stage as a text, with the time left; the last value is the time now."""


class LiveProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a film is."""

    stage: str
    done: int = 0
    total: int = 0
    """0 where the stage does not know it."""
    text: str = ""
    """The progress in words, with the time left where it is known."""


class LiveDisplay:
    """A display of the work on many films that others read.

    Args:
        text: Describes the progress of a stage.
        changed: Called after a film was begun or has ended, by the thread of the work.
    """

    def __init__(self, text: ProgressText, changed: Callable[[], None]) -> None:
        self._text, self._changed = text, changed
        self._lock = threading.Lock()
        self._films: dict[int, LiveProgress] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with self._lock:
            self._films.clear()

    def of_films(self) -> dict[int, LiveProgress]:
        """Returns how far each film in work is, by the films' numbers."""
        with self._lock:
            return dict(self._films)

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:  # noqa: ARG002
        """Tells that a film was begun."""
        self._changed()

    def ended(self, outcome: FilmOutcome) -> None:
        """Forgets the film."""
        with self._lock:
            self._films.pop(outcome.film.id, None)
        self._changed()

    def of_film(self, film: LedgerFilm) -> "LiveFilm":
        """Returns the display of a film."""
        return LiveFilm(self._text, lambda progress: self._note(film.id, progress))

    def _note(self, number: int, progress: LiveProgress) -> None:
        with self._lock:
            self._films[number] = progress


class LiveFilm:
    """The display of one film; called by the film's thread."""

    def __init__(self, text: ProgressText, note: Callable[[LiveProgress], None]) -> None:
        self._text, self._note = text, note
        self._speed = Speed()

    def started(self, stage: StageName, environment: str) -> None:  # noqa: ARG002
        """Notes the stage."""
        self._speed = Speed()
        self._note(LiveProgress(stage=stage))

    def progress(self, message: Progress) -> None:
        """Notes how far the stage is."""
        text = self._text(message, self._speed, time.monotonic())
        self._note(
            LiveProgress(stage=message.stage, done=message.done, total=message.total, text=text)
        )

    def finished(self, report: StageReport) -> None:
        """Does nothing: the next stage follows at once."""

    def left_out(self, stage: StageName) -> None:
        """Does nothing."""

    def warned(self, stage: StageName, warning: str) -> None:
        """Does nothing: warnings are in the job's log."""

    def note(self, text: str) -> None:
        """Does nothing: notes are in the job's log."""
