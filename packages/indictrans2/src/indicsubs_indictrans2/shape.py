"""The sizes and switches of an IndicTrans2 checkpoint, from its ``config.json``."""

from pathlib import Path
from typing import Literal

import msgspec

from indicsubs_contract.documents import NOT_JSON
from indicsubs_contract.errors import FailureCode, IndicsubsError

BOS, PAD, EOS, UNK = 0, 1, 2, 3
"""Ids of ``<s>``, ``<pad>``, ``</s>``, ``<unk>`` in every checkpoint; the decoder starts at EOS."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """The keys of ``config.json`` that define the network; others (``auto_map``...) are ignored.

    The names are the same as upstream (ai4bharat/indictrans2-*, config.json).
    """

    encoder_vocab_size: int
    decoder_vocab_size: int
    encoder_embed_dim: int
    decoder_embed_dim: int
    encoder_layers: int
    decoder_layers: int
    encoder_attention_heads: int
    decoder_attention_heads: int
    encoder_ffn_dim: int
    decoder_ffn_dim: int
    layernorm_embedding: bool
    share_decoder_input_output_embed: bool
    scale_embedding: bool = True
    activation_function: Literal["gelu", "relu"] = "gelu"
    max_source_positions: int = 256
    max_target_positions: int = 256
    encoder_normalize_before: bool = True
    decoder_normalize_before: bool = True
    bos_token_id: int = BOS
    pad_token_id: int = PAD
    eos_token_id: int = EOS
    decoder_start_token_id: int = EOS
    dropout: float = 0.1
    """Used only in training."""
    init_std: float = 0.02
    """Used only in training."""

    def __post_init__(self) -> None:
        """Checks that the values fit the architecture.

        Raises:
            ValueError: A value does not fit. The message names the key and both values.
        """
        for key, wanted in _FIXED.items():
            if getattr(self, key) != wanted:
                raise ValueError(f"{key} is {getattr(self, key)} and must be {wanted}")
        if self.encoder_embed_dim != self.decoder_embed_dim:
            raise ValueError(
                f"decoder_embed_dim is {self.decoder_embed_dim} and must be equal to"
                f" encoder_embed_dim, {self.encoder_embed_dim}"
            )
        for key in _POSITIVE:
            if getattr(self, key) < 1:
                raise ValueError(f"{key} is {getattr(self, key)} and must be positive")
        for side in ("encoder", "decoder"):
            width, heads = (
                getattr(self, f"{side}_embed_dim"),
                getattr(self, f"{side}_attention_heads"),
            )
            if width % heads or width % 2 or width < 4:
                raise ValueError(
                    f"{side}_embed_dim is {width} and must be even, at least 4 and a multiple of"
                    f" {side}_attention_heads, {heads}"
                )


_FIXED = {
    "encoder_normalize_before": True,
    "decoder_normalize_before": True,
    "bos_token_id": BOS,
    "pad_token_id": PAD,
    "eos_token_id": EOS,
    "decoder_start_token_id": EOS,
}
_POSITIVE = (
    *(f"encoder_{what}" for what in ("vocab_size", "layers", "attention_heads", "ffn_dim")),
    *(f"decoder_{what}" for what in ("vocab_size", "layers", "attention_heads", "ffn_dim")),
    "max_source_positions",
    "max_target_positions",
)


def read_shape(folder: Path) -> Shape:
    """Reads the ``config.json`` of a checkpoint.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` where the file does not exist; ``BAD_INPUT`` where it is
            not the configuration of an IndicTrans2 model; the message names the key and its value.
    """
    path = folder / "config.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Shape)
    except FileNotFoundError as error:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"{path} is not there. `just models` shows how to get the model.",
        ) from error
    except NOT_JSON as error:  # ValueErrors of __post_init__ arrive as these
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is not the configuration of an IndicTrans2 model: {error}. Fetch the model"
            " again.",
        ) from error
