"""Converts a Whisper checkpoint of transformers' layout to MLX's, without transformers.

MLX-Whisper brings OpenAI's own vocabulary, so a checkpoint with another one is refused.
"""

import json
import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import mlx.core as mx
import msgspec
import numpy as np
from mlx.utils import tree_flatten
from mlx_whisper.tokenizer import get_tokenizer
from mlx_whisper.whisper import ModelDimensions, Whisper

from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.whisper_layouts import WHISPER_MLX
from indicsubs_recognition.byte_level import token_bytes
from indicsubs_recognition.checkpoint_files import CheckpointError, named, read_json, weight_files
from indicsubs_recognition.whisper_checkpoint import (
    WhisperConfig,
    model_for_engine,
    read_config,
    read_generation,
)

VERSION: Final = 1
"""The version of this converter. Increase it when the converter's output changes; all models are
then converted again."""
_VOCABULARIES = (51864, 51865, 51866)
"""The sizes of OpenAI's vocabularies: English, 99 languages, 100 languages (large-v3)."""
_NAMES = (
    (".layers.", ".blocks."),
    (".self_attn_layer_norm.", ".attn_ln."),
    (".encoder_attn_layer_norm.", ".cross_attn_ln."),
    (".final_layer_norm.", ".mlp_ln."),
    (".self_attn.", ".attn."),
    (".encoder_attn.", ".cross_attn."),
    (".q_proj.", ".query."),
    (".k_proj.", ".key."),
    (".v_proj.", ".value."),
    (".out_proj.", ".out."),
    (".fc1.", ".mlp1."),
    (".fc2.", ".mlp2."),
    ("encoder.layer_norm.", "encoder.ln_post."),
    ("decoder.layer_norm.", "decoder.ln."),
    ("decoder.embed_tokens.", "decoder.token_embedding."),
    ("decoder.embed_positions.weight", "decoder.positional_embedding"),
)
"""Parts of the names of weights in transformers, and in MLX-Whisper."""
_HEADS = "alignment_heads"


class _AddedToken(msgspec.Struct):
    id: int
    content: str


class _Bpe(msgspec.Struct):
    vocab: dict[str, int]


class _Tokenizer(msgspec.Struct):
    """The parts of ``tokenizer.json`` that give tokens their numbers."""

    model: _Bpe
    added_tokens: list[_AddedToken] = []


def in_mlx_layout(model: ModelFolder) -> ModelFolder:
    """Returns a model as it is, or converted where it has transformers' layout.

    Raises:
        IndicsubsError: As :func:`~indicsubs_recognition.whisper_checkpoint.model_for_engine`.
    """
    return model_for_engine(model, WHISPER_MLX, VERSION, convert)


def convert(folder: Path, place: Path) -> None:
    """Writes the MLX model of a checkpoint to the empty folder ``place``, in float16.

    Raises:
        CheckpointError: A file is absent or damaged, the weights do not fit ``config.json``, or the
            vocabulary is not OpenAI's.
    """
    config = read_config(folder)
    generation = read_generation(folder, config)
    _check_vocabulary(folder, config.vocab_size)
    sizes = _sizes(config)
    with mx.stream(mx.cpu):
        wanted = {
            name: weight.shape
            for name, weight in tree_flatten(Whisper(ModelDimensions(**sizes)).parameters())
            if name != _HEADS
        }
        weights: dict[str, mx.array] = {}
        for path in weight_files(folder):
            for name, weight in _read(path):
                target = _mlx_name(name)
                if target in wanted:
                    convolution = target.startswith("encoder.conv") and weight.ndim == 3
                    # MLX has [out, kernel, in], torch [out, in, kernel].
                    turned = weight.transpose(0, 2, 1) if convolution else weight
                    weights[target] = mx.contiguous(turned.astype(mx.float16))
                    mx.eval(weights[target])  # so that the original can be released
        _check(weights, wanted)
        if generation.alignment_heads:
            weights[_HEADS] = mx.array(np.array(generation.alignment_heads, np.int32))
        mx.save_safetensors(str(place / "weights.safetensors"), weights, metadata={"format": "mlx"})
    (place / "config.json").write_text(json.dumps({"model_type": "whisper", **sizes}, indent=1))


