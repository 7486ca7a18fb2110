"""The command ``serve``: subtitles for other programs and for a browser, over HTTP."""

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from cyclopts import Group, Parameter

from indicsubs.cli.console import CommonOptions, app
from indicsubs.cli.job_specs import spec_without_film
from indicsubs.cli.option_values import NumberIn, StageLimit
from indicsubs.cli.options import JobOptions
from indicsubs.cli.runner_options import RunnerOptions
from indicsubs.jobs.input_files import check_input_file, is_folder, unreadable
from indicsubs_contract.errors import ExitStatus, FailureCode, IndicsubsError

_SERVER: Final = Group("Server", sort_key=0)
TOKEN_VARIABLE = "INDICSUBS_TOKEN"  # noqa: S105  the name of a variable
_SHORTEST_TOKEN: Final = 16


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class ServeOptions:
    """Where the server listens, and what its clients may do."""

    host: Annotated[
        str,
        Parameter(
            group=_SERVER,
            help="The address to listen on; any but the loopback address needs a token.",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        Parameter(group=_SERVER, converter=NumberIn(0, 65535, whole=True), help="The port."),
    ] = 9000
    token_file: Annotated[
        Path | None,
        Parameter(
            group=_SERVER,
            help="A file with the token that clients must send, of 16 characters or more. It can"
            f" also be in the variable {TOKEN_VARIABLE}.",
        ),
    ] = None
    allow_host: Annotated[
        list[str] | None,
        Parameter(
            group=_SERVER,
            negative="",
            help="A name under which clients reach this server, as that of a reverse proxy; may be"
            " repeated. Needs a token.",
        ),
    ] = None
    library: Annotated[
        list[Path] | None,
        Parameter(
            group=_SERVER,
            negative="",
            help="A folder whose films clients may name; may be repeated. Default: none, and only"
            " uploads are taken.",
        ),
    ] = None
    beside: Annotated[
        bool,
        Parameter(
            group=_SERVER,
            negative="",
            help="Copy the subtitles of the libraries' films beside them.",
        ),
    ] = False
    max_upload: Annotated[
        float,
        Parameter(
            group=_SERVER, converter=NumberIn(0.001, 100_000, "GB"), help="Largest upload in GB."
        ),
    ] = 20.0
    keep_uploads: Annotated[
        float,
        Parameter(
            group=_SERVER,
            converter=NumberIn(0.01, 100_000, "hours"),
            help="Hours for which an upload and its jobs are kept after the last request for them.",
        ),
    ] = 24.0


@app.command(sort_key=2)
def serve(
    *,
    stage_limit: StageLimit = 30.0,
    server: ServeOptions | None = None,
    options: JobOptions | None = None,
    runner: RunnerOptions | None = None,
    common: CommonOptions | None = None,
) -> ExitStatus:
    """Make subtitles for Bazarr, for OpenAI's clients and for a page, over HTTP, until stopped.

    The options of `run` are those of all films, where a request does not say otherwise.
    """
    common = common or CommonOptions()
    server = server or ServeOptions()
    options = options or JobOptions()
    runner = runner or RunnerOptions()
    runner.check()
    if options.transcript is not None:
        raise IndicsubsError(
            FailureCode.USAGE,
            "--transcript belongs to one film, and `serve` takes any. Run its film alone.",
        )
    token = _token(server)
    spec = spec_without_film(options)
    # Other commands must not wait for the import of the server's libraries.
    from indicsubs.cli.serving import run_server
    from indicsubs.server.settings import ServerSettings

    settings = ServerSettings(
        spec=spec,
        beside=server.beside,
        libraries=_libraries(server.library or []),
        token=token,
        hosts=tuple(name.lower() for name in server.allow_host or ()),
        most_bytes=round(server.max_upload * 1e9),
        keep_s=3600 * server.keep_uploads,
    )
    run_server(settings, (server.host, server.port), runner, stage_limit, common)
    return ExitStatus.DONE


def _token(server: ServeOptions) -> str | None:
    """Returns the token that clients must send; None where only this machine reaches the server.

    The variable is removed, so that the processes of the stages do not have it.

    Raises:
        IndicsubsError: ``USAGE`` where there is none and other machines reach the server, or where
            it is too short; also the errors of reading its file.
    """
    token = os.environ.get(TOKEN_VARIABLE)
    os.environ.pop(TOKEN_VARIABLE, None)
    if server.token_file is not None:
        check_input_file(server.token_file)
        try:
            token = server.token_file.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise unreadable(server.token_file, error) from error
    if token is not None:
        token = token.strip()
        if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            raise IndicsubsError(
                FailureCode.USAGE,
                f"The token must have at least {_SHORTEST_TOKEN} letters and digits. Make one:"
                " openssl rand -hex 32 > token",
            )
        return token
    if not _is_loopback(server.host) or server.allow_host:
        raise IndicsubsError(
            FailureCode.USAGE,
            "Other machines would reach this server, so it needs a token. Make one: openssl rand"
            " -hex 32 > token, and give --token-file token.",
        )
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _libraries(folders: list[Path]) -> tuple[str, ...]:
    """Returns the real paths of the libraries.

    Raises:
        IndicsubsError: ``NO_INPUT`` for a path that is not a folder.
    """
    for folder in folders:
        if not is_folder(folder):
            raise IndicsubsError(
                FailureCode.NO_INPUT, f"--library {folder} is not a folder. Give a folder of films."
            )
    return tuple(str(folder.resolve()) for folder in folders)
