"""Detects the language of a film: stage demux alone, in a process that stays."""

from pathlib import Path
from typing import Final, cast

from msgspec.structs import replace

from indicsubs.jobs.files import source_file
from indicsubs.jobs.specification import JobSpec
from indicsubs.library.inside import RunRequest
from indicsubs.machine.environments import EnvironmentManager
from indicsubs.machine.hardware import Placement
from indicsubs.machine.own_folder import own_folder
from indicsubs.machine.workspace import Workspace
from indicsubs.run.digests import stage_program
from indicsubs.run.engine_needs import device_of, model_bytes
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs.run.stage_process import StageLaunch
from indicsubs.server.service import Detected
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.messages.envelope import Manifest
from indicsubs_contract.stages import StageName

_STAGE: Final = StageName.DEMUX
_FOLDER, _OUTPUT = "questions", "answer"


def detect_language(
    film: Path,
    workspace: Workspace,
    spec: JobSpec,
    placement: Placement,
    run: RunRequest,
    *,
    silence_limit_s: float,
) -> Detected:
    """Returns the language that is spoken in a film.

    Args:
        film: The film, or its audio.
        workspace: The checkout.
        spec: The specification, whose spoken language is not known.
        placement: The engines and devices.
        run: Runs the request.
        silence_limit_s: As for :class:`~indicsubs.run.stage_process.StageLaunch`.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file has no speech, ``MISSING_MODEL`` where the
            model that detects is not here, and the errors of a stage that cannot run.
    """
    environments = EnvironmentManager(workspace.root)
    source = source_file(film, workspace.digests.sha256)
    state = RunState(
        workspace=workspace,
        spec=replace(spec, source=source, source_language=None),
        placement=placement,
        results={},
    )
    environment = state.environment(_STAGE)
    environments.require_installed([environment])
    request = build_request(_STAGE, state)
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
            silence_limit_s=silence_limit_s,
            device=device_of(request),
            model_bytes=model_bytes(request),
            program=stage_program(_STAGE, environment, workspace.root),
        )
        try:
            answer = run(launch, Manifest(job=str(job), output=_OUTPUT, request=request))
        except IndicsubsError as error:
            message = error.message.partition(" Log: ")[0]  # the log is removed
            raise IndicsubsError(error.code, message) from error
    found = cast("DemuxResult", answer.result)
    if found.language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, "The language cannot be detected. Name it in the request."
        )
    return Detected(found.language, found.language_probability or 0.0)
