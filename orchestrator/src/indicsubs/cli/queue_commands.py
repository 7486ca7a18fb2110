"""The commands ``queue ...`` about the films that wait: show, add, remove, pause, order, do."""

from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter
from rich.markup import escape

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, app, out, printable, table
from indicsubs.cli.film_runner import film_runner
from indicsubs.cli.job_runs import shortest
from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.library_runs import open_ledger, wanted_films, work_through
from indicsubs.cli.option_values import PRIORITY, StageLimit
from indicsubs.cli.options import JobOptions
from indicsubs.cli.progress_text import time_left_text
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.jobs.input_files import check_input_file
from indicsubs.library.films import is_many
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.wishes import add_films, names_of, wish_of
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError

queue = App(name="queue", help="The films that wait, and what became of the others.", sort_key=7)
app.command(queue)

_NAMES_HELP = "Films as `queue list` shows them: numbers, or parts of their paths; `all` are all."
Names = Annotated[str, Parameter(help=_NAMES_HELP)]


@queue.command(name="list", sort_key=1)
def list_films(*, common: CommonOptions | None = None) -> ExitStatus:
    """Show all films of the ledger, in the order in which they are done."""
    common = common or CommonOptions()
    with closing(open_ledger(common.workspace())) as ledger:
        films, speed = ledger.films(), ledger.speed()
    if common.json:
        display.emit(films)
        return ExitStatus.DONE
    if not films:
        out.print("No film is in the ledger. Add some: just queue add FOLDER -t en")
        return ExitStatus.DONE
    rows = table("number", "film", "wanted", "priority", "state", "since", "what")
    for film in films:
        wish = wish_of(film)
        rows.add_row(
            str(film.id),
            escape(printable(shortest(Path(film.path)))),
            names_of(wish) if wish is not None else "unknown options",
            str(film.priority),
            "paused" if film.paused and film.state == "waiting" else film.state,
            f"{datetime.fromtimestamp(film.changed).astimezone():%Y-%m-%d %H:%M}",
            escape(printable(film.message or "")),
        )
    out.print(rows)
    waiting = [film for film in films if film.state == "waiting" and not film.paused]
    if waiting and speed is not None:
        seconds = speed * sum(film.bytes for film in waiting) / 1000
        out.print(f"{len(waiting)} wait: {time_left_text(seconds)}.", highlight=False)
    return ExitStatus.DONE


@queue.command(sort_key=2)
def add(
    *films: Annotated[str, Parameter(help="Films, folders of films, and patterns.")],
    options: JobOptions | None = None,
    library: LibraryOptions | None = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Add films, with the options of `run`, without doing them yet."""
    common = common or CommonOptions()
    library = library or LibraryOptions()
    workspace = common.workspace()
    for name in filter(None, films):
        if not is_many(name):
            check_input_file(Path(name))  # a run would fail its film, long after
    wanted = wanted_films(films, library.given_to(options or JobOptions()), library)
    with closing(open_ledger(workspace)) as ledger:
        ids = add_films(
            ledger,
            workspace.jobs,
            wanted,
            priority=library.priority,
            again=library.redo or library.overwrite,
        )
        added = ledger.films(ids)
    waiting = sum(film.state == "waiting" for film in added)
    _say(common, "added", len(ids), f"{len(ids)} film(s) are in the ledger; {waiting} wait.")
    return ExitStatus.DONE


@queue.command(sort_key=3)
def run(
    *,
    stage_limit: StageLimit = 30.0,
    runner: RunnerOptions | None = None,
    common: CommonOptions | None = None,
) -> int:
    """Do the films that wait, until none is left; the exit status is the number that failed."""
    common = common or CommonOptions()
    workspace = common.workspace()
    with (
        film_runner(workspace, runner or RunnerOptions()) as films,
        closing(open_ledger(workspace)) as ledger,
    ):
        return work_through(workspace, ledger, common, films, stage_limit)


@queue.command(sort_key=4)
def retry(*films: Names, common: CommonOptions | None = None) -> ExitStatus:
    """Let films wait again. Without names: those that failed."""
    common = common or CommonOptions()
    if films:
        _require_names(films)
    with closing(open_ledger(common.workspace())) as ledger:
        chosen = (
            _chosen(ledger, films)
            if films
            else [film.id for film in ledger.films() if film.state == "failed"]
        )
        count = ledger.wait_again(chosen)
    _say(common, "retry", count, f"{count} film(s) wait again.")
    return ExitStatus.DONE


@queue.command(sort_key=5)
def pause(*films: Names, common: CommonOptions | None = None) -> ExitStatus:
    """Leave films out until `queue resume`."""
    return _change(films, common, "paused", Ledger.pause)


@queue.command(sort_key=6)
def resume(*films: Names, common: CommonOptions | None = None) -> ExitStatus:
    """End the pause of films."""
    return _change(films, common, "resumed", lambda ledger, ids: ledger.pause(ids, paused=False))


@queue.command(sort_key=7)
def priority(
    number: Annotated[
        int,
        Parameter(converter=PRIORITY),
        Parameter(help="The films with the highest number are next."),
    ],
    *films: Names,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Set the priority of films."""
    return _change(films, common, "changed", lambda ledger, ids: ledger.prioritise(ids, number))


@queue.command(sort_key=8)
def remove(*films: Names, common: CommonOptions | None = None) -> ExitStatus:
    """Remove films from the ledger. Their jobs and subtitles stay, and so do films in work."""
    return _change(films, common, "removed", Ledger.remove)


def _change(
    films: Sequence[str],
    common: CommonOptions | None,
    what: str,
    change: Callable[[Ledger, list[int]], int],
) -> ExitStatus:
    common = common or CommonOptions()
    _require_names(films)
    with closing(open_ledger(common.workspace())) as ledger:
        count = change(ledger, _chosen(ledger, films))
    _say(common, what, count, f"{count} film(s) {what}.")
    return ExitStatus.DONE


def _say(common: CommonOptions, what: str, count: int, text: str) -> None:
    if common.json:
        display.emit({"event": what, "films": count})
    else:
        out.print(text, highlight=False)


def _require_names(names: Sequence[str]) -> None:
    """Checks that films are named.

    Raises:
        IndicsubsError: ``USAGE`` where there is no name, or an empty one.
    """
    if not all(names) or not names:
        raise IndicsubsError(
            FailureCode.USAGE, "No film is named. `just queue list` shows the films; `all` are all."
        )


def _chosen(ledger: Ledger, names: Sequence[str]) -> list[int]:
    """Returns the ids of the films that a person names.

    Raises:
        IndicsubsError: ``NO_INPUT`` for a name that fits no film, and where there is no film.
    """
    films = ledger.films()
    if not films:
        raise IndicsubsError(
            FailureCode.NO_INPUT,
            "No film is in the ledger. Add some: just queue add FOLDER -t en",
        )
    ids: list[int] = []
    for name in names:
        found = [film.id for film in films if _is_named(film, name)]
        if not found:
            raise IndicsubsError(
                FailureCode.NO_INPUT,
                f"No film in the ledger is called {name!r}. `just queue list` shows the films.",
            )
        ids += found
    return list(dict.fromkeys(ids))


def _is_named(film: LedgerFilm, name: str) -> bool:
    return name == "all" or name == str(film.id) or (not name.isdecimal() and name in film.path)
