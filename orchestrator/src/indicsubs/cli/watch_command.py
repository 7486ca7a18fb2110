"""The commands ``watch``, which keeps a library subtitled, and ``queue health``."""

import time
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from indicsubs.cli.console import CommonOptions, app, out
from indicsubs.cli.film_runner import FilmRunner, film_runner
from indicsubs.cli.job_specs import spec_without_film
from indicsubs.cli.library_options import LibraryOptions
from indicsubs.cli.library_runs import check_machine, open_ledger, run_work
from indicsubs.cli.option_values import NumberIn, StageLimit
from indicsubs.cli.options import JobOptions
from indicsubs.cli.queue_commands import queue
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.cli.watch_options import WatchOptions
from indicsubs.cli.watch_restart import restart
from indicsubs.cli.watch_texts import Announcer, WatchDisplay
from indicsubs.jobs.input_files import is_folder
from indicsubs.library.folders import absolute
from indicsubs.library.ledger import Ledger, LedgerFilm
from indicsubs.library.runners import newest_sign_s
from indicsubs.library.scanning import scan_folder
from indicsubs.library.source_changes import SourceChanges
from indicsubs.library.watch_surroundings import Surroundings, WatchedFolder, WatchSettings
from indicsubs.library.watcher import Watcher
from indicsubs.library.wishes import Wish, encode, is_still_done, names_of
from indicsubs.machine.workspace import Workspace
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError


@app.command(sort_key=2)
def watch(
    *folders: Annotated[str, Parameter(help="Folders of films. They may be on network mounts.")],
    stage_limit: StageLimit = 30.0,
    watching: WatchOptions | None = None,
    options: JobOptions | None = None,
    library: LibraryOptions | None = None,
    runner: RunnerOptions | None = None,
    common: CommonOptions | None = None,
) -> int:
    """Keep the films of folders subtitled, until it is stopped.

    New and changed films are done when they are completely copied; the subtitles are copied beside
    each film, or --into a folder. What is done is remembered, so it can be stopped at any time.
    """
    common = common or CommonOptions()
    library = library or LibraryOptions()
    library = replace(library, beside=library.beside or library.into is None)
    options = library.given_to(options or JobOptions())
    workspace = common.workspace()
    watching = watching or WatchOptions()
    settings = watching.settings(library.priority)
    watched = _watched_folders(folders, options, library)
    say = Announcer(as_json=common.json)
    with ExitStack() as stack:
        films = stack.enter_context(film_runner(workspace, runner or RunnerOptions()))
        check_machine(workspace, options, films)
        ledger = stack.enter_context(closing(open_ledger(workspace)))
        _check_folders(watched, ledger)
        web_hook = watching.web_hook(partial(say, "hook_failed"))
        if web_hook is not None:
            stack.callback(web_hook.close)
        sources = SourceChanges(workspace.root)
        watcher = Watcher(
            ledger,
            watched,
            settings,
            Surroundings(
                scan=lambda path: scan_folder(path, library.ignore, time.monotonic),
                say=say,
                is_still_done=lambda film: _is_still_done(film, workspace, ledger),
                obstacle=lambda: _obstacle(workspace, options, films),
                sources=sources,
            ),
        )
        _say_what_is_watched(say, watched, settings, options)
        shown = WatchDisplay(workspace, ledger, say, watcher, web_hook)
        run_work(
            workspace,
            ledger,
            shown,
            films,
            stage_limit,
            watcher.ids,
            watcher.tick,
        )
        films.require_connected()
    restart(workspace.root, with_packages=sources.include_lock())
    return ExitStatus.DONE


@queue.command(sort_key=9)
def health(
    *,
    within: Annotated[
        float, Parameter(converter=NumberIn(0.01, 10080, "minutes"), help="Minutes.")
    ] = 10.0,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Say whether a runner of the queue, such as `watch`, lives and gave a sign of life lately."""
    common = common or CommonOptions()
    workspace = common.workspace()
    sign_s = newest_sign_s(workspace.jobs)
    if sign_s is None or time.time() - sign_s > 60 * within:
        what = (
            "No runner lives"
            if sign_s is None
            else f"The last sign of life of a runner is {(time.time() - sign_s) / 60:.0f} min old"
        )
        raise IndicsubsError(
            FailureCode.BROKEN_ENVIRONMENT,
            f"{what} ({workspace.jobs}). Look at its log, and start it again: just watch FOLDER",
        )
    text = f"A runner gave a sign of life {max(0.0, time.time() - sign_s):.0f} s ago."
    if common.json:
        Announcer(as_json=True)("healthy", text)
    else:
        out.print(text, highlight=False)
    return ExitStatus.DONE


def _watched_folders(
    folders: Sequence[str], options: JobOptions, library: LibraryOptions
) -> list[WatchedFolder]:
    """Returns the folders with what is wanted of their films; none is inside another.

    Raises:
        IndicsubsError: ``USAGE`` without a folder, for options that belong to films that are
            named, and for a pattern that cannot be understood; also the errors of
            :func:`~indicsubs.cli.job_specs.spec_without_film`.
    """
    if not folders or not all(folders):
        raise IndicsubsError(
            FailureCode.USAGE, "No folder is named. Give one: just watch films/ -s hi -t en"
        )
    if options.transcript is not None or library.list is not None:
        raise IndicsubsError(
            FailureCode.USAGE,
            "--transcript and --list belong to films that are named, and `watch` takes folders.",
        )
    spec = spec_without_film(options)
    paths = sorted({Path(absolute(Path(folder))) for folder in folders})
    outer = [path for path in paths if not any(other in path.parents for other in paths)]
    return [
        WatchedFolder(
            str(path),
            encode(
                library.wish(
                    spec,
                    path if library.into is not None else None,
                    formats_given=options.formats is not None,
                )
            ),
        )
        for path in outer
    ]


def _check_folders(watched: Sequence[WatchedFolder], ledger: Ledger) -> None:
    """Checks that each folder is there; one that the ledger knows may be on a disk that is away.

    Raises:
        IndicsubsError: ``NO_INPUT`` for another one, and for a file.
    """
    films = [film.path for film in ledger.films()]
    for folder in watched:
        path = Path(folder.path)
        is_away = not path.exists() and any(film.startswith(f"{path}/") for film in films)
        if not is_folder(path) and not is_away:
            raise IndicsubsError(
                FailureCode.NO_INPUT, f"{path} is not a folder. Give the folder of your films."
            )


def _is_still_done(film: LedgerFilm, workspace: Workspace, ledger: Ledger) -> bool:
    """Returns whether a film's job and copies are there; True also while its disk is away."""
    try:
        is_done = is_still_done(film, workspace.jobs, ledger)
    except (IndicsubsError, OSError):
        return True
    return is_done or not Path(film.path).is_file()  # its disk has just gone away


def _obstacle(workspace: Workspace, options: JobOptions, films: FilmRunner) -> str | None:
    """Returns why no film can be begun; None where all environments and models are here."""
    try:
        check_machine(workspace, options, films)
    except IndicsubsError as error:
        return error.message
    return None


def _say_what_is_watched(
    say: Announcer,
    watched: Sequence[WatchedFolder],
    settings: WatchSettings,
    options: JobOptions,
) -> None:
    languages = names_of(Wish(spec=spec_without_film(options)))
    for folder in watched:
        text = (
            f"Watching {folder.path} ({languages}): every {settings.every_s:g} s; a film is taken"
            f" when it has not changed for {settings.settle_s:g} s."
        )
        say("watching", text, path=folder.path)
