"""What ``watch`` says: a line with the time for each event, or an object of JSON."""

import threading
from datetime import datetime
from pathlib import Path

from indicsubs.cli import display
from indicsubs.cli.console import out, printable
from indicsubs.cli.library_display import FilmDisplay
from indicsubs.cli.progress_text import time_left_text
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.watcher import Watcher
from indicsubs.library.web_hook import FilmEvent, WebHook
from indicsubs.library.wishes import copied_files, wish_of
from indicsubs.library.work import FilmOutcome
from indicsubs.machine.workspace import Workspace
from indicsubs.run.reports import NothingToClose, StageReport
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.stages import StageName


class Announcer:
    """Prints events; any thread may use it.

    Args:
        as_json: Whether programs read the events.
    """

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = threading.Lock()

    def __call__(self, event: str, text: str, **details: object) -> None:
        """Prints an event with the time, as one line that is written at once."""
        now = datetime.now().astimezone()
        with self._lock:
            if self._as_json:
                at = now.isoformat(timespec="seconds")
                display.emit({"event": event, "time": at, **details, "text": printable(text)})
            else:
                line = f"{now:%Y-%m-%d %H:%M:%S} {printable(text)}"
                out.print(line, highlight=False, markup=False, soft_wrap=True)


class WatchDisplay(NothingToClose):
    """Tells the user, the watcher and the web hook what becomes of the films."""

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        say: Announcer,
        watcher: Watcher,
        web_hook: WebHook | None,
    ) -> None:
        self._workspace = workspace
        self._ledger = ledger
        self._say = say
        self._watcher = watcher
        self._web_hook = web_hook

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        """Says that a film is begun."""
        follow = ", ".join(filter(None, (f"{left} more wait", time_left_text(seconds_left))))
        self._say("film", f"begun: {film.path} ({follow})", path=film.path, left=left)

    def ended(self, outcome: FilmOutcome) -> None:
        """Says what became of a film."""
        film = outcome.film
        event = FilmEvent(
            event=f"film_{film.state}",
            path=film.path,
            state=film.state,
            languages=_languages(film),
            files=tuple(map(str, self._files(film))),
            message=outcome.text,
            code=film.code if film.state == "failed" else None,
            job=None if film.job is None else str(self._workspace.jobs / film.job),
            seconds=round(outcome.seconds, 1),
        )
        self._say(
            "film_done",
            f"{film.state}: {film.path} ({outcome.seconds:.1f} s): {outcome.text}",
            path=film.path,
            state=film.state,
            message=outcome.text,
            files=event.files,
            seconds=event.seconds,
        )
        if self._web_hook is not None:
            self._web_hook.post(event)
        if film.state == "failed":
            self._watcher.note_failure(film)

    def of_film(self, film: LedgerFilm) -> FilmDisplay:
        """Returns the display of a film that was begun."""
        return _Warnings(self._say, film.path)

    def _files(self, film: LedgerFilm) -> list[Path]:
        """Returns the files that were copied for a film, or made where none is copied."""
        wish, path = wish_of(film), Path(film.path)
        if film.state != "done" or film.job is None or wish is None:
            return []
        try:
            made = copied_files(self._workspace.jobs / film.job, wish, path, self._ledger)
        except IndicsubsError:
            return []  # the disk of the film has just gone away
        folder = wish.folder_for(path)
        if folder is None:
            return made
        copies = (folder / file.name for file in made)
        return [copy for copy in copies if copy.is_file() and self._ledger.film_of(copy) == path]


class _Warnings:
    """The display of a film in work: only its warnings are shown."""

    def __init__(self, say: Announcer, film: str) -> None:
        self._say = say
        self._film = film

    def started(self, stage: StageName, environment: str) -> None:
        """Does nothing."""

    def progress(self, message: Progress) -> None:
        """Does nothing."""

    def finished(self, report: StageReport) -> None:
        """Does nothing."""

    def left_out(self, stage: StageName) -> None:
        """Does nothing."""

    def warned(self, stage: StageName, warning: str) -> None:
        """Says the warning of a stage with the film's name."""
        text = f"warning: {Path(self._film).name}: {stage}: {warning}"
        self._say("warning", text, path=self._film, stage=stage, warning=warning)

    def note(self, text: str) -> None:
        """Says what concerns the film."""
        self._say("note", f"{Path(self._film).name}: {text}", path=self._film, note=text)


def _languages(film: LedgerFilm) -> tuple[str, ...]:
    wish = wish_of(film)
    return () if wish is None else wish.languages
