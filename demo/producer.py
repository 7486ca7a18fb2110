"""Training batches that another process prepares, a few steps ahead."""

import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
import torch

Batch = TypeVar("Batch")


def produced(
    make: Callable[[np.random.Generator], Batch], count: int, seed: int
) -> Iterator[Batch]:
    """Yields ``count`` batches of ``make(rng)``; the same ``seed`` gives the same batches."""
    context = multiprocessing.get_context("fork")
    queue: Any = context.Queue(4)

    def fill() -> None:
        torch.set_num_threads(1)
        rng = np.random.default_rng(seed)
        for _ in range(count):
            # Pickled in this process: memory that torch shares would end with it.
            queue.put(pickle.dumps(make(rng)))
        queue.close()
        queue.join_thread()

    process = context.Process(target=fill, daemon=True)
    process.start()
    try:
        for _ in range(count):
            yield pickle.loads(queue.get())
    finally:
        process.kill()
        process.join()
