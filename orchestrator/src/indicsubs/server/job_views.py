"""A job of the queue as clients see it."""

from pathlib import Path

import msgspec

from indicsubs.jobs.publishing import published_files
from indicsubs.library.ledger import LedgerFilm
from indicsubs.library.wishes import names_of, wish_of
from indicsubs.server.failures import printable_text
from indicsubs.server.live_display import LiveProgress

_ENDED = {"done", "skipped", "failed"}


class JobView(msgspec.Struct, frozen=True, kw_only=True):
    """A job of the queue, which is a film with what is wanted of it."""

    id: int
    name: str
    """The name of the film's file."""
    path: str
    wanted: str
    """The languages in English."""
    state: str
    """``waiting``, ``paused``, ``running``, ``done``, ``skipped`` or ``failed``."""
    priority: int
    attempts: int
    uploaded: bool
    """Whether a client has sent the film; it is removed some time after the last request for it."""
    changed: float
    """The time of the last change, in seconds since 1970."""
    progress: LiveProgress | None
    """How far a running job is; None where that is not known, as of another runner's."""
    message: str | None
    """What was made, or why the job failed or was skipped, with the next step."""
    code: str | None
    """The kind of the failure."""
    job: str | None
    """The folder of the job, relative to the folder of the jobs."""
    files: tuple[str, ...]
    """The names of the finished files."""


class JobViews:
    """Makes the views of jobs. Used by one thread.

    Args:
        jobs: The folder of the jobs.
        uploads: The folder of the films that clients have sent.
    """

    def __init__(self, jobs: Path, uploads: Path) -> None:
        self._jobs, self._uploads = jobs, uploads

    def view(self, film: LedgerFilm, progress: LiveProgress | None = None) -> JobView:
        """Returns the view of a film in the ledger."""
        wish, path = wish_of(film), Path(film.path)
        waits = film.paused and film.state == "waiting"
        return JobView(
            id=film.id,
            name=printable_text(path.name),
            path=printable_text(film.path),
            wanted=names_of(wish) if wish is not None else "unknown options",
            state="paused" if waits else film.state,
            priority=film.priority,
            attempts=film.attempts,
            uploaded=path.is_relative_to(self._uploads),
            changed=film.changed,
            progress=progress if film.state == "running" else None,
            message=printable_text(film.message or "") if film.state in _ENDED else None,
            code=film.code if film.state == "failed" else None,
            job=film.job,
            files=tuple(self.files(film)) if film.state == "done" else (),
        )

    def files(self, film: LedgerFilm) -> dict[str, Path]:
        """Returns the finished files of a film by their names."""
        if film.job is None:
            return {}
        found = published_files(self._jobs / film.job)
        return {printable_text(path.name): path for path in found if path.is_file()}
