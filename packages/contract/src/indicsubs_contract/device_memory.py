"""What stages do when the memory is full: smaller batches, then an error that says what to do."""

import logging
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from indicsubs_contract.errors import FailureCode, IndicsubsError

_SIGNS = (
    "out of memory",  # CUDA: torch, CTranslate2, ONNX Runtime
    "alloc_failed",  # cuBLAS and cuDNN
    "allocate memory",  # torch on a CPU, ONNX Runtime
    "not enough memory",  # torch on a CPU
    "bad_alloc",  # C++
    "bad allocation",
    "insufficient memory",  # Metal
    "malloc",  # MLX
    "failed to map segment",  # a library that is loaded
)

_log = logging.getLogger("indicsubs.memory")
_Item = TypeVar("_Item")
_Output = TypeVar("_Output")


def is_out_of_memory(error: BaseException) -> bool:
    """Returns whether an engine's error means that the memory of a device is full.

    The message is checked, because the engines have no separate type for this error.
    """
    if isinstance(error, IndicsubsError):
        return error.code is FailureCode.OUT_OF_MEMORY
    message = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in message for sign in _SIGNS)


class BatchHalver:
    """Computes batches, in halves where the memory is too small; later batches are as small."""

    def __init__(self) -> None:
        self._most: int | None = None

    def compute(
        self, batch: Sequence[_Item], call: Callable[[Sequence[_Item]], Sequence[_Output]]
    ) -> list[_Output]:
        """Returns one output for each item of a batch.

        Args:
            batch: The items.
            call: Computes the outputs of some items.

        Raises:
            RuntimeError: As ``call``; where the memory is full, it was so for one item alone.
                MemoryError and IndicsubsError likewise.
        """
        outputs: list[_Output] = []
        while len(outputs) < len(batch):
            start = len(outputs)
            some = batch[start : start + self._most] if self._most else batch[start:]
            try:
                outputs += call(some)
                continue
            except (RuntimeError, MemoryError, IndicsubsError) as error:
                if len(some) == 1 or not is_out_of_memory(error):
                    raise
            # Here the error is gone, and with it what its frames held in memory.
            self._most = len(some) // 2
            _log.warning(
                "The memory is too small for %d at once; going on with %d.", len(some), self._most
            )
        return outputs


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
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise IndicsubsError(
            FailureCode.OUT_OF_MEMORY, f"The device's memory ran out. {advice}"
        ) from error
