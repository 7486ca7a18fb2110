"""The sizes and switches of an IndicTrans2 checkpoint, as its ``config.json`` says them."""

from pathlib import Path
from typing import Literal

import msgspec

from indicsubs_contract.errors import FailureCode, IndicsubsError

BOS, PAD, EOS, UNK = 0, 1, 2, 3
"""Ids of ``<s>``, ``<pad>``, ``</s>``, ``<unk>`` in every checkpoint; the decoder starts at EOS."""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What of ``config.json`` shapes the network; its other keys (``auto_map``...) mean nothing.

    Names are upstream's (ai4bharat/indictrans2-*, config.json).
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
    """For training alone."""
    init_std: float = 0.02
    """For training alone."""

    def __post_init__(self) -> None:
        """Refuse what the architecture cannot be.

        Raises:
            ValueError: with the key, its value and what it must be.
        """
        for key, wanted in _FIXED.items():
            if getattr(self, key) != wanted:
                raise ValueError(f"{key} is {getattr(self, key)}, which can only be {wanted}")
        if self.encoder_embed_dim != self.decoder_embed_dim:
            raise ValueError(
                f"decoder_embed_dim is {self.decoder_embed_dim}, which can only be"
                f" encoder_embed_dim, {self.encoder_embed_dim}"
            )
        for key in _POSITIVE:
            if getattr(self, key) < 1:
                raise ValueError(f"{key} is {getattr(self, key)}, which can only be positive")
        for side in ("encoder", "decoder"):
            width, heads = (
                getattr(self, f"{side}_embed_dim"),
                getattr(self, f"{side}_attention_heads"),
            )
            if width % heads or width % 2 or width < 4:
                raise ValueError(
                    f"{side}_embed_dim is {width}, which can only be even, at least 4 and a"
                    f" multiple of {side}_attention_heads, {heads}"
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
    """Read ``config.json`` of a checkpoint.

    Raises:
        IndicsubsError: ``MISSING_MODEL`` if it is not there, ``BAD_INPUT`` if it is no config of an
            IndicTrans2 model, with the key and its value.
    """
    path = folder / "config.json"
    try:
        return msgspec.json.decode(path.read_bytes(), type=Shape)
    except FileNotFoundError as error:
        raise IndicsubsError(
            FailureCode.MISSING_MODEL,
            f"{path} is not there. `indicsubs models` shows how to get the model.",
        ) from error
    except msgspec.DecodeError as error:  # ValueErrors of __post_init__ arrive as these
        raise IndicsubsError(
            FailureCode.BAD_INPUT,
            f"{path} is no configuration of an IndicTrans2 model: {error}. Fetch the model again.",
        ) from error
