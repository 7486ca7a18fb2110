"""Runs the server of ``serve``: its parts, its sockets, and its end."""

import asyncio
import logging
import socket
import sys
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvicorn
from msgspec.structs import replace

from indicsubs.cli import display
from indicsubs.cli.console import CommonOptions, out, placement_for
from indicsubs.cli.failures import failure_of
from indicsubs.cli.film_runner import film_runner
from indicsubs.cli.job_runs import require_all
from indicsubs.cli.library_runs import open_ledger, run_work
from indicsubs.cli.progress_text import progress_and_time_left
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.jobs.job_reading import read_job
from indicsubs.jobs.removal import remove
from indicsubs.jobs.specification import NO_EDITS, JobSpec
from indicsubs.library.ledger import LEDGER_FILE
from indicsubs.machine.workspace import Workspace
from indicsubs.server.application import application
from indicsubs.server.board import Board
from indicsubs.server.connections import GuardedConnection, Server, allow_files
from indicsubs.server.detection import detect_language
from indicsubs.server.film_queue import FilmQueue
from indicsubs.server.job_views import JobViews
from indicsubs.server.live_display import LiveDisplay
from indicsubs.server.service import Detected, Service
from indicsubs.server.settings import ServerSettings
from indicsubs.server.uploads import UPLOADS, Uploads
from indicsubs.server.worker import Ask, Worker
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_processes.own_folder import own_folder
from indicsubs_processes.stage_process import StageLaunch
from indicsubs_processes.warm_processes import WarmProcesses

_LOG = logging.getLogger("indicsubs.server")
_BACKLOG: Final = 512
_LARGEST_HEAD: Final = 64 * 1024
_STOPS_IN_S: Final = 5


@dataclass(frozen=True, kw_only=True)
class ServerMachine:
    """The engines of this machine, as the server asks for them.

    Args:
        workspace: The checkout.
        runner: What the work may use of the machine.
        stage_limit: Minutes without a message after which a stage is stopped.
        settings: The settings of the server.
    """

    workspace: Workspace
    runner: RunnerOptions
    stage_limit: float
    settings: ServerSettings


class MachineEngines:
    """The engines, and the work on the queue.

    Args:
        machine: What they run on.
        ring: Called by the thread of the work when a film was begun or has ended.
    """

    def __init__(self, machine: ServerMachine, ring: Callable[[], None]) -> None:
        self._machine = machine
        self._processes: WarmProcesses | None = None
        self.display = LiveDisplay(progress_and_time_left, ring)
        self.worker = Worker(self._run, lambda error: self.explained(error).message)

    @property
    def trouble(self) -> str | None:
        """Why no film is worked on; None where all is well."""
        return self.worker.trouble

    def explained(self, error: Exception) -> IndicsubsError:
        """Returns any error as one with the next step."""
        return failure_of(error, sys.argv[1:])

    def check(self, spec: JobSpec) -> None:
        """Checks that the environments and models of a specification are here.

        Raises:
            IndicsubsError: As :func:`~indicsubs.cli.job_runs.require_all`.
        """
        workspace = self._machine.workspace
        require_all(workspace, spec, placement_for(workspace, spec), NO_EDITS, None, None)

    def detect(self, film: Path) -> Detected:
        """Returns the language of a film.

        Raises:
            IndicsubsError: As :func:`~indicsubs.server.detection.detect_language`; ``BUSY`` while
                no film is worked on.
        """
        processes = self._processes
        if processes is None:
            raise IndicsubsError(
                FailureCode.BUSY, "The engines are not ready yet. Send the request again."
            )

        def run(launch: StageLaunch, manifest: Manifest) -> Result:
            # Before those of all films: a person or Bazarr waits for the answer.
            return processes.of_film(0, _LOG).run(launch, manifest, lambda _: None)

        workspace = self._machine.workspace
        spec = replace(self._machine.settings.spec, source_language=None)
        return detect_language(
            film,
            workspace,
            spec,
            placement_for(workspace, spec),
            run,
            silence_limit_s=60 * self._machine.stage_limit,
        )

    def remove_job(self, folder: Path) -> None:
        """Removes a job.

        Raises:
            IndicsubsError: As :func:`~indicsubs.jobs.removal.remove`.
        """
        remove(self._machine.workspace, read_job(folder))

    def _run(self, ask: Ask) -> None:
        machine = self._machine
        with (
            closing(open_ledger(machine.workspace)) as ledger,
            film_runner(machine.workspace, machine.runner) as runner,
        ):
            self._processes = runner.questions
            try:
                run_work(
                    machine.workspace, ledger, self.display, runner, machine.stage_limit, ask=ask
                )
                runner.require_connected()
            finally:
                self._processes = None


