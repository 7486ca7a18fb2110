"""The interface of both engines, from token ids to token ids, and the cutting of batches.

Pure: the engines are behind the protocol.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from indicsubs_contract.messages.engine import ComputeType
from indicsubs_indictrans2.shape import Shape
from indicsubs_translation.hypotheses import Hypothesis

BYTES: Final[dict[ComputeType, int]] = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 4}
"""The bytes of an activation. With int8, only the weights are int8; activations are float32."""
MEMORY_SHARE: Final = 0.5
"""The share of the free memory that all concurrent batches may use. The estimate below is rough,
and other programs need memory too."""
COPIES: Final = 3
"""The number of copies of all tokens' scores: the logits, their log-softmax and the scores that
the search sorts."""
BATCHES_EACH: Final = 4
"""The fewest batches for each worker. Batches are made smaller to reach it, so that no worker is
idle at the end."""
SMALLEST: Final = 8
"""The smallest number of sources to which batches are reduced for that reason."""


class TokenGenerator(Protocol):
    """A network on a device."""

    @property
    def shape(self) -> Shape:
        """The sizes of the network."""
        ...

    @property
    def compute_type(self) -> ComputeType:
        """The number format that the network computes in."""
        ...

    @property
    def workers(self) -> int:
        """The number of threads that may call :meth:`search` at once, to use the whole device."""
        ...

    @property
    def largest_batch(self) -> int:
        """The most sources in a batch; larger batches are not faster."""
        ...

    def free_bytes(self) -> int:
        """Returns the memory that batches can use now, in bytes."""
        ...

    def search(
        self, batch: Sequence[Sequence[int]], beam_size: int, hypotheses: int = 1
    ) -> list[list[Hypothesis]]:
        """Translates sources by beam search.

        Args:
            batch: The token ids of the sources, each with its end token. Sources of similar length
                are faster.
            beam_size: The number of beams; 1 is greedy.
            hypotheses: The number of hypotheses of each source, at most ``beam_size``.

        Returns:
            The hypotheses of each source, best first, exactly ``hypotheses`` of them.

        Raises:
            IndicsubsError: ``OUT_OF_MEMORY``, where the device's memory ran out.
        """
        ...


def bytes_of(tokens: int, shape: Shape, beam_size: int, compute_type: ComputeType) -> int:
    """Estimates the memory of one source during its translation, in bytes.

    Every beam keeps the keys and values of each layer for the source and for its own tokens, which
    are assumed to be twice as many as the source's, and the scores of the whole vocabulary.

    Args:
        tokens: Tokens of the longest source in the batch.
        shape: The sizes of the network.
        beam_size: The number of beams.
        compute_type: The number format that the network computes in.
    """
    kept = 2 * shape.decoder_layers * shape.decoder_embed_dim * 3 * tokens
    scores = COPIES * shape.decoder_vocab_size
    return beam_size * (kept * BYTES[compute_type] + scores * BYTES["float32"])


def cut_batches(
    lengths: Sequence[int], engine: TokenGenerator, beam_size: int, most_tokens: int | None = None
) -> list[list[int]]:
    """Cuts sources into batches of similar length, the longest first.

    A batch is filled up to a number of tokens, padding included, not to a number of sources.

    Args:
        lengths: Tokens of each source.
        engine: The network that will translate them.
        beam_size: The number of beams.
        most_tokens: The most tokens in a batch; None means as many sources as fit in memory and
            make the translation faster.

    Returns:
        The batches, as indices of ``lengths``; each index occurs once.
    """
    free = MEMORY_SHARE * engine.free_bytes() / engine.workers
    even = -(-len(lengths) // (BATCHES_EACH * engine.workers))
    most = min(engine.largest_batch, max(SMALLEST, even))
    batches: list[list[int]] = []
    room = 0
    for index in sorted(range(len(lengths)), key=lambda k: -lengths[k]):
        if not room:
            longest = lengths[index]
            batches.append([])
            if most_tokens is None:
                fits = int(free // bytes_of(longest, engine.shape, beam_size, engine.compute_type))
                room = max(1, min(most, fits))
            else:
                room = max(1, most_tokens // longest)
        batches[-1].append(index)
        room -= 1
    return batches
