"""Detects the language of a film: stage demux alone, in a process that stays."""

from pathlib import Path
from typing import Final, cast

from msgspec.structs import replace

from indicsubs.jobs.files import source_file
from indicsubs.jobs.specification import JobSpec
from indicsubs.machine.hardware import Placement
from indicsubs.machine.workspace import Workspace
from indicsubs.run.questions import RunRequest, ask
from indicsubs.run.requests import build_request
from indicsubs.run.run_state import RunState
from indicsubs.server.service import Detected
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.demux import DemuxResult
from indicsubs_contract.stages import StageName

_STAGE: Final = StageName.DEMUX


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
        silence_limit_s: As for :class:`~indicsubs_processes.stage_process.StageLaunch`.

    Raises:
        IndicsubsError: ``BAD_INPUT`` where the file has no speech, ``MISSING_MODEL`` where the
            model that detects is not here, and the errors of a stage that cannot run.
    """
    source = source_file(film, workspace.digests.sha256)
    state = RunState(
        workspace=workspace,
        spec=replace(spec, source=source, source_language=None),
        placement=placement,
        results={},
    )
    environment = state.environment(_STAGE)
    request = build_request(_STAGE, state)
    answer = ask(workspace, _STAGE, environment, request, run, silence_limit_s=silence_limit_s)
    found = cast("DemuxResult", answer.result)
    if found.language is None:
        raise IndicsubsError(
            FailureCode.BAD_INPUT, "The language cannot be detected. Name it in the request."
        )
    return Detected(found.language, found.language_probability or 0.0)
