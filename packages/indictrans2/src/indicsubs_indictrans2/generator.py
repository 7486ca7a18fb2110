"""What turns token ids into token ids: the one interface of both engines, and how batches are cut.

Pure: what computes is behind the protocol.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from indicsubs_contract.messages.engine import ComputeType
from indicsubs_indictrans2.shape import Shape
from indicsubs_translation.hypotheses import Hypothesis

BYTES: Final[dict[ComputeType, int]] = {"float32": 4, "float16": 2, "bfloat16": 2, "int8": 4}
"""Bytes of a number while a network computes; int8 is for weights, activations stay float32."""
MEMORY_SHARE: Final = 0.5
"""Share of the free memory that all batches at once may take; the estimate below is rough, and
others want memory too."""
COPIES: Final = 3
"""Of the scores of all tokens: the logits, their log-softmax and what the search sorts."""
BATCHES_EACH: Final = 4
"""With fewer batches than this for each worker, they are cut smaller: none idles at the end."""
SMALLEST: Final = 8
"""Sources in a batch that are not parted further for that."""


class TokenGenerator(Protocol):
    """A network on a device."""

    @property
    def shape(self) -> Shape:
        """Sizes of the network."""
        ...

    @property
    def compute_type(self) -> ComputeType:
        """What it computes in."""
        ...

    @property
    def workers(self) -> int:
        """How many threads may call :meth:`search` at once, to use all of the device."""
        ...

    @property
    def largest_batch(self) -> int:
        """Sources at once beyond which nothing is gained."""
        ...

    def free_bytes(self) -> int:
        """Memory that batches can take now."""
        ...

    def search(
        self, batch: Sequence[Sequence[int]], beam_size: int, hypotheses: int = 1
    ) -> list[list[Hypothesis]]:
        """Translate sources, each with its end, by beam search.

        Args:
            batch: Of similar length, for speed.
            beam_size: Beams; 1 is greedy.
            hypotheses: How many are wanted of each source, at most ``beam_size``.

        Returns:
            The hypotheses of each source, best first; as many as were wanted.

        Raises:
            IndicsubsError: ``OUT_OF_MEMORY``, when the device's memory ran out.
        """
        ...


def bytes_of(tokens: int, shape: Shape, beam_size: int, compute_type: ComputeType) -> int:
    """About how much memory a source takes while it is translated.

    Every beam keeps keys and values of each layer for the source and for its own tokens, taken to
    be twice as many as the source's, and scores of the whole vocabulary.

    Args:
        tokens: Of the longest source in its batch.
        shape: Of the network.
        beam_size: Beams.
        compute_type: What the network computes in.
    """
    kept = 2 * shape.decoder_layers * shape.decoder_embed_dim * 3 * tokens
    scores = COPIES * shape.decoder_vocab_size
    return beam_size * (kept * BYTES[compute_type] + scores * BYTES["float32"])


def cut_batches(
    lengths: Sequence[int], engine: TokenGenerator, beam_size: int, most_tokens: int | None = None
) -> list[list[int]]:
    """Cut sources into batches of similar length, the longest first.

    A batch is filled up to a number of tokens, padding included, rather than of sources.

    Args:
        lengths: Tokens of each source.
        engine: What will translate them.
        beam_size: Beams.
        most_tokens: In a batch; None takes as many as fit in memory and are of use.

    Returns:
        Indices of ``lengths``, each once.
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
