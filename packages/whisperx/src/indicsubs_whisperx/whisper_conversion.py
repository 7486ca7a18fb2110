"""Converts a Whisper checkpoint of transformers' layout to CTranslate2's.

transformers and CTranslate2's converter see a temporary folder, in which only the weights and
their index are the checkpoint's own. The other files are written anew from the fields that define
the network, so that nothing in the checkpoint can name code, and nothing is looked up on the hub.

This module imports torch and transformers, which takes seconds; it is imported only to convert.
"""

import json
import pickle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from ctranslate2.converters import TransformersConverter
from ctranslate2.converters.transformers import _WHISPER_ALIGNMENT_HEADS as _KNOWN_HEADS
from safetensors import SafetensorError
from tokenizers import Tokenizer
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from indicsubs_recognition.checkpoint_files import CheckpointError, named, weight_files
from indicsubs_recognition.whisper_checkpoint import (
    GenerationConfig,
    WhisperConfig,
    fits,
    read_config,
    read_generation,
)
from indicsubs_whisperx.whisper_tokenizer import language_tokens, load_tokenizer

_COMPUTED = {"proj_out.weight", "model.encoder.embed_positions.weight"}
"""The weights that a checkpoint need not have: the embeddings again, and sinusoids."""


def convert(folder: Path, place: Path) -> None:
    """Writes the CTranslate2 model of a checkpoint to the empty folder ``place``, in float16.

    The largest amount of memory is that of the weights in float16, and one matrix more.

    Raises:
        CheckpointError: A file is absent or damaged, the weights do not fit ``config.json``, or the
            tokens are not Whisper's.
        OSError, RuntimeError, ValueError: A file of weights is damaged.
    """
    config = read_config(folder)
    tokenizer = load_tokenizer(folder, config.vocab_size)
    generation = read_generation(folder, config)
    with TemporaryDirectory(prefix="indicsubs-") as name:
        checkpoint = Path(name)
        _write_json(checkpoint / "config.json", _network(config, tokenizer))
        _write_json(checkpoint / "generation_config.json", _decoding(config, generation, tokenizer))
        _link_weights(folder, checkpoint)
        try:
            _Converter(checkpoint, tokenizer).convert(
                str(place), quantization="float16", force=True
            )
        except (SafetensorError, pickle.UnpicklingError, EOFError) as error:
            raise CheckpointError(f"the weights are damaged: {error}") from error
    tokenizer.save(str(place / "tokenizer.json"))
    _write_json(place / "preprocessor_config.json", {"feature_size": config.num_mel_bins})


class _Converter(TransformersConverter):
    """CTranslate2's converter, which would give random numbers to weights that are absent."""

    def __init__(self, checkpoint: Path, tokenizer: Tokenizer) -> None:
        super().__init__(
            str(checkpoint), load_as_float16=True, low_cpu_mem_usage=True, trust_remote_code=False
        )
        self._tokenizer = tokenizer

    def load_model(
        self, model_class: type[PreTrainedModel], model_name_or_path: str, **options: Any
    ) -> PreTrainedModel:
        model, loading = model_class.from_pretrained(
            model_name_or_path, output_loading_info=True, local_files_only=True, **options
        )
        missing = set(loading["missing_keys"]) - _COMPUTED
        if missing:
            raise CheckpointError(f"the weights lack {named(missing)}")
        return model

    def load_tokenizer(self, *_: Any, **__: Any) -> PreTrainedTokenizerFast:
        return PreTrainedTokenizerFast(tokenizer_object=self._tokenizer)


def _network(config: WhisperConfig, tokenizer: Tokenizer) -> dict[str, Any]:
    """Returns the ``config.json`` of the network."""
    width = config.d_model
    end = tokenizer.token_to_id("<|endoftext|>")
    return {
        **msgspec.to_builtins(config),
        "encoder_ffn_dim": config.encoder_ffn_dim or 4 * width,
        "decoder_ffn_dim": config.decoder_ffn_dim or 4 * width,
        "suppress_tokens": None,
        "begin_suppress_tokens": None,
        **dict.fromkeys(("bos_token_id", "eos_token_id", "pad_token_id"), end),
        "decoder_start_token_id": tokenizer.token_to_id("<|startoftranscript|>"),
        "architectures": ["WhisperForConditionalGeneration"],
    }


def _decoding(
    config: WhisperConfig, generation: GenerationConfig, tokenizer: Tokenizer
) -> dict[str, Any]:
    """Returns the ``generation_config.json`` of the network, from which CTranslate2 reads."""
    heads = generation.alignment_heads or _KNOWN_HEADS.get(config.base_model)
    if heads and not fits(heads, config):
        heads = None  # the base model has another size
    return {
        "suppress_tokens": generation.suppress_tokens,
        "begin_suppress_tokens": generation.begin_suppress_tokens,
        "lang_to_id": language_tokens(tokenizer),
        **({"alignment_heads": heads} if heads else {}),
    }


def _link_weights(folder: Path, checkpoint: Path) -> None:
    """Links the files of weights, and their index where there are several."""
    files = weight_files(folder)
    single = "model.safetensors" if files[0].suffix == ".safetensors" else "pytorch_model.bin"
    index = () if files[0].name == single else (folder / f"{single}.index.json",)
    for path in (*index, *files):
        (checkpoint / path.name).symlink_to(path.resolve())


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")
