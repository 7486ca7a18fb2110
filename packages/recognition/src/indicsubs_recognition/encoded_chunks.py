"""Keeps the encoder's output of the latest chunks, which are often decoded more than once."""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class EncodedChunks(Generic[T]):
    """The outputs of an encoder for the chunks that were asked for last."""

    def __init__(self, encode: Callable[[list[bytes]], list[T]], capacity: int) -> None:
        """Keeps at most ``capacity`` outputs of ``encode``, and always those of the last call."""
        self._encode = encode
        self._capacity = capacity
        self._outputs: dict[bytes, T] = {}

    def of(self, chunks: Sequence[bytes]) -> list[T]:
        """Returns the output for each chunk; those that are not kept are encoded together."""
        missing = [chunk for chunk in dict.fromkeys(chunks) if chunk not in self._outputs]
        if missing:
            self._outputs.update(zip(missing, self._encode(missing), strict=True))
        for chunk in chunks:
            self._outputs[chunk] = self._outputs.pop(chunk)  # the last ones are kept longest
        outputs = [self._outputs[chunk] for chunk in chunks]
        while len(self._outputs) > max(self._capacity, len(set(chunks))):
            del self._outputs[next(iter(self._outputs))]
        return outputs