def _sizes(config: WhisperConfig) -> dict[str, int]:
    """Returns the fields of ``ModelDimensions``."""
    return {
        "n_mels": config.num_mel_bins,
        "n_audio_ctx": config.max_source_positions,
        "n_audio_state": config.d_model,
        "n_audio_head": config.encoder_attention_heads,
        "n_audio_layer": config.encoder_layers,
        "n_vocab": config.vocab_size,
        "n_text_ctx": config.max_target_positions,
        "n_text_state": config.d_model,
        "n_text_head": config.decoder_attention_heads,
        "n_text_layer": config.decoder_layers,
    }


def _mlx_name(name: str) -> str:
    name = name.removeprefix("model.")
    for theirs, ours in _NAMES:
        name = name.replace(theirs, ours)
    return name


def _read(path: Path) -> Iterator[tuple[str, mx.array]]:
    """Yields the weights of a file; a file of torch is read as weights only."""
    if path.suffix == ".safetensors":
        try:
            weights = mx.load(str(path), format="safetensors")
        except (RuntimeError, ValueError) as error:
            raise CheckpointError(
                f"{path.name} is no safetensors file, or is damaged: {error}"
            ) from error
        for name in sorted(weights):  # each is read where it is used, and released after it
            yield name, weights.pop(name)
        return
    import torch  # only for the older files: it takes seconds

    try:
        weights = torch.load(
            path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
        )
    except (pickle.UnpicklingError, EOFError, RuntimeError) as error:
        first = str(error).strip().partition("\n")[0]
        raise CheckpointError(
            f"{path.name} has more than weights, or is damaged: {first}"
        ) from error
    if not isinstance(weights, dict):
        raise CheckpointError(f"{path.name} is not a table of weights")
    for name, weight in weights.items():
        if isinstance(weight, torch.Tensor):
            yield name, mx.array(weight.to(torch.float16).numpy())


def _check(weights: dict[str, mx.array], wanted: dict[str, tuple[int, ...]]) -> None:
    missing = wanted.keys() - weights.keys()
    if missing:
        raise CheckpointError(f"the weights lack {named(missing)} (by their names in MLX)")
    for name, shape in wanted.items():
        if weights[name].shape != shape:
            raise CheckpointError(
                f"the weight {name} (by its name in MLX) has the shape {[*weights[name].shape]}"
                f" where config.json says {[*shape]}"
            )


def _check_vocabulary(folder: Path, size: int) -> None:
    """Checks that the tokens of a checkpoint have the numbers that MLX-Whisper knows them by."""
    if size not in _VOCABULARIES:
        raise CheckpointError(
            f"its vocabulary has {size} tokens, and MLX-Whisper reads OpenAI's vocabularies alone,"
            f" of {', '.join(map(str, _VOCABULARIES))} tokens; give --backend whisperx"
        )
    multilingual = size > _VOCABULARIES[0]
    languages = size - 51765 - multilingual
    encoding = get_tokenizer(multilingual, num_languages=languages).encoding
    for text, number in _tokens(folder).items():
        try:
            known = encoding.encode_single_token(token_bytes(text))
        except KeyError:
            continue
        if known != number:
            raise CheckpointError(
                f"its token {text!r} has the number {number}, in OpenAI's vocabulary {known}, the"
                " only one that MLX-Whisper reads; give --backend whisperx"
            )


def _tokens(folder: Path) -> dict[str, int]:
    """Returns the numbers of a checkpoint's tokens, which are spelt in the letters of bytes."""
    if (folder / "tokenizer.json").is_file():
        tokenizer = read_json(folder / "tokenizer.json", _Tokenizer)
        return tokenizer.model.vocab | {t.content: t.id for t in tokenizer.added_tokens}
    added = folder / "added_tokens.json"
    return read_json(folder / "vocab.json", dict[str, int]) | (
        read_json(added, dict[str, int]) if added.is_file() else {}
    )
