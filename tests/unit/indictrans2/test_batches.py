"""Sources are cut into batches, for an engine that has only numbers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.messages.engine import ComputeType
from indicsubs_indictrans2.generator import MEMORY_SHARE, TokenGenerator, bytes_of, cut_batches
from indicsubs_indictrans2.shape import Shape

SHAPE = Shape(
    encoder_vocab_size=1000,
    decoder_vocab_size=30_000,
    encoder_embed_dim=512,
    decoder_embed_dim=512,
    encoder_layers=18,
    decoder_layers=18,
    encoder_attention_heads=8,
    decoder_attention_heads=8,
    encoder_ffn_dim=2048,
    decoder_ffn_dim=2048,
    layernorm_embedding=True,
    share_decoder_input_output_embed=False,
)
GIB = 1 << 30


class Machine:
    """An engine as far as batches are concerned."""

    shape = SHAPE
    compute_type: ComputeType = "float32"

    def __init__(self, free: int = 64 * GIB, workers: int = 1, largest_batch: int = 32) -> None:
        self.free = free
        self.workers = workers
        self.largest_batch = largest_batch

    def free_bytes(self) -> int:
        return self.free

    def search(self, *_: Any) -> Any:
        raise AssertionError("nothing is to be translated")


@given(
    st.lists(st.integers(3, 256), max_size=80),
    st.integers(0, 8),
    st.integers(1, 4),
    st.none() | st.integers(1, 2000),
)
def test_every_source_is_in_one_batch_beside_those_of_its_length(
    lengths: list[int], gibibytes: int, workers: int, tokens: int | None
) -> None:
    machine: TokenGenerator = Machine(gibibytes * GIB, workers)
    batches = cut_batches(lengths, machine, 5, tokens)
    order = [index for batch in batches for index in batch]
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[k] for k in order] == sorted(lengths, reverse=True)
    for batch in batches:
        longest = lengths[batch[0]]
        if tokens is not None:
            assert len(batch) == 1 or len(batch) * longest <= tokens
        else:
            share = MEMORY_SHARE * machine.free_bytes() / workers
            assert len(batch) == 1 or len(batch) * bytes_of(longest, SHAPE, 5, "float32") <= share
            assert len(batch) <= machine.largest_batch


def test_little_memory_makes_small_batches() -> None:
    lengths = [20] * 640
    sizes = [
        max(map(len, cut_batches(lengths, Machine(free), 5))) for free in (GIB // 8, GIB, 64 * GIB)
    ]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[1] < sizes[2]


@pytest.mark.parametrize(("lines", "workers", "batches"), [(24, 2, 3), (1000, 2, 32), (8, 4, 1)])
def test_all_workers_have_something_to_do(lines: int, workers: int, batches: int) -> None:
    assert len(cut_batches([10] * lines, Machine(workers=workers), 5)) == batches


def test_more_beams_and_wider_numbers_take_more_memory() -> None:
    assert bytes_of(20, SHAPE, 5, "float32") == 5 * bytes_of(20, SHAPE, 1, "float32")
    assert bytes_of(20, SHAPE, 5, "float16") < bytes_of(20, SHAPE, 5, "int8")
    # Keys and values of 20 source and 40 target tokens, and three times the scores of 5 beams.
    assert bytes_of(20, SHAPE, 5, "float32") == 5 * 4 * (2 * 18 * 512 * 60 + 3 * 30_000)
