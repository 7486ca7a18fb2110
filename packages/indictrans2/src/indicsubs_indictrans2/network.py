"""IndicTrans2's network: a pre-norm encoder-decoder with sinusoidal positions.

Written from the layout of the official checkpoints: parameters have the names and shapes of
``ai4bharat/indictrans2-*``. It is a ``PreTrainedModel`` with ``GenerationMixin``, so transformers
provides beam search and the key-value cache; nothing is loaded from or registered with the hub.
Shapes below: B batch, T target length, S source length, D width.
"""

import math
from typing import Any

import torch
from torch import Tensor, nn
from transformers import GenerationMixin, PretrainedConfig, PreTrainedModel
from transformers.cache_utils import EncoderDecoderCache
from transformers.modeling_outputs import BaseModelOutput, Seq2SeqLMOutput

from indicsubs_indictrans2.layers import DecoderLayer, EncoderLayer, Layer, Positions, padding_mask
from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape


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


class _Stack(nn.Module):
    """The embeddings and layers of the encoder or the decoder."""

    def __init__(self, shape: Shape, vocabulary: int, positions: int, layers: list[Layer]) -> None:
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
        layers: list[Layer] = [EncoderLayer(shape) for _ in range(shape.encoder_layers)]
        super().__init__(shape, shape.encoder_vocab_size, shape.max_source_positions, layers)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor | None = None, **_: Any
    ) -> BaseModelOutput:
        """Returns states [B, S, D] of ``input_ids`` [B, S], padded on either side."""
        mask = input_ids.ne(PAD) if attention_mask is None else attention_mask.bool()
        x = self.embed(input_ids, 0)
        added = padding_mask(mask, x.dtype)
        for layer in self.layers:
            x = layer(x, added)
        return BaseModelOutput(last_hidden_state=self.layer_norm(x))


class Decoder(_Stack):
    """The decoder, from target ids and source states to states."""

    def __init__(self, shape: Shape) -> None:
        layers: list[Layer] = [DecoderLayer(shape, i) for i in range(shape.decoder_layers)]
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
        self.beam_scores = torch.empty(0, 0)
        """Scores [B, beams] of the hypotheses of the last beam search, best first."""
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
        source_mask = padding_mask(attention_mask.bool(), source.dtype)
        states = self.model.decoder(decoder_input_ids, source, source_mask, past_key_values)
        return Seq2SeqLMOutput(
            logits=self.lm_head(states),
            past_key_values=past_key_values,
            encoder_last_hidden_state=source,
        )

    # Two steps of transformers' beam search are overridden. Both names are private there, so
    # another version may not call them; tests compare scores and the work that is saved.

    def _reorder_cache(self, cache: EncoderDecoderCache, beams: Tensor) -> EncoderDecoderCache:
        """Reorders the keys and values of the target; those of a source equal in all its beams."""
        cache.self_attention_cache.reorder_cache(beams)
        return cache

    def _update_finished_beams(self, *args: Any, **kwargs: Any) -> tuple[Tensor, ...]:
        """Keeps the scores of the hypotheses.

        Generation returns them only together with the scores of the whole vocabulary at each step,
        which would fill the memory: 330 MB a step with 512 sources, 5 beams and 32,296 tokens.
        """
        finished = super()._update_finished_beams(*args, **kwargs)
        self.beam_scores = finished[1]
        return finished
