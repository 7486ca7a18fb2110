"""Turns the RuntimeError of an engine whose device is full into an error that says what to do."""

from collections.abc import Generator
from contextlib import contextmanager

from indicsubs_contract.errors import FailureCode, IndicsubsError

_SIGNS = ("out of memory", "insufficient memory", "malloc")


def is_out_of_memory(error: Exception) -> bool:
    """Returns whether an engine's error means that the memory of a device is full.

    The message is checked, because the engines have no separate type for this error.
    """
    message = str(error).lower()
    return any(sign in message for sign in _SIGNS)


@contextmanager
def full_memory_reported(advice: str) -> Generator[None]:
    """Turns an engine's error about a full device into an error for the user.

    Args:
        advice: What the user can do, as a sentence.

    Raises:
        IndicsubsError: ``OUT_OF_MEMORY``, with the advice.
    """
    try:
        yield
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        raise IndicsubsError(
            FailureCode.OUT_OF_MEMORY, f"The device's memory ran out. {advice}"
        ) from error
