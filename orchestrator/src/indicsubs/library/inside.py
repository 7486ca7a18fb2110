"""The subtitles that a film carries inside: which languages it has as text."""

from pathlib import Path
from typing import cast

from indicsubs.jobs.input_files import absolute_path
from indicsubs.library.ledger_files import LanguagesInside
from indicsubs.machine.workspace import Workspace
from indicsubs.run.questions import RunRequest, ask
from indicsubs_contract.engines import STAGE_ENVIRONMENTS
from indicsubs_contract.messages.files import SourceFile
from indicsubs_contract.messages.mux import MuxCheck, MuxRequest, MuxResult
from indicsubs_contract.stages import StageName

_STAGE = StageName.MUX
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
    request = MuxRequest(source=source, subtitles=(), only_check=check)
    environment = STAGE_ENVIRONMENTS[_STAGE]
    answer = ask(workspace, _STAGE, environment, request, run, silence_limit_s=_SILENCE_LIMIT_S)
    return cast("MuxResult", answer.result).languages or {}
