"""The subtitles that a film carries inside: which languages it has as text."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, cast

from indicsubs.jobs.input_files import absolute_path
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.own_folder import own_folder
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_program
from indicsubs.run.stage_process import StageLaunch
from indicsubs_contract.engines import STAGE_ENVIRONMENTS
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Result
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.messages.mux import MuxCheck, MuxRequest, MuxResult
from indicsubs_contract.stages import StageName

RunRequest: TypeAlias = Callable[[StageLaunch, Manifest], Result]
"""Runs a request of a stage, in a process of its own or in one that stays."""
_STAGE = StageName.MUX
_FOLDER, _OUTPUT = "questions", "answer"
_SILENCE_LIMIT_S = 300.0
"""The head of a film is read in less than a second, but a disk may have to wake up first."""


def languages_inside(film: Path, workspace: Workspace, run: RunRequest) -> LanguagesInside:
    """Returns the tags of the languages in which a film has subtitles as text inside.

    Only the head of the film is read. Pictures, subtitles of commentaries, and tracks whose
    language is not stated or not known do not count.

    Args:
        film: The film.
        workspace: The checkout.
        run: Runs the request, which is one of stage mux.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file is not a film, ``NO_INPUT`` where it cannot be
            read, and the errors of a stage that cannot run.
    """
    source = SourceFile(path=str(absolute_path(film)), fingerprint="")
    check = MuxCheck(only_languages=True)
    environments = EnvironmentManager(workspace.root)
    environment = STAGE_ENVIRONMENTS[_STAGE]
    environments.require_installed([environment])
    with own_folder(workspace.cache / _FOLDER) as job:
        (job / _OUTPUT).mkdir()
        launch = StageLaunch(
            stage=_STAGE,
            environment=environment,
            command=environments.stage_command(environment),
            variables=environments.process_variables(environment),
            folder=workspace.root,
            log=job / "stage.log",
            temporary=job / "temporary",
            silence_limit_s=_SILENCE_LIMIT_S,
            program=stage_program(_STAGE, environment, workspace.root),
        )
        request = MuxRequest(source=source, subtitles=(), only_check=check)
        try:
            answer = run(launch, Manifest(job=str(job), output=_OUTPUT, request=request))
        except IndicsubsError as error:
            message = error.message.partition(" Log: ")[0]  # the log is removed
            raise IndicsubsError(error.code, message) from error
    return cast("MuxResult", answer.result).languages or {}
