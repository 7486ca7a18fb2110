"""Small networks with random weights."""

from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, PreTrainedModel

from indicsubs_indictrans2.network import Network, NetworkConfig
from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape


def make_shape(**changes: Any) -> Shape:
    """A small shape whose sizes all differ, so that exchanged sizes are noticed."""
    sizes = {
        "encoder_vocab_size": 50,
        "decoder_vocab_size": 41,
        "encoder_embed_dim": 24,
        "decoder_embed_dim": 24,
        "encoder_layers": 3,
        "decoder_layers": 2,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 3,
        "encoder_ffn_dim": 40,
        "decoder_ffn_dim": 36,
        "layernorm_embedding": True,
        "share_decoder_input_output_embed": False,
    }
    return Shape(**{**sizes, **changes})


def make_network(seed: int = 0, **changes: Any) -> Network:
    """A network with random weights of large deviation, so that no two tokens have equal scores."""
    torch.manual_seed(seed)
    network = Network(NetworkConfig(make_shape(**changes))).eval()
    with torch.no_grad():
        for name, weight in network.named_parameters():
            scale = 0.1 if "embed_tokens" in name else 0.7
            weight.copy_(torch.randn_like(weight) * scale + ("norm.weight" in name))
    return network


def ending_network(seed: int, **changes: Any) -> Network:
    """A network that depends on its source, never outputs padding and can end, as a trained one."""
    network = make_network(seed, **changes)
    with torch.no_grad():
        network.model.encoder.embed_tokens.weight *= 10
        network.lm_head.weight[PAD] = 0
        network.lm_head.weight[EOS] *= 2
    return network


def generated(network: PreTrainedModel, ids: Tensor, **options: Any) -> list[list[int]]:
    """Returns the output of transformers' own search for each row of ``ids``, up to its end token.

    Args:
        network: Any sequence-to-sequence model with IndicTrans2's special tokens.
        ids: (batch, length), padded on either side.
        options: Of the search: beams, lengths.
    """
    config = GenerationConfig(
        bos_token_id=BOS, pad_token_id=PAD, eos_token_id=EOS, decoder_start_token_id=EOS, **options
    )
    with torch.inference_mode():
        rows = network.generate(ids, attention_mask=ids.ne(PAD), generation_config=config)
    return [row[: row.index(EOS) + 1] if EOS in row else row for row in rows[:, 1:].tolist()]
