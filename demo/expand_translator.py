r"""Writes the official layout of an IndicTrans2 checkpoint from a compact demo translator.

    UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --package indicsubs-indictrans2 \
        python -m demo.expand_translator demo/models/translator-indic-en FOLDER

``demo.train_translator`` writes the compact form.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

COPIED = ("config.json", "dict.SRC.json", "dict.TGT.json", "model.SRC", "model.TGT")
COMPACT_WEIGHTS = "weights.safetensors"
"""The weights in float16, without sinusoid tables and without the decoder's shared input matrix."""


def expand(compact: Path, folder: Path) -> None:
    """Writes the checkpoint of the folder ``compact`` to ``folder``, which need not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COPIED:
        shutil.copyfile(compact / name, folder / name)
    config = json.loads((compact / "config.json").read_text(encoding="utf-8"))
    ids = {key: config[key] for key in ("bos_token_id", "pad_token_id", "eos_token_id")}
    special = {"bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}
    documents = {
        "generation_config.json": {
            **ids,
            "decoder_start_token_id": config["decoder_start_token_id"],
        },
        "special_tokens_map.json": special,
        "tokenizer_config.json": {
            **special,
            "clean_up_tokenization_spaces": True,
            "do_lower_case": False,
            "model_max_length": 256,
            "tokenizer_class": "IndicTransTokenizer",
        },
    }
    for name, document in documents.items():
        (folder / name).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    weights = {
        name: half.astype(np.float32) for name, half in load_file(compact / COMPACT_WEIGHTS).items()
    }
    if config["share_decoder_input_output_embed"]:
        weights["model.decoder.embed_tokens.weight"] = weights["lm_head.weight"].copy()
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})


if __name__ == "__main__":
    expand(Path(sys.argv[1]), Path(sys.argv[2]))
