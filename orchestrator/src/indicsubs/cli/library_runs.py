"""Runs over many films: finds them, works through the ledger, and shows what became of each."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec.structs import replace
from rich.markup import escape

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, out, placement_for, printable, table
from indicsubs.cli.failures import failure_of
from indicsubs.cli.film_runner import FilmRunner
from indicsubs.cli.job_runs import join_film, make_job, require_all
from indicsubs.cli.job_specs import spec_without_film
from indicsubs.cli.library_display import EndedFilm, RunnerDisplay, library_display, name_of
from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.options import JobOptions
from indicsubs.jobs.files import source_file
from indicsubs.jobs.input_files import is_folder
from indicsubs.jobs.job import Job
from indicsubs.jobs.older_fingerprints import adopt_older_jobs
from indicsubs.jobs.specification import NO_EDITS
from indicsubs.library.films import find_films, fixed_folder, is_many, read_list
from indicsubs.library.inside import languages_inside
from indicsubs.library.ledger import LEDGER_FILE, Ledger, LedgerFilm
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.library.wishes import Wish, encode
from indicsubs.library.work import Next, Work, place
from indicsubs.machine.workspace import Workspace
from indicsubs.run.job_log import log_of
from indicsubs.run.pipeline import Pipeline
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_processes.runner import LOG
from indicsubs_text.excerpts import shortened

MOST_FAILURES = 63
"""The highest exit status that counts failed films; 64 and above have meanings of their own."""

_LOG = logging.getLogger("indicsubs.library")
_IDLE_S = 600.0
"""A process that has had nothing to do for so many seconds gives its memory back."""
_ENDED = frozenset(("done", "skipped", "failed"))
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
            "--transcript belongs to one film on this machine. Run its film alone, without --on.",
        )
    spec = spec_without_film(options)
    every = [*names, *(read_list(library.list) if library.list is not None else [])]
    films: list[tuple[Path, str]] = []
    for name in every:
        root = _root_of(name)
        wish = encode(
            library.wish(
                spec,
                root if library.into is not None else None,
                formats_given=options.formats is not None,
            )
        )
        films += [(film, wish) for film in find_films([name], library.ignore)]
    return films


def _root_of(name: str) -> Path | None:
    """Returns the folder that a folder or a pattern names; None for a film."""
    if is_folder(Path(name)):
        return Path(name)
    return fixed_folder(name) if is_many(name) else None


def work_through(
    workspace: Workspace,
    ledger: Ledger,
    common: CommonOptions,
    runner: FilmRunner,
    stage_limit: float,
    ids: Sequence[int] | None = None,
) -> int:
    """Works through the films that wait, shows a table, and returns the exit status.

    Returns:
        The number of films that failed, at most :data:`MOST_FAILURES`. Films of ``ids`` that
        another runner has in hand are waited for.

    Raises:
        IndicsubsError: ``UNREACHABLE`` where the connection to the cluster was lost, and no film
            failed by that.
    """
    began = time.time()
    waited: list[int] = []

    def ask() -> Next:
        elsewhere = 0 if ids is None else ledger.elsewhere(ids)
        if elsewhere and not waited and not ledger.waiting(ids).films:
            waited.append(elsewhere)
            _say_elsewhere(elsewhere, common)
        return "begin" if elsewhere else "end when none waits"

    shown = library_display(common)
    run_work(workspace, ledger, shown, runner, stage_limit, ids, ask)
    failed = _show_outcomes(ledger.films(ids), shown.ended_films, began, common)
    if not failed:
        runner.require_connected()
    return failed


def _say_elsewhere(films: int, common: CommonOptions) -> None:
    if common.json:
        display.emit({"event": "elsewhere", "films": films})
        return
    text = f"{films} film(s) are in work in another terminal. They are waited for."
    out.print(text, highlight=False)


def run_work(
    workspace: Workspace,
    ledger: Ledger,
    display: RunnerDisplay,
    runner: FilmRunner,
    stage_limit: float,
    ids: Sequence[int] | None = None,
    ask: Callable[[], Next] = lambda: "end when none waits",
) -> None:
    """Works through the films of a ledger, as :meth:`indicsubs.library.work.Work.run`.

    It ends where the connection to a cluster is lost; the films that wait go on waiting.
    """

    def ask_unless_lost() -> Next:
        return "end" if runner.is_lost else ask()

    with display:
        maker = JobMaker(workspace, display, runner, stage_limit)
        Work(ledger, maker, display, at_once=runner.at_once, ids=ids).run(ask_unless_lost)


def check_machine(workspace: Workspace, options: JobOptions, runner: FilmRunner) -> None:
    """Checks that all environments and models are here, before the first of many films.

    Raises:
        IndicsubsError: As :func:`~indicsubs.cli.job_runs.require_all`, and
            :meth:`~indicsubs.cli.film_runner.FilmRunner.require_installed`.
    """
    spec = spec_without_film(options)
    placement = placement_for(workspace, spec, runner.hardware)
    runner.require_installed(require_all(workspace, spec, placement, NO_EDITS, None, None))


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


class JobMaker:
    """Runs the jobs of films; the processes of their stages stay, with the models loaded.

    Args:
        workspace: The checkout.
        display: Shows the runs.
        runner: Runs the stages.
        stage_limit: Minutes without a message after which a stage is stopped.
    """

    def __init__(
        self,
        workspace: Workspace,
        display: RunnerDisplay,
        runner: FilmRunner,
        stage_limit: float,
    ) -> None:
        self._workspace, self._display = workspace, display
        self._runner, self._stage_limit = runner, stage_limit

    def languages_inside(self, film: LedgerFilm, order: int) -> LanguagesInside:
        """Asks the process of stage mux for the languages of the subtitles inside a film."""
        processes = self._runner.questions.of_film(order, _LOG)
        return languages_inside(
            Path(film.path),
            self._workspace,
            lambda launch, manifest: processes.run(launch, manifest, lambda _: None),
        )

    def make(self, film: LedgerFilm, wish: Wish, order: int) -> Job:
        """Runs the job of a film.

        Where its subtitles are copied, its audio is removed: that of a library would fill the disk.
        """
        shown = self._display.of_film(film)
        source = source_file(Path(film.path), self._workspace.digests.sha256)
        adopt_older_jobs(self._workspace, source)
        spec = replace(wish.spec, source=source)
        job = make_job(self._workspace, spec, shown.note)
        for note in join_film(self._workspace, job):
            shown.note(note)
        Pipeline(
            self._workspace,
            job,
            placement_for(self._workspace, spec, self._runner.hardware),
            shown,
            silence_limit_s=60 * self._stage_limit,
            processes=self._runner.processes.of_film(order, log_of(job)),
        ).run()
        if wish.folder_for(Path(film.path)) is not None:
            with job.lock():
                job.remove_audio()
        return job

    def release(self) -> None:
        """Ends the processes that have had nothing to do for ten minutes."""
        self._runner.processes.release_idle(_IDLE_S)

    def stop(self) -> None:
        """Stops all stages."""
        self._runner.processes.close()

    def explained(self, error: Exception) -> IndicsubsError:
        """Returns the failure for any error."""
        return failure_of(error, sys.argv[1:])


def _show_outcomes(
    films: Sequence[LedgerFilm],
    ended: Sequence[EndedFilm],
    began: float,
    common: CommonOptions,
) -> int:
    """Shows what became of the films, and returns the number that failed, also elsewhere.

    Args:
        films: The films that were asked for, as the ledger has them now.
        ended: What this runner has done.
        began: When it began, in seconds since 1970.
        common: How to show it.
    """
    outcomes = [film.outcome for film in ended]
    now = {outcome.film.id for outcome in outcomes}
    others = [film for film in films if film.id not in now and film.state in _ENDED]
    elsewhere = [film for film in others if film.changed >= began]
    failed = sum(outcome.film.state == "failed" for outcome in outcomes)
    failed += sum(film.state == "failed" for film in elsewhere)
    before = sum(film.state != "failed" and film.changed < began for film in others)
    if common.json:
        counted = {"films": len(outcomes), "failed": failed, "done_before": before}
        display.emit({"event": "done", **counted, "done_elsewhere": len(elsewhere)})
        return min(failed, MOST_FAILURES)
    if outcomes:
        rows = table("film", "state", "time", "what")
        for film in ended:
            outcome = film.outcome
            rows.add_row(
                escape(name_of(outcome.film)),
                f"{outcome.film.state}{_warnings_text(film.warnings)}",
                f"{outcome.seconds:.1f} s",
                escape(printable(shortened(outcome.text.partition(LOG)[0], _LONGEST_TEXT))),
            )
        out.print(rows)
    counts = [f"{len(outcomes)} film(s)", f"{failed} failed"]
    if elsewhere:
        counts.append(f"{len(elsewhere)} by another runner")
    if before:
        counts.append(f"{before} done before")
    out.print(", ".join(counts) + ".", highlight=False)
    if with_warnings := sum(film.warnings > 0 for film in ended):
        text = "film(s) with warnings, which stand above and in the logs of the films' jobs."
        out.print(f"{with_warnings} {text}", highlight=False)
    if failed:
        out.print("To try the failed films again, give the same command.", highlight=False)
    return min(failed, MOST_FAILURES)


def _warnings_text(count: int) -> str:
    if not count:
        return ""
    return ", 1 warning" if count == 1 else f", {count} warnings"
