"""The memory that processes are taken to need, and whether there is as much."""

import pytest

from indicsubs_processes.process_limits import Limits, estimated_memory

GB = 10**9


def test_a_process_needs_more_than_its_models() -> None:
    assert estimated_memory("cpu", 0) == {"cpu": 400_000_000}
    assert estimated_memory("cpu", GB) == {"cpu": 1_700_000_000}
    assert estimated_memory("cuda", GB) == {"cpu": 1_700_000_000, "cuda": 1_700_000_000}


@pytest.mark.parametrize(
    ("needs", "exceeded"),
    [
        ([], False),
        ([{"cpu": 60}, {"cpu": 40}], False),
        ([{"cpu": 60}, {"cpu": 41}], True),
        ([{"cpu": 1, "cuda": 51}], True),
        ([{"cpu": 1, "cuda": 50}, {"cpu": 1}], False),
        ([{"cpu": 1, "mps": 10**12}], False),
    ],
)
def test_memory_is_counted_by_device(needs, exceeded: bool) -> None:
    limits = Limits(slots={}, memory_bytes={"cpu": 100, "cuda": 50})
    assert limits.are_exceeded(iter(needs)) is exceeded
