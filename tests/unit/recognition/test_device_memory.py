"""Errors of engines about a full device."""

import pytest

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_recognition.device_memory import full_memory_reported, is_out_of_memory

MESSAGES = (
    "CUDA failed with error out of memory",
    "[METAL] Command buffer execution failed: Insufficient Memory",
    "[malloc_or_wait] Unable to allocate 4096 bytes.",
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
