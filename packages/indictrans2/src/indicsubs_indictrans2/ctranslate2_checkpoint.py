"""Converts a checkpoint of the official layout to a CTranslate2 model once, and caches it.

The vocabularies of the model contain the ids as text, so that only the tokenizer needs the pieces.
Weights are loaded by :func:`checkpoint.load_network`, with all its checks and errors. Nothing in
the checkpoint's folder is executed.
"""

import math
from pathlib import Path
from typing import Final

import torch
from ctranslate2.specs import (
    Activation,
    TransformerDecoderSpec,
    TransformerEncoderSpec,
    TransformerSpec,
)
from ctranslate2.specs.attention_spec import MultiHeadAttentionSpec
from ctranslate2.specs.common_spec import LayerNormSpec, LinearSpec
from torch import nn

from indicsubs_contract import converted_models
from indicsubs_contract.converted_models import conversion_digest
from indicsubs_contract.messages.engine import ComputeType
from indicsubs_indictrans2.checkpoint import load_network, weights_file
from indicsubs_indictrans2.layers import Attention, DecoderLayer
from indicsubs_indictrans2.network import Decoder, Encoder, Network
from indicsubs_indictrans2.shape import BOS, EOS, PAD, UNK

VERSION: Final = 1
"""The version of this converter. Increase it when the converter's output changes; all models are
then converted again."""
_ACTIVATIONS = {"gelu": Activation.GELU, "relu": Activation.RELU}


def cache_folder() -> Path:
    """Returns the folder of converted models: ``indicsubs/ctranslate2`` in ``XDG_CACHE_HOME``."""
    return converted_models.cache_folder("ctranslate2")


def converted(folder: Path, fingerprint: str, compute_type: ComputeType, cache: Path) -> Path:
    """Returns the folder of a checkpoint's CTranslate2 model, converting it if the cache lacks it.

    Args:
        folder: The checkpoint, in the official layout.
        fingerprint: The digest in the request.
        compute_type: The number format that the weights are stored in.
        cache: The folder of all converted models; it is created if it does not exist.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` as ``checkpoint.load_network``.
    """
    digest = conversion_digest(VERSION, fingerprint, [weights_file(folder)])
    return converted_models.converted(
        f"{digest}-{compute_type}", cache, lambda place: convert(folder, compute_type, place)
    )


def convert(folder: Path, compute_type: ComputeType, place: Path) -> None:
    """Writes the CTranslate2 model of a checkpoint to the empty folder ``place`` on the disk.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` or ``BAD_INPUT`` as ``checkpoint.load_network``.
    """
    spec = _spec(load_network(folder, "cpu", torch.float32))
    spec.validate()
    spec.optimize(quantization=compute_type)
    spec.save(str(place))


def _spec(network: Network) -> TransformerSpec:
    shape = network.config.shape
    common = {
        "pre_norm": True,
        "activation": _ACTIVATIONS[shape.activation_function],
        "layernorm_embedding": shape.layernorm_embedding,
    }
    spec = TransformerSpec(
        TransformerEncoderSpec(shape.encoder_layers, shape.encoder_attention_heads, **common),
        TransformerDecoderSpec(shape.decoder_layers, shape.decoder_attention_heads, **common),
    )
    encoder, decoder = network.model.encoder, network.model.decoder
    for to, stack in ((spec.encoder, encoder), (spec.decoder, decoder)):
        to.scale_embeddings = math.sqrt(shape.encoder_embed_dim) if shape.scale_embedding else 1.0
        _copy_stack(to, stack)
    spec.encoder.embeddings[0].weight = encoder.embed_tokens.weight
    spec.decoder.embeddings.weight = decoder.embed_tokens.weight
    spec.decoder.projection.weight = network.lm_head.weight
    spec.register_source_vocabulary([str(number) for number in range(shape.encoder_vocab_size)])
    spec.register_target_vocabulary([str(number) for number in range(shape.decoder_vocab_size)])
    spec.config.bos_token = str(BOS)
    spec.config.eos_token = str(EOS)
    spec.config.unk_token = str(UNK)
    spec.config.decoder_start_token = str(EOS)
    return spec


def _copy_stack(
    spec: TransformerEncoderSpec | TransformerDecoderSpec, stack: Encoder | Decoder
) -> None:
    # CTranslate2 masks padding and counts from 0: the first row is the one of the first real token.
    spec.position_encodings.encodings = stack.embed_positions.table[PAD + 1 :].contiguous()
    if hasattr(stack, "layernorm_embedding"):
        _copy_norm(spec.layernorm_embedding, stack.layernorm_embedding)
    _copy_norm(spec.layer_norm, stack.layer_norm)
    for to, layer in zip(spec.layer, stack.layers, strict=True):
        _copy_attention(to.self_attention, layer.self_attn, layer.self_attn_layer_norm)
        if isinstance(layer, DecoderLayer):
            _copy_attention(to.attention, layer.encoder_attn, layer.encoder_attn_layer_norm)
        _join(to.ffn.linear_0, layer.fc1)
        _join(to.ffn.linear_1, layer.fc2)
        _copy_norm(to.ffn.layer_norm, layer.final_layer_norm)


def _copy_attention(spec: MultiHeadAttentionSpec, attention: Attention, norm: nn.LayerNorm) -> None:
    """Copies an attention block.

    In self-attention, one matrix holds queries, keys and values. In attention to the source, the
    queries have a separate matrix.
    """
    query, key, value = attention.q_proj, attention.k_proj, attention.v_proj
    groups = [(query, key, value)] if len(spec.linear) == 2 else [(query,), (key, value)]
    for to, group in zip(spec.linear, [*groups, (attention.out_proj,)], strict=True):
        _join(to, *group)
    _copy_norm(spec.layer_norm, norm)


def _join(spec: LinearSpec, *layers: nn.Linear) -> None:
    spec.weight = torch.cat([layer.weight for layer in layers])
    spec.bias = torch.cat([layer.bias for layer in layers])


def _copy_norm(spec: LayerNormSpec, norm: nn.LayerNorm) -> None:
    spec.gamma, spec.beta = norm.weight, norm.bias
