"""The layers of IndicTrans2's network: positions, attention, and the layers of both sides.

Shapes below: B batch, T target length, S source length, D width.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from transformers.cache_utils import EncoderDecoderCache

from indicsubs_indictrans2.shape import PAD, Shape

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "relu": F.relu}
_LARGEST_HALF = torch.finfo(torch.float16).max - 1000
"""The limit to which float16 states are clamped, as in models that descend from fairseq. The
residual stream of wide models leaves the range of float16."""
_MASK_STEP = 8
"""Torch's memory-efficient attention takes masks whose rows start at multiples of 8 numbers (ATen,
transformers/attention.cpp)."""


class Positions(nn.Module):
    """Sinusoidal positions [sin | cos]. Padding is zeros; real tokens count from ``PAD + 1``."""

    def __init__(self, count: int, width: int) -> None:
        super().__init__()
        half = width // 2
        # The device is named because checkpoints are loaded under ``torch.device("meta")``.
        steps = torch.arange(half, dtype=torch.float32, device="cpu")
        rows = torch.arange(count + PAD + 1, dtype=torch.float32, device="cpu")
        angles = rows[:, None] * torch.exp(steps * -(math.log(10_000) / (half - 1)))
        table = torch.cat([angles.sin(), angles.cos()], dim=1)
        table[PAD] = 0
        self.register_buffer("table", table, persistent=False)
        self.table: Tensor
        self._count = count

    def forward(self, ids: Tensor, past: int) -> Tensor:
        """Returns position vectors [B, T, D] of ``ids`` [B, T], which follow ``past`` other ids.

        Raises:
            ValueError: There are more tokens than positions in the checkpoint.
        """
        if past + ids.shape[1] > self._count:
            raise ValueError(f"{past + ids.shape[1]} tokens, and {self._count} positions at most")
        real = ids.ne(PAD).long()
        return F.embedding((real.cumsum(1) + past) * real + PAD, self.table)


def padding_mask(real: Tensor, dtype: torch.dtype) -> Tensor:
    """Returns what is added to attention scores so that padding gets no attention.

    A mask of booleans would be turned into this again in every layer. Torch's kernels for GPUs need
    rows at multiples of ``_MASK_STEP`` numbers, and would copy other masks in every layer.

    Args:
        real: [B, S], true at the tokens that are not padding.
        dtype: The number format of the scores.

    Returns:
        [B, 1, 1, S], 0 at tokens and minus infinity at padding.
    """
    batch, length = real.shape
    width = -(-length // _MASK_STEP) * _MASK_STEP
    mask = torch.zeros(batch, 1, 1, width, dtype=dtype, device=real.device)[..., :length]
    return mask.masked_fill_(real.logical_not()[:, None, None, :], -math.inf)


class Attention(nn.Module):
    """Multi-head attention over keys and values that may come from a cache."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)
        self._heads = heads

    def _split(self, x: Tensor) -> Tensor:
        return x.unflatten(-1, (self._heads, -1)).transpose(1, 2)

    def keys_values(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Returns keys and values [B, heads, S, D / heads] of ``states`` [B, S, D]."""
        return self._split(self.k_proj(states)), self._split(self.v_proj(states))

    def forward(
        self, states: Tensor, keys: Tensor, values: Tensor, mask: Tensor | None, *, causal: bool
    ) -> Tensor:
        """Attends from ``states`` [B, T, D]; ``mask`` is added to the scores, or true at keys."""
        heads = F.scaled_dot_product_attention(
            self._split(self.q_proj(states)), keys, values, attn_mask=mask, is_causal=causal
        )
        return self.out_proj(heads.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """The common parts of both kinds of layers: self-attention and the feed-forward step."""

    def __init__(self, shape: Shape, heads: int, feed_forward: int) -> None:
        super().__init__()
        width = shape.encoder_embed_dim
        self.self_attn = Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, feed_forward)
        self.fc2 = nn.Linear(feed_forward, width)
        self.final_layer_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(shape.dropout)
        self._activation = _ACTIVATIONS[shape.activation_function]

    def feed_forward(self, x: Tensor) -> Tensor:
        """Returns [B, T, D] of ``x`` [B, T, D], which is added to the result."""
        return x + self.dropout(self.fc2(self._activation(self.fc1(self.final_layer_norm(x)))))


class EncoderLayer(Layer):
    """Self-attention and feed-forward, each on normalised input."""

    def __init__(self, shape: Shape) -> None:
        super().__init__(shape, shape.encoder_attention_heads, shape.encoder_ffn_dim)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Takes ``x`` [B, S, D] and ``mask`` [B, 1, 1, S]; returns [B, S, D]."""
        normed = self.self_attn_layer_norm(x)
        keys, values = self.self_attn.keys_values(normed)
        x = x + self.dropout(self.self_attn(normed, keys, values, mask, causal=False))
        x = self.feed_forward(x)
        return x.clamp(-_LARGEST_HALF, _LARGEST_HALF) if x.dtype == torch.float16 else x


class DecoderLayer(Layer):
    """Self-attention, attention to the source, and feed-forward, each on normalised input."""

    def __init__(self, shape: Shape, index: int) -> None:
        super().__init__(shape, shape.decoder_attention_heads, shape.decoder_ffn_dim)
        width = shape.decoder_embed_dim
        self.encoder_attn = Attention(width, shape.decoder_attention_heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(width)
        self._index = index

    def forward(
        self,
        x: Tensor,
        mask: Tensor | None,
        source: Tensor,
        source_mask: Tensor,
        cache: EncoderDecoderCache | None,
    ) -> Tensor:
        """Takes ``x`` [B, T, D], which follows the cached tokens, and ``source`` [B, S, D]."""
        normed = self.self_attn_layer_norm(x)
        keys, values = self.self_attn.keys_values(normed)
        if cache is not None:
            keys, values = cache.self_attention_cache.update(keys, values, self._index)
        causal = mask is None and x.shape[1] > 1
        x = x + self.dropout(self.self_attn(normed, keys, values, mask, causal=causal))
        normed = self.encoder_attn_layer_norm(x)
        keys, values = self._source_keys_values(source, cache)
        x = x + self.dropout(self.encoder_attn(normed, keys, values, source_mask, causal=False))
        return self.feed_forward(x)

    def _source_keys_values(
        self, source: Tensor, cache: EncoderDecoderCache | None
    ) -> tuple[Tensor, Tensor]:
        if cache is None:
            return self.encoder_attn.keys_values(source)
        if not cache.is_updated.get(self._index):
            keys, values = self.encoder_attn.keys_values(source)
            cache.cross_attention_cache.update(keys, values, self._index)
            cache.is_updated[self._index] = True
        kept = cache.cross_attention_cache.layers[self._index]
        return kept.keys, kept.values
