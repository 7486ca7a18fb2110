"""Measures the parts of a contender's work."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(times: dict[str, float], name: str) -> Iterator[None]:
    """Adds ``NAME_s`` and ``NAME_cpu_s``, the seconds that the block took, to ``times``."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    times[f"{name}_s"] = times.get(f"{name}_s", 0.0) + time.perf_counter() - wall
    times[f"{name}_cpu_s"] = times.get(f"{name}_cpu_s", 0.0) + time.process_time() - cpu
