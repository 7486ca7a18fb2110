"""IndicTrans2's network: a pre-norm encoder-decoder with sinusoidal positions.

Written from the layout of the official checkpoints: parameters have the names and shapes of
``ai4bharat/indictrans2-*``. It is a ``PreTrainedModel`` with ``GenerationMixin``, so transformers
provides beam search and the key-value cache; nothing is loaded from or registered with the hub.
Shapes below: B batch, T target length, S source length, D width.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812 - its usual name
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.cache_utils import EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape

_ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {"gelu": F.gelu, "relu": F.relu}
_LARGEST_HALF = torch.finfo(torch.float16).max - 1000
"""The limit to which float16 states are clamped, as in models that descend from fairseq. The
residual stream of wide models leaves the range of float16."""


class NetworkConfig(PretrainedConfig):
    """The configuration that transformers' generation needs. It contains the :class:`Shape`."""

    model_type = "indicsubs-indictrans2"

    def __init__(self, shape: Shape | None = None, **kwargs: Any) -> None:
        self.shape = shape
        if shape is not None:
            self.vocab_size = shape.decoder_vocab_size
            self.num_hidden_layers = shape.decoder_layers
            self.initializer_range = shape.init_std
        super().__init__(
            is_encoder_decoder=True,
            tie_word_embeddings=False,  # the network ties by itself, output to decoder input
            bos_token_id=BOS,
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=EOS,
            **kwargs,
        )


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
        """Attends from ``states`` [B, T, D]; ``mask`` is true where attention is allowed."""
        heads = F.scaled_dot_product_attention(
            self._split(self.q_proj(states)), keys, values, attn_mask=mask, is_causal=causal
        )
        return self.out_proj(heads.transpose(1, 2).flatten(2))


class _Layer(nn.Module):
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
        return x + self.dropout(self.fc2(self._activation(self.fc1(self.final_layer_norm(x)))))


class EncoderLayer(_Layer):
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


class DecoderLayer(_Layer):
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


class _Stack(nn.Module):
    """The embeddings and layers of the encoder or the decoder."""

    def __init__(self, shape: Shape, vocabulary: int, positions: int, layers: list[_Layer]) -> None:
        super().__init__()
        width = shape.encoder_embed_dim
        self.embed_tokens = nn.Embedding(vocabulary, width, PAD)
        self.embed_positions = Positions(positions, width)
        if shape.layernorm_embedding:
            self.layernorm_embedding = nn.LayerNorm(width)
        self.layers = nn.ModuleList(layers)
        self.layer_norm = nn.LayerNorm(width)
        self.dropout = nn.Dropout(shape.dropout)
        self._scale = math.sqrt(width) if shape.scale_embedding else 1.0
        self._normalise = shape.layernorm_embedding

    def embed(self, ids: Tensor, past: int) -> Tensor:
        x = self.embed_tokens(ids) * self._scale + self.embed_positions(ids, past)
        return self.dropout(self.layernorm_embedding(x) if self._normalise else x)


class Encoder(_Stack):
    """The encoder, from source ids to states."""

    def __init__(self, shape: Shape) -> None:
        layers: list[_Layer] = [EncoderLayer(shape) for _ in range(shape.encoder_layers)]
        super().__init__(shape, shape.encoder_vocab_size, shape.max_source_positions, layers)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> BaseModelOutput:
        """Returns states [B, S, D] of ``input_ids`` [B, S], padded on either side."""
        mask = input_ids.ne(PAD) if attention_mask is None else attention_mask.bool()
        x = self.embed(input_ids, 0)
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        return BaseModelOutput(last_hidden_state=self.layer_norm(x))


class Decoder(_Stack):
    """The decoder, from target ids and source states to states."""

    def __init__(self, shape: Shape) -> None:
        layers: list[_Layer] = [DecoderLayer(shape, i) for i in range(shape.decoder_layers)]
        super().__init__(shape, shape.decoder_vocab_size, shape.max_target_positions, layers)

    def forward(
        self, ids: Tensor, source: Tensor, source_mask: Tensor, cache: EncoderDecoderCache | None
    ) -> Tensor:
        """Returns states [B, T, D] of ``ids`` [B, T]; any padding is on the right."""
        past = 0 if cache is None else int(cache.get_seq_length())
        count = ids.shape[1]
        mask = None
        if past and count > 1:  # several tokens follow cached ones: a shifted causal mask
            every = torch.ones(count, past + count, dtype=torch.bool, device=ids.device)
            mask = every.tril(past)
        x = self.embed(ids, past)
        for layer in self.layers:
            x = layer(x, mask, source, source_mask, cache)
        return self.layer_norm(x)


class _Sides(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.encoder = Encoder(shape)
        self.decoder = Decoder(shape)


class Network(PreTrainedModel, GenerationMixin):
    """The whole network, with random weights until a checkpoint is loaded."""

    config_class = NetworkConfig
    base_model_prefix = "model"
    main_input_name = "input_ids"
    _supports_sdpa = True

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__(config)
        shape = config.shape
        if shape is None:
            raise ValueError("a network needs a shape")
        self.model = _Sides(shape)
        self.lm_head = nn.Linear(shape.decoder_embed_dim, shape.decoder_vocab_size, bias=False)
        self.post_init()
        self.tie()

    def tie(self) -> None:
        """Uses the decoder's embedding as the output projection if the checkpoint shares them."""
        if self.config.shape.share_decoder_input_output_embed:
            self.model.decoder.embed_tokens.weight = self.lm_head.weight

    def get_encoder(self) -> Encoder:
        """Returns the encoder, which generation runs once."""
        return self.model.encoder

    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        decoder_input_ids: Tensor | None = None,
        encoder_outputs: BaseModelOutput | None = None,
        past_key_values: EncoderDecoderCache | None = None,
        use_cache: bool | None = None,  # noqa: ARG002 - generation passes the cache with it
        **_: Any,
    ) -> Seq2SeqLMOutput:
        """Returns logits [B, T, vocabulary] of the tokens after ``decoder_input_ids`` [B, T].

        Either ``input_ids`` [B, S] or ``encoder_outputs`` is the source; for ``encoder_outputs``,
        the ``attention_mask`` [B, S] is true at the states that are not padding.
        """
        if encoder_outputs is None:
            encoder_outputs = self.model.encoder(input_ids, attention_mask)
        source = encoder_outputs.last_hidden_state
        if attention_mask is None:
            attention_mask = (
                torch.ones(source.shape[:2], device=source.device)
                if input_ids is None
                else input_ids.ne(PAD)
            )
        states = self.model.decoder(
            decoder_input_ids, source, attention_mask.bool()[:, None, None, :], past_key_values
        )
        return Seq2SeqLMOutput(
            logits=self.lm_head(states),
            past_key_values=past_key_values,
            encoder_last_hidden_state=source,
        )
