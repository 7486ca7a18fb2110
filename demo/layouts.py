"""Writes the layouts that engines read, from the compact models of the repository."""

import json
from pathlib import Path

import numpy as np
import torch
from ctranslate2.converters import TransformersConverter
from safetensors.numpy import save_file as save_numpy
from safetensors.torch import load_file
from transformers import (
    Wav2Vec2CTCTokenizer,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2ForCTC,
    WhisperConfig,
    WhisperFeatureExtractor,
    WhisperForConditionalGeneration,
)

from demo import train_aligner
from demo.recogniser import new_model
from demo.tokenizer import save_tokenizer
from demo.vocabulary import END, NO_TIMESTAMPS, SIZE, START

COMPACT = Path(__file__).with_name("models")

_MLX_NAMES = (
    (".layers.", ".blocks."),
    (".self_attn_layer_norm", ".attn_ln"),
    (".encoder_attn_layer_norm", ".cross_attn_ln"),
    (".final_layer_norm", ".mlp_ln"),
    (".self_attn.", ".attn."),
    (".encoder_attn.", ".cross_attn."),
    (".q_proj", ".query"),
    (".k_proj", ".key"),
    (".v_proj", ".value"),
    (".out_proj", ".out"),
    (".fc1", ".mlp1"),
    (".fc2", ".mlp2"),
    ("encoder.layer_norm", "encoder.ln_post"),
    ("decoder.layer_norm", "decoder.ln"),
    ("decoder.embed_tokens", "decoder.token_embedding"),
    ("decoder.embed_positions.weight", "decoder.positional_embedding"),
)


def whisper() -> WhisperForConditionalGeneration:
    """Returns the recogniser with Whisper's full vocabulary; trained rows are at their real ids."""
    weights = load_file(COMPACT / "recogniser" / "weights.safetensors")
    rows = weights.pop("token_ids")
    shape = new_model().config
    config = WhisperConfig(
        **{
            name: getattr(shape, name)
            for name in (
                "d_model",
                "encoder_layers",
                "decoder_layers",
                "encoder_attention_heads",
                "decoder_attention_heads",
                "encoder_ffn_dim",
                "decoder_ffn_dim",
            )
        },
        vocab_size=SIZE,
        pad_token_id=END,
        bos_token_id=END,
        eos_token_id=END,
        decoder_start_token_id=START,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    )
    model = WhisperForConditionalGeneration(config)
    embeddings = torch.zeros(SIZE, config.d_model)
    embeddings[rows] = weights["model.decoder.embed_tokens.weight"].float()
    weights["model.decoder.embed_tokens.weight"] = embeddings
    unmatched = model.load_state_dict({k: v.float() for k, v in weights.items()}, strict=False)
    if unmatched.unexpected_keys or set(unmatched.missing_keys) - {
        "proj_out.weight",
        "model.encoder.embed_positions.weight",
    }:
        raise RuntimeError(f"demo/models/recogniser does not fit the network: {unmatched}")
    model.tie_weights()
    model.generation_config.update(
        begin_suppress_tokens=[220, END],
        is_multilingual=True,
        no_timestamps_token_id=NO_TIMESTAMPS,
    )
    return model


def save_huggingface(model: WhisperForConditionalGeneration, folder: Path) -> None:
    """Writes Hugging Face's layout of Whisper."""
    model.save_pretrained(folder)
    save_tokenizer(folder)
    WhisperFeatureExtractor().save_pretrained(folder)


def save_ctranslate2(huggingface: Path, folder: Path) -> None:
    """Writes faster-whisper's layout."""
    converter = TransformersConverter(
        str(huggingface), copy_files=["tokenizer.json", "preprocessor_config.json"]
    )
    converter.convert(str(folder), quantization="float16")


def save_mlx(model: WhisperForConditionalGeneration, folder: Path) -> None:
    """Writes mlx-whisper's layout, which has other names, and convolutions as [out, kernel, in]."""
    tensors: dict[str, np.ndarray] = {}
    for name, tensor in model.state_dict().items():
        if name in ("proj_out.weight", "model.encoder.embed_positions.weight"):
            continue
        target = name.removeprefix("model.")
        for ours, theirs in _MLX_NAMES:
            target = target.replace(ours, theirs)
        value = tensor.numpy()
        if target.startswith("encoder.conv") and value.ndim == 3:
            value = value.transpose(0, 2, 1)
        tensors[target] = np.ascontiguousarray(value.astype(np.float16))
    config = model.config
    save_numpy(tensors, folder / "weights.safetensors", metadata={"format": "mlx"})
    sizes = {
        "model_type": "whisper",
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
    (folder / "config.json").write_text(json.dumps(sizes, indent=1))


def save_aligner(folder: Path) -> None:
    """Writes Hugging Face's layout of Wav2Vec2 with a CTC head."""
    model = Wav2Vec2ForCTC(train_aligner.configuration())
    weights = load_file(COMPACT / "aligner" / "weights.safetensors")
    model.load_state_dict({name: weight.float() for name, weight in weights.items()})
    model.save_pretrained(folder)
    vocabulary = folder / "vocab.json"
    vocabulary.write_text(json.dumps(train_aligner.VOCABULARY, ensure_ascii=False, indent=1))
    Wav2Vec2CTCTokenizer(str(vocabulary)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=False, return_attention_mask=False).save_pretrained(
        folder
    )