def run_server(
    settings: ServerSettings,
    address: tuple[str, int],
    runner: RunnerOptions,
    stage_limit: float,
    common: CommonOptions,
) -> None:
    """Runs the server until a signal stops it.

    Args:
        settings: The settings.
        address: The host and the port; port 0 takes any that is free.
        runner: What the work may use of the machine.
        stage_limit: Minutes without a message after which a stage is stopped.
        common: The options of all commands.

    Raises:
        IndicsubsError: ``USAGE`` where the address cannot be used.
    """
    workspace = common.workspace()
    allow_files()
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    machine = ServerMachine(
        workspace=workspace, runner=runner, stage_limit=stage_limit, settings=settings
    )
    with closing(_listen(*address)) as listening, suppress(KeyboardInterrupt):
        asyncio.run(_serve(machine, listening, common))


async def _serve(machine: ServerMachine, listening: socket.socket, common: CommonOptions) -> None:
    with _service(machine, asyncio.get_running_loop()) as (service, engines):
        config = uvicorn.Config(
            application(service, engines.explained),
            http=GuardedConnection,
            ws="none",
            loop="asyncio",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_STOPS_IN_S,
            h11_max_incomplete_event_size=_LARGEST_HEAD,
        )
        _announce(listening, machine.settings, common)
        await Server(config, service.stop).serve([listening])


@contextmanager
def _service(
    machine: ServerMachine, loop: asyncio.AbstractEventLoop
) -> Generator[tuple[Service, MachineEngines]]:
    """Yields the server without HTTP, whose films in hand wait again after the block."""
    jobs = machine.workspace.jobs
    folder = jobs / UPLOADS
    with own_folder(folder / "incoming") as incoming:
        queue = FilmQueue(jobs / LEDGER_FILE, jobs)
        board: Board | None = None

        def ring() -> None:
            if board is not None:
                board.ring()

        def ring_from_thread() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(ring)

        engines = MachineEngines(machine, ring_from_thread)
        views = JobViews(jobs, folder)
        board = Board(queue, views, engines.display.of_films)
        uploads = Uploads(folder, incoming, machine.settings)
        service = Service(machine.settings, jobs, queue, board, views, uploads, engines)
        engines.worker.start()
        try:
            yield service, engines
        finally:
            engines.worker.stop()
            service.close()
            queue.close()


def _listen(host: str, port: int) -> socket.socket:
    """Returns a socket that listens.

    Raises:
        IndicsubsError: ``USAGE`` where the address cannot be used.
    """
    listening: socket.socket | None = None
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:
        if listening is not None:
            listening.close()
        reason = getattr(error, "strerror", None) or str(error)
        raise IndicsubsError(
            FailureCode.USAGE,
            f"The server cannot listen on {host} port {port}: {reason}. Choose another --host or"
            " --port.",
        ) from error
    return listening


def _announce(listening: socket.socket, settings: ServerSettings, common: CommonOptions) -> None:
    host, port = listening.getsockname()[:2]
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    if common.json:
        display.emit({"event": "listening", "url": url, "token": settings.token is not None})
        return
    needs = "clients need the token" if settings.token is not None else "only this machine"
    out.print(f"Listening on {url} ({needs}). Ctrl-C stops.", highlight=False, soft_wrap=True)
