r"""Writes the official layout of IndicConformer from the compact demo model.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.expand_conformer demo/models/indicconformer FOLDER

``demo.export_conformer`` writes the compact form.
"""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

COMPACT_WEIGHTS = "weights.safetensors"
"""The encoder's weights in float16, by the names of the external files that its graph refers to."""


def expand(compact: Path, folder: Path) -> None:
    """Writes config.json and assets/ to ``folder``, which need not exist."""
    assets = folder / "assets"
    assets.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(compact / "config.json", folder / "config.json")
    for path in [compact / "vocab.json", *compact.glob("*.onnx")]:
        shutil.copyfile(path, assets / path.name)
    for name, half in load_file(compact / COMPACT_WEIGHTS).items():
        (assets / name).write_bytes(half.astype("<f4").tobytes())
    vocabulary = json.loads((compact / "vocab.json").read_text(encoding="utf-8"))
    (assets / "language_masks.json").write_text(json.dumps(language_masks(vocabulary)))


def language_masks(vocabulary: dict[str, list[str]]) -> dict[str, list[bool]]:
    """Returns which columns of the CTC scores each language has; the blank, the last, is in all."""
    owners = np.repeat(list(vocabulary), [len(pieces) for pieces in vocabulary.values()])
    return {language: [*(owners == language).tolist(), True] for language in vocabulary}


if __name__ == "__main__":
    expand(Path(sys.argv[1]), Path(sys.argv[2]))
