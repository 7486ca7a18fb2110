"""Writes an aligner of a real size with random weights: its speed is that of a trained one."""

import json
import shutil
from pathlib import Path


def write(folder: str, pieces: str) -> None:
    """Writes a Wav2Vec2ForCTC of the shape of facebook/wav2vec2-xls-r-300m in float32 (1.3 GB).

    The sizes are those of its published config.json.

    Args:
        folder: The folder to write.
        pieces: An aligner's folder, from which the vocabulary is copied.
    """
    import torch
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    vocabulary = json.loads((Path(pieces) / "vocab.json").read_bytes())
    torch.manual_seed(0)
    network = Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=len(vocabulary),
            pad_token_id=0,
            hidden_size=1024,
            num_hidden_layers=24,
            num_attention_heads=16,
            intermediate_size=4096,
            conv_dim=(512,) * 7,
            conv_kernel=(10, 3, 3, 3, 3, 2, 2),
            conv_stride=(5, 2, 2, 2, 2, 2, 2),
            conv_bias=True,
            feat_extract_norm="layer",
            do_stable_layer_norm=True,
            num_conv_pos_embeddings=128,
            num_conv_pos_embedding_groups=16,
        )
    )
    part = Path(f"{folder}.part")
    shutil.rmtree(part, ignore_errors=True)
    network.save_pretrained(part)
    for file in Path(pieces).iterdir():
        if file.name not in {"config.json", "model.safetensors"}:
            shutil.copyfile(file, part / file.name)
    part.rename(folder)
