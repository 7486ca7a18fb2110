"""The network against M2M100 and MBart of transformers, which others wrote and many use.

Upstream's network is a descendant of M2M100: pre-norm, sinusoidal positions that skip padding.
Where a checkpoint has ``layernorm_embedding``, MBart has it too, with learned positions in place of
the sinusoids: ours are loaded into its table. MBart counts padding, so its batches are padded on
the right. With the same weights all must give the same tokens.
"""

from typing import Any

import pytest
import torch
from random_networks import ending_network, generated
from torch import Tensor
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    MBartConfig,
    MBartForConditionalGeneration,
    PreTrainedModel,
)

from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.shape import BOS, EOS, PAD

LONGEST = 24
HINDI_ENGLISH, HINDI_TAMIL, ENGLISH_HINDI = [4, 5], [4, 6], [5, 4]
BATCHES = [
    [[*HINDI_ENGLISH, 17, 23, 9, EOS]],
    [[*HINDI_ENGLISH, 30, EOS], [*HINDI_TAMIL, 30, EOS], [*ENGLISH_HINDI, 30, EOS]],
    [
        [*ENGLISH_HINDI, 11, 12, 13, 14, 15, 45, 44, EOS],
        [*HINDI_TAMIL, EOS],
        [*HINDI_ENGLISH, *range(7, 28), EOS],
        [*HINDI_ENGLISH, 3, 3, EOS],
    ],
]
"""Sources of one and several languages, alone, of one length, and with much padding."""

SHAPES: list[dict[str, Any]] = [
    {},
    {"share_decoder_input_output_embed": True, "scale_embedding": False},
    {"activation_function": "relu", "encoder_layers": 1, "decoder_layers": 4},
    {
        "encoder_embed_dim": 48,
        "decoder_embed_dim": 48,
        "encoder_attention_heads": 8,
        "decoder_attention_heads": 6,
        "share_decoder_input_output_embed": True,
    },
]
"""Changes to the small shape, each without and with ``layernorm_embedding``."""


def same_as(network: Network) -> PreTrainedModel:
    """MBart or M2M100 with the weights of a network."""
    shape = network.config.shape
    sizes = {
        f"{side}_{what}": getattr(shape, f"{side}_{what}")
        for side in ("encoder", "decoder")
        for what in ("layers", "attention_heads", "ffn_dim")
    }
    common: dict[str, Any] = {
        **sizes,
        "vocab_size": shape.decoder_vocab_size,
        "d_model": shape.encoder_embed_dim,
        "max_position_embeddings": shape.max_source_positions,
        "activation_function": shape.activation_function,
        "scale_embedding": shape.scale_embedding,
        "tie_word_embeddings": False,
        "bos_token_id": BOS,
        "pad_token_id": PAD,
        "eos_token_id": EOS,
        "decoder_start_token_id": EOS,
        "forced_eos_token_id": None,
        "attn_implementation": "eager",
    }
    weights = dict(network.state_dict())
    ignored = {"model.shared.weight", "final_logits_bias"}
    if shape.layernorm_embedding:
        other: PreTrainedModel = MBartForConditionalGeneration(MBartConfig(**common))
        table = network.model.encoder.embed_positions.table
        for side in ("encoder", "decoder"):
            weights[f"model.{side}.embed_positions.weight"] = table
    else:
        other = M2M100ForConditionalGeneration(M2M100Config(**common))
    # Both have one vocabulary for source and target, and give the same embedding to either side.
    embedding = type(other.model.encoder.embed_tokens)
    scale = other.model.encoder.embed_tokens.embed_scale
    for side in ("encoder", "decoder"):
        size, width = weights[f"model.{side}.embed_tokens.weight"].shape
        stack = getattr(other.model, side)
        stack.embed_tokens = embedding(size, width, PAD, embed_scale=scale)
    found = other.load_state_dict(weights, strict=False)
    assert not found.unexpected_keys
    assert set(found.missing_keys) <= ignored
    return other.eval()


def padded(batch: list[list[int]], side: str) -> Tensor:
    width = max(map(len, batch))
    fill = [[PAD] * (width - len(source)) for source in batch]
    return torch.tensor(
        [
            [*source, *pad] if side == "right" else [*pad, *source]
            for source, pad in zip(batch, fill, strict=True)
        ]
    )


@pytest.mark.parametrize(
    ("normalised", "side"), [(False, "left"), (False, "right"), (True, "right")]
)
@pytest.mark.parametrize("changes", SHAPES)
@pytest.mark.parametrize(
    "how",
    [
        {"num_beams": 1},
        {"num_beams": 5, "early_stopping": True},
        {"num_beams": 5, "early_stopping": False},
    ],
    ids=["greedy", "first-finished", "best"],
)
def test_tokens_are_equal(
    changes: dict[str, Any], how: dict[str, Any], side: str, *, normalised: bool
) -> None:
    outputs: list[list[int]] = []
    for seed in range(4):
        ours = ending_network(
            seed, max_target_positions=LONGEST, layernorm_embedding=normalised, **changes
        )
        theirs = same_as(ours)
        for batch in BATCHES:
            ids = padded(batch, side)
            found = generated(ours, ids, max_length=LONGEST, **how)
            assert found == generated(theirs, ids, max_length=LONGEST, **how)
            outputs += found
    assert any(row[-1] == EOS for row in outputs), (
        "no output ended: the stopping rule was not tried"
    )
    assert len({tuple(row) for row in outputs}) >= len(outputs) / 4, (
        "different sources have equal outputs"
    )


@pytest.mark.parametrize("normalised", [False, True])
@pytest.mark.parametrize("changes", SHAPES)
def test_logits_are_equal(changes: dict[str, Any], *, normalised: bool) -> None:
    ours = ending_network(
        7, max_target_positions=LONGEST, layernorm_embedding=normalised, **changes
    )
    theirs = same_as(ours)
    ids = padded(BATCHES[2], "right")
    batch = {
        "input_ids": ids,
        "attention_mask": ids.ne(PAD),
        "decoder_input_ids": torch.tensor([[EOS, 7, 30, 12, 9]] * len(ids)),
    }
    with torch.inference_mode():
        torch.testing.assert_close(
            ours(**batch).logits, theirs(**batch).logits, rtol=1e-4, atol=1e-4
        )


def test_sources_as_long_as_the_positions() -> None:
    ours = ending_network(1, max_target_positions=LONGEST, layernorm_embedding=False)
    longest = ours.config.shape.max_source_positions
    source = [*HINDI_ENGLISH, *(7 + k % 40 for k in range(longest - 3)), EOS]
    ids = padded([source, [*HINDI_TAMIL, 9, EOS]], "left")
    assert generated(ours, ids, max_length=LONGEST, num_beams=5) == generated(
        same_as(ours), ids, max_length=LONGEST, num_beams=5
    )
