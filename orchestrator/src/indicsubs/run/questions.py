"""Asks a stage about a film that has no job: the request works in a folder that is then removed."""

from collections.abc import Callable
from typing import TypeAlias

from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_program
from indicsubs.run.engine_needs import device_of, model_bytes
from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.envelope import Manifest, Request, Result
from indicsubs_contract.stages import StageName
from indicsubs_processes.own_folder import own_folder
from indicsubs_processes.runner import LOG
from indicsubs_processes.stage_process import StageLaunch

RunRequest: TypeAlias = Callable[[StageLaunch, Manifest], Result]
"""Runs a request of a stage, in a process of its own or in one that stays."""
_FOLDER, _OUTPUT = "questions", "answer"


def ask(
    workspace: Workspace,
    stage: StageName,
    environment: str,
    request: Request,
    run: RunRequest,
    *,
    silence_limit_s: float,
) -> Result:
    """Returns the answer of a stage.

    Args:
        workspace: The checkout.
        stage: The stage.
        environment: The environment that it runs in.
        request: The question.
        run: Runs the request.
        silence_limit_s: As for :class:`~indicsubs_processes.stage_process.StageLaunch`.

    Raises:
        IndicsubsError: The environment is not installed, or the stage has failed. The message
            names no log, which is removed.
    """
    environments = EnvironmentManager(workspace.root)
    environments.require_installed([environment])
    with own_folder(workspace.cache / _FOLDER) as job:
        (job / _OUTPUT).mkdir()
        launch = StageLaunch(
            stage=stage,
            environment=environment,
            command=environments.stage_command(environment),
            variables=environments.process_variables(environment),
            folder=workspace.root,
            log=job / "stage.log",
            temporary=job / "temporary",
            silence_limit_s=silence_limit_s,
            device=device_of(request),
            model_bytes=model_bytes(request),
            program=stage_program(stage, environment, workspace.root),
        )
        try:
            return run(launch, Manifest(job=str(job), output=_OUTPUT, request=request))
        except IndicsubsError as error:
            raise IndicsubsError(error.code, error.message.partition(LOG)[0]) from error
