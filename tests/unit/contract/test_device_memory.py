"""Errors of engines about a full device."""

from collections.abc import Sequence

import pytest

from indicsubs_contract.device_memory import BatchHalver, full_memory_reported, is_out_of_memory
from indicsubs_contract.errors import FailureCode, IndicsubsError

MESSAGES = (
    "CUDA failed with error out of memory",
    "[METAL] Command buffer execution failed: Insufficient Memory",
    "[malloc_or_wait] Unable to allocate 4096 bytes.",
    "CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "DefaultCPUAllocator: can't allocate memory: you tried to allocate 4096 bytes. Error code 12",
    "DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes.",
    "Failed to allocate memory for requested buffer of size 4096",
    "std::bad_alloc",
)


@pytest.mark.parametrize("message", MESSAGES)
def test_a_full_device(message: str) -> None:
    assert is_out_of_memory(RuntimeError(message))
    with (
        pytest.raises(IndicsubsError, match=r"memory ran out\. Buy more\.") as caught,
        full_memory_reported("Buy more."),
    ):
        raise RuntimeError(message)
    assert caught.value.code is FailureCode.OUT_OF_MEMORY


def test_other_errors_pass() -> None:
    assert not is_out_of_memory(RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"), full_memory_reported(""):
        raise RuntimeError("shape mismatch")


class Full:
    """An engine whose memory is full for more than ``room`` items."""

    def __init__(self, room: int, error: Exception) -> None:
        self.room = room
        self.error = error
        self.batches: list[int] = []

    def call(self, items: Sequence[int]) -> list[int]:
        self.batches.append(len(items))
        if len(items) > self.room:
            raise self.error
        return [10 * item for item in items]


ERRORS = (
    MemoryError(),
    RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB"),
    IndicsubsError(FailureCode.OUT_OF_MEMORY, "The memory ran out with 8 sentences at once."),
)


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("room", range(1, 14))
def test_a_batch_is_halved_until_it_fits(
    room: int, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    engine, halver = Full(room, error), BatchHalver()
    for first in (0, 13):
        batch = range(first, first + 13)
        assert halver.compute(batch, engine.call) == [10 * item for item in batch]
    assert sum(size > room for size in engine.batches) <= 3, "later batches are small at once"
    assert ("too small for 13 at once" in caplog.text) == (room < 13)


@pytest.mark.parametrize("error", ERRORS)
def test_one_item_that_does_not_fit_is_an_error(error: Exception) -> None:
    engine = Full(0, error)
    with pytest.raises(type(error)):
        BatchHalver().compute(range(5), engine.call)
    assert engine.batches == [5, 2, 1]


def test_an_error_of_another_kind_is_not_tried_again() -> None:
    engine = Full(0, RuntimeError("shape mismatch"))
    with pytest.raises(RuntimeError, match="shape mismatch"):
        BatchHalver().compute(range(5), engine.call)
    assert engine.batches == [5]


def test_nothing_to_compute_calls_no_engine() -> None:
    engine = Full(0, MemoryError())
    assert BatchHalver().compute((), engine.call) == []
    assert not engine.batches


def test_a_full_main_memory_is_reported_too() -> None:
    with (
        pytest.raises(IndicsubsError, match="memory ran out") as caught,
        full_memory_reported("Buy more."),
    ):
        raise MemoryError
    assert caught.value.code is FailureCode.OUT_OF_MEMORY
