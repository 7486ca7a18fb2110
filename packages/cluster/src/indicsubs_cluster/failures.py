"""Turns errors into the failures that answer a call."""

from indicsubs_contract.errors import FailureCode, IndicsubsError, os_failure
from indicsubs_contract.messages.envelope import Failure
from indicsubs_processes.runner import LOG

_LOGS = "the log of the connection to the cluster, or of Ray on the machine, has the details."
_STORAGE = "Check that the storage can be used and has room; then run the film again."


def failure_of(error: Exception) -> Failure:
    """Returns the failure for any error. Its message names no log: that is on another machine."""
    if isinstance(error, OSError):
        error = os_failure(error, _STORAGE)
    if isinstance(error, IndicsubsError):
        return Failure(code=error.code, message=error.message.partition(LOG)[0])
    return Failure(
        code=FailureCode.BUG,
        message=f"{type(error).__name__}: {error}. This is a bug; {_LOGS}",
    )
