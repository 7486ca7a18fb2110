"""What the answer to a call says of an error."""

import pytest

from indicsubs_cluster.failures import failure_of
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.stages import StageName
from indicsubs_processes.runner import StageFailure


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            StageFailure(StageName.ASR, FailureCode.CRASHED, "asr failed. Log: /elsewhere/asr.log"),
            FailureCode.CRASHED,
            "asr failed.",
        ),
        (IndicsubsError(FailureCode.DEVICE, "No GPU."), FailureCode.DEVICE, "No GPU."),
        (
            FileNotFoundError(2, "No such file", "/films/a.mkv"),
            FailureCode.IO_ERROR,
            "/films/a.mkv: No such file.",
        ),
        (ValueError("a surprise"), FailureCode.BUG, "ValueError: a surprise. This is a bug;"),
    ],
)
def test_an_error_becomes_a_failure(error: Exception, code: FailureCode, message: str) -> None:
    failure = failure_of(error)
    assert failure.code is code
    assert failure.message.startswith(message)
    assert "elsewhere" not in failure.message
