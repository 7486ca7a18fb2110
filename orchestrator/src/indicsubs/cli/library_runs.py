"""Runs over many films: finds them, works through the ledger, and shows what became of each."""

from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace
from rich.markup import escape

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, err, out, placement_for, printable, table
from indicsubs.cli.job_runs import make_job, require_all, run_job, shortest
from indicsubs.cli.job_specs import spec_without_film
from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.options import JobOptions
from indicsubs.cli.progress_text import time_left_text
from indicsubs.jobs.files import source_file
from indicsubs.jobs.input_files import is_folder
from indicsubs.jobs.job import Job
from indicsubs.jobs.older_fingerprints import adopt_older_jobs
from indicsubs.jobs.specification import NO_EDITS
from indicsubs.library.films import find_films, read_list
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.wishes import Wish, encode, is_still_done
from indicsubs.library.work import FilmOutcome, place, work
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_text.excerpts import shortened

MOST_FAILURES = 63
"""The highest exit status that counts failed films; 64 and above have meanings of their own."""

_LONGEST_TEXT = 120
"""The most characters of a message in the table at the end; the whole message stands above."""


def open_ledger(workspace: Workspace) -> Ledger:
    """Opens the ledger beside the jobs; as :class:`~indicsubs.library.ledger.Ledger`."""
    return Ledger(workspace.jobs / LEDGER_FILE)


def wanted_films(
    names: Sequence[str], options: JobOptions, library: LibraryOptions
) -> list[tuple[Path, str]]:
    """Returns the films that a person names, each with its wish as the ledger keeps it.

    Raises:
        IndicsubsError: As :func:`~indicsubs.library.films.find_films` and
            :meth:`~indicsubs.cli.library_options.LibraryOptions.wish`; ``USAGE`` without a name,
            and for options that belong to one film.
    """
    if not all(names) or not (names or library.list is not None):
        raise IndicsubsError(FailureCode.USAGE, "No film is named. Give one: just run film.mp4")
    if options.transcript is not None:
        raise IndicsubsError(
            FailureCode.USAGE,
            "--transcript belongs to one film, and several are named. Run its film alone.",
        )
    spec = spec_without_film(options)
    every = [*names, *(read_list(library.list) if library.list is not None else [])]
    films: list[tuple[Path, str]] = []
    for name in every:
        root = Path(name) if is_folder(Path(name)) else None
        wish = encode(
            library.wish(
                spec,
                root if library.into is not None else None,
                formats_given=options.formats is not None,
            )
        )
        films += [(film, wish) for film in find_films([name])]
    return films


def add_films(
    ledger: Ledger, jobs: Path, films: Sequence[tuple[Path, str]], priority: int = 0
) -> list[int]:
    """Adds films with their wishes to the ledger, and returns their ids.

    A film that was done waits again only where it has changed, or what was made of it is gone.
    """
    ids = list(dict.fromkeys(ledger.add(films, priority=priority)))
    gone = [
        film.id
        for film in ledger.films(ids)
        if film.state not in {"waiting", "running"} and not is_still_done(film, jobs, ledger)
    ]
    ledger.wait_again(gone)
    return ids


def work_through(
    workspace: Workspace,
    ledger: Ledger,
    common: CommonOptions,
    stage_limit: float,
    ids: Sequence[int] | None = None,
) -> int:
    """Works through the films that wait, shows a table, and returns the exit status.

    Returns:
        The number of films that failed, at most :data:`MOST_FAILURES`.
    """
    outcomes = work(ledger, _maker(workspace, common, stage_limit), _Display(common), ids)
    return _show_outcomes(ledger.films(ids), outcomes, common)


def check_machine(workspace: Workspace, options: JobOptions) -> None:
    """Checks that all environments and models are here, before the first of many films.

    Raises:
        IndicsubsError: As :func:`~indicsubs.cli.job_runs.require_all`.
    """
    spec = spec_without_film(options)
    require_all(workspace, spec, placement_for(workspace, spec), NO_EDITS, None, None)


def show_copies(job: Job, wish: Wish, ledger: Ledger, common: CommonOptions) -> None:
    """Copies the subtitles of one film's job to where they are wanted, and names the copies.

    Raises:
        IndicsubsError: As :func:`~indicsubs.library.work.place`.
    """
    film = Path(job.spec.source.path)
    text = place(job, film, wish, ledger)
    if common.json:
        display.emit({"event": "copied", "path": str(film), "message": text})
    else:
        where = f"Copied to {wish.folder_for(film)}: {text}"
        out.print(printable(where), highlight=False, markup=False, soft_wrap=True)


def _maker(
    workspace: Workspace, common: CommonOptions, stage_limit: float
) -> Callable[[Path, Wish], Job]:
    def make(film: Path, wish: Wish) -> Job:
        source = source_file(film, workspace.digests.sha256)
        adopt_older_jobs(workspace, source)
        spec = replace(wish.spec, source=source)
        job = make_job(workspace, spec, common)
        placement = placement_for(workspace, spec)
        run_job(workspace, job, placement, common, stage_limit=stage_limit)
        return job

    return make


class _Display:
    def __init__(self, common: CommonOptions) -> None:
        self.common = common
        self.number = 0

    def began(self, film: LedgerFilm, left: int, seconds_left: float | None) -> None:
        self.number += 1
        if self.common.json:
            display.emit({"event": "film", "path": film.path, "left": left})
            return
        of = f"film {self.number} of {self.number + left}"
        where = ", ".join(filter(None, (of, time_left_text(seconds_left))))
        out.print(
            f"[bold]{escape(printable(shortest(Path(film.path))))}[/] ({where})",
            highlight=False,
            soft_wrap=True,
        )

    def ended(self, outcome: FilmOutcome) -> None:
        if self.common.json:
            display.emit(
                {
                    "event": "film_done",
                    "path": outcome.film.path,
                    "state": outcome.film.state,
                    "message": outcome.text,
                }
            )
            return
        failed = outcome.film.state == "failed"
        console = err if failed else out
        style = "red" if failed else "green"
        console.print(
            f"[{style}]{outcome.film.state}[/]: {escape(printable(outcome.text))}",
            highlight=False,
            soft_wrap=True,
        )


def _show_outcomes(
    films: Sequence[LedgerFilm], outcomes: Sequence[FilmOutcome], common: CommonOptions
) -> int:
    failed = sum(outcome.film.state == "failed" for outcome in outcomes)
    now = {outcome.film.id for outcome in outcomes}
    done_before = sum(film.state in {"done", "skipped"} and film.id not in now for film in films)
    if common.json:
        display.emit({"event": "done", "films": len(outcomes), "failed": failed})
        return min(failed, MOST_FAILURES)
    if outcomes:
        rows = table("film", "state", "time", "what")
        for outcome in outcomes:
            rows.add_row(
                escape(printable(shortest(Path(outcome.film.path)))),
                outcome.film.state,
                f"{outcome.seconds:.1f} s",
                escape(printable(shortened(outcome.text.partition(" Log: ")[0], _LONGEST_TEXT))),
            )
        out.print(rows)
    counts = [f"{len(outcomes)} film(s)", f"{failed} failed"]
    if done_before:
        counts.append(f"{done_before} done before")
    out.print(", ".join(counts) + ".", highlight=False)
    if failed:
        out.print("To try the failed films again, give the same command.", highlight=False)
    return min(failed, MOST_FAILURES)
